"""A caller's side of SIP: what it says to what it hears (RFC 3261)."""

from steadyline.bench.capacity.dialog import Dialog

SDP = "v=0\r\nm=audio 16400 RTP/AVP 0\r\n"


def response(status: str, method: str = "INVITE", body: str = "") -> str:
    return (
        f"SIP/2.0 {status}\r\nVia: SIP/2.0/UDP 127.0.0.1:7000;branch=x\r\nFrom: <sip:bench@127.0.0.1:7000>;tag=c1\r\n"
        f"To: <sip:agent@127.0.0.1:5060>;tag=far\r\nCall-ID: c1\r\nCSeq: 1 {method}\r\n"
        f"Contact: <sip:agent@127.0.0.1:5062>\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )


def dialog() -> Dialog:
    return Dialog(("127.0.0.1", 5060), ("127.0.0.1", 7000), 7020, "c1")


def test_it_offers_mu_law_at_its_port() -> None:
    invite = dialog().invite().decode()
    assert invite.startswith("INVITE sip:agent@127.0.0.1:5060 SIP/2.0\r\n")
    assert "m=audio 7020 RTP/AVP 0" in invite
    head, _, body = invite.partition("\r\n\r\n")
    assert f"Content-Length: {len(body)}" in head


def test_ringing_is_no_answer() -> None:
    call = dialog()
    assert call.take(response("180 Ringing")) is None
    assert call.answer is None


def test_an_answer_is_acknowledged_at_the_contact_and_the_call_ended_there() -> None:
    call = dialog()
    ack = call.take(response("200 OK", body=SDP))
    assert ack is not None and ack.startswith(b"ACK sip:agent@127.0.0.1:5062 ") and b";tag=far" in ack
    assert call.answer is not None and call.answer.media_port == 16400
    bye = call.bye()
    assert bye.startswith(b"BYE sip:agent@127.0.0.1:5062 ") and b"CSeq: 2 BYE" in bye and b";tag=far" in bye
    assert call.take(response("200 OK", "BYE")) is None


def test_an_answer_that_comes_again_is_acknowledged_again() -> None:
    call = dialog()
    assert call.take(response("200 OK", body=SDP)) == call.take(response("200 OK", body=SDP))


def test_a_refusal_is_acknowledged_within_the_transaction() -> None:
    call = dialog()
    ack = call.take(response("486 Max Calls"))
    assert call.answer is not None and (call.answer.status, call.answer.media_port) == (486, 0)
    assert ack is not None and ack.splitlines()[1] == call.invite().splitlines()[1]


def test_the_far_ends_bye_is_answered_with_its_own_headers() -> None:
    request = (
        "BYE sip:bench@127.0.0.1:7000 SIP/2.0\r\nVia: SIP/2.0/UDP far;branch=y\r\nCSeq: 7 BYE\r\nCall-ID: c1\r\n\r\n"
    )
    answer = dialog().take(request)
    assert answer is not None and answer.startswith(b"SIP/2.0 200 OK\r\n")
    for line in (b"Via: SIP/2.0/UDP far;branch=y\r\n", b"CSeq: 7 BYE\r\n", b"Call-ID: c1\r\n"):
        assert line in answer
