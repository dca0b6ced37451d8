"""The codec of a call, out of what the stack traces."""

import logging

import pytest

from steadyline.sip.answered_codec import MAX_UNEXPECTED, AnsweredCodecs, first_audio_codec


def trace(codecs: AnsweredCodecs, start_line: str, sdp: str, call_id: str = "abc@host") -> None:
    lines = ["RX UDP 192.0.2.1:5060 -> 192.0.2.2:5060", start_line, f"Call-ID: {call_id}", "CSeq: 1 INVITE", "", sdp]
    codecs.handle(logging.makeLogRecord({"msg": "%s", "args": ("\r\n".join(lines),)}))


@pytest.mark.parametrize(
    ("sdp", "codec"),
    [
        ("m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000", "PCMU"),
        ("m=audio 4000 RTP/AVP 8", "PCMA"),
        ("m=audio 4000 RTP/SAVP 101 9\r\na=rtpmap:101 telephone-event/8000\r\na=rtpmap:9 G722/8000", "G722"),
        (
            "m=video 4002 RTP/AVP 97\r\na=rtpmap:97 VP8/90000\r\nm=audio 4000 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2",
            "opus",
        ),
        ("m=video 4002 RTP/AVP 97", None),
        ("", None),
    ],
)
def test_the_first_audio_codec_of_an_sdp(sdp: str, codec: str | None) -> None:
    assert first_audio_codec(sdp) == codec


def test_answers_count_and_offers_do_not() -> None:
    codecs = AnsweredCodecs()
    codecs.expect("abc@host")
    trace(codecs, "INVITE sip:x@host SIP/2.0", "m=audio 4000 RTP/AVP 0 8")
    assert codecs.of("abc@host") is None
    trace(codecs, "SIP/2.0 200 OK", "m=audio 4000 RTP/AVP 8 0")
    assert codecs.of("abc@host") == "PCMA"
    trace(codecs, "ACK sip:x@host SIP/2.0", "m=audio 4000 RTP/AVP 0")
    assert codecs.of("abc@host") == "PCMU"
    trace(codecs, "SIP/2.0 200 OK", "m=audio 4000 RTP/AVP 9", call_id="other")
    assert codecs.of("abc@host") == "PCMU"
    codecs.forget("abc@host")
    assert codecs.of("abc@host") is None


def test_an_answer_that_comes_before_anybody_expects_it_counts() -> None:
    codecs = AnsweredCodecs()
    trace(codecs, "SIP/2.0 200 OK", "m=audio 4000 RTP/AVP 8")
    codecs.expect("abc@host")
    assert codecs.of("abc@host") == "PCMA"


def test_strangers_fill_no_memory_and_take_no_call_s_codec() -> None:
    codecs = AnsweredCodecs()
    codecs.expect("abc@host")
    trace(codecs, "SIP/2.0 200 OK", "m=audio 4000 RTP/AVP 8")
    for number in range(MAX_UNEXPECTED + 1):
        trace(codecs, "ACK sip:x@host SIP/2.0", "m=audio 1 x 0", call_id=f"stray{number}")
    assert codecs.of("abc@host") == "PCMA"
    codecs.expect("stray0")
    assert codecs.of("stray0") is None, "the oldest was forgotten"
    codecs.expect("stray1")
    assert codecs.of("stray1") == "PCMU"


def test_long_blanks_take_no_longer_than_words() -> None:
    """Looked at from every blank on, these would take hours, in which no call is served."""
    assert first_audio_codec("m=audio 1 x y" + " " * 1_000_000 + "z") is None


def test_a_codec_is_a_name() -> None:
    assert first_audio_codec("m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 \x1b]0;x\x07/8000") is None
