"""What a session does with a peer that breaks the protocol, or that speaks out of turn."""

from dataclasses import replace

import pytest

from steadyline.errors import WireError
from steadyline.wire import messages
from steadyline.wire.authentication import Authenticator
from steadyline.wire.codec import decode_message, encode_message
from steadyline.wire.framing import FrameDecoder
from steadyline.wire.line_messages import Digit
from steadyline.wire.messages import Bye, Hello, Message, Ping, Refused, StatusReply, Welcome
from steadyline.wire.session import Closed, HelloReceived, MessageReceived, Session, SessionState, SessionTimes

TIMES = SessionTimes()
HELLO = Hello(1, 3, "whisper", 66, "uuid-66", 7, {})
WELCOME = Welcome("llama", 3, {"sample": 16000})


def said(session: Session, first_seq: int = 1) -> list[Message]:
    decoder = FrameDecoder()
    for seq in range(1, first_seq):
        decoder.feed(encode_message(Ping(0), seq))
    return [decode_message(frame) for frame in decoder.feed(session.data_to_send())]


def open_listener() -> tuple[Session, int]:
    """An open listener and the next sequence number that it expects."""
    listener = Session(None, 0.0, TIMES)
    listener.receive(encode_message(HELLO, 1), 0.0)
    listener.accept(WELCOME, 0.0)
    listener.data_to_send()
    return listener, 2


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("unknown-type", bytes.fromhex("00000002ff0000000000000000000002") + b"{}"),
        ("bad-body", bytes.fromhex("00000002140000000000000000000002") + b"{}"),
        ("bad-header", bytes.fromhex("00000002140100000000000000000002") + b"{}"),
        ("bad-seq", bytes.fromhex("00000002140000000000000000000003") + b"{}"),
        ("frame-too-long", bytes.fromhex("00100001140000000000000000000002")),
        ("unexpected-frame", encode_message(HELLO, 2)),
        ("unexpected-frame", encode_message(WELCOME, 2)),
    ],
)
def test_a_fault_on_an_open_connection_is_answered_with_its_code_and_loses_it(code: str, data: bytes) -> None:
    listener, _ = open_listener()
    (closed,) = listener.receive(data, 0.1)
    assert isinstance(closed, Closed)
    assert (closed.state, closed.code) == (SessionState.LOST, code)
    (refused,) = said(listener, first_seq=2)
    assert isinstance(refused, Refused)
    assert refused.code == code
    assert refused.text == closed.reason


@pytest.mark.parametrize("message", [Bye("x"), Ping(1), Digit("5", 100, 0), WELCOME])
def test_a_listener_takes_nothing_but_hello_first(message: Message) -> None:
    listener = Session(None, 0.0, TIMES)
    (closed,) = listener.receive(encode_message(message, 1), 0.0)
    assert isinstance(closed, Closed)
    assert (closed.state, closed.code) == (SessionState.LOST, "unexpected-frame")


@pytest.mark.parametrize("message", [Bye("x"), Ping(1), Digit("5", 100, 0), HELLO])
def test_a_dialer_takes_nothing_but_an_answer_first(message: Message) -> None:
    dialer = Session(HELLO, 0.0, TIMES)
    (closed,) = dialer.receive(encode_message(message, 1), 0.0)
    assert isinstance(closed, Closed)
    assert (closed.state, closed.code) == (SessionState.LOST, "unexpected-frame")


@pytest.mark.parametrize("second", [HELLO, Digit("5", 100, 0), Ping(1)])
def test_a_dialer_that_does_not_wait_for_its_answer_is_refused_without_being_admitted(second: Message) -> None:
    for is_one_read in (True, False):
        listener = Session(None, 0.0, TIMES)
        first, rest = encode_message(HELLO, 1), encode_message(second, 2)
        events = listener.receive(first + rest, 0.0) if is_one_read else []
        if not is_one_read:
            assert [type(event) for event in listener.receive(first, 0.0)] == [HelloReceived]
            events = listener.receive(rest, 0.0)
        (closed,) = events
        assert isinstance(closed, Closed)
        assert (closed.state, closed.code) == (SessionState.LOST, "unexpected-frame")
        assert [type(message) for message in said(listener)] == [Refused]


def test_hello_and_garbage_in_one_read_do_not_open() -> None:
    listener = Session(None, 0.0, TIMES)
    (closed,) = listener.receive(encode_message(HELLO, 1) + b"\xff" * 16, 0.0)
    assert isinstance(closed, Closed)
    listener.accept(WELCOME, 0.0)
    assert listener.state is SessionState.LOST
    assert not listener.send(Digit("5", 100, 0))
    assert [type(message) for message in said(listener)] == [Refused]


def test_a_revived_listener_does_not_open_for_a_dialer_that_has_given_up() -> None:
    """A frozen process wakes up to a HELLO and the REFUSED of a dialer whose patience ended."""
    dialer = Session(HELLO, 0.0, TIMES)
    dialer.tick(1.0)
    listener = Session(None, 0.0, TIMES)
    (closed,) = listener.receive(dialer.data_to_send(), 60.0)
    assert isinstance(closed, Closed)
    assert (closed.state, closed.code) == (SessionState.LOST, "hello-timeout")
    assert listener.data_to_send() == b""


def test_nothing_is_taken_after_the_end() -> None:
    listener, seq = open_listener()
    events = listener.receive(encode_message(Bye("done"), seq) + encode_message(Digit("5", 1, 0), seq + 1), 0.1)
    assert [type(event) for event in events] == [Closed]
    assert listener.receive(b"\xff" * 64, 0.2) == []
    assert listener.data_to_send() == b""


def test_what_came_before_the_fault_in_an_earlier_read_stands() -> None:
    listener, seq = open_listener()
    events = listener.receive(encode_message(Digit("5", 1, 0), seq), 0.1)
    events += listener.receive(b"\xff" * 16, 0.2)
    assert [type(event) for event in events] == [MessageReceived, Closed]


def test_a_message_that_is_too_long_is_not_sent_and_does_not_break_the_connection() -> None:
    listener, _ = open_listener()
    with pytest.raises(WireError) as caught:
        listener.send(StatusReply({"text": "x" * (1 << 20)}))
    assert caught.value.code == "frame-too-long"
    assert listener.send(Digit("5", 1, 0))
    assert said(listener, first_seq=2) == [Digit("5", 1, 0)]


def test_reasons_stay_short_whatever_the_peer_sent() -> None:
    long = "x" * 60_000
    bodies = [
        (messages.Hello.TYPE, Hello(1, 3, "whisper", 66, "u", 7, {long: -1}).to_body()),
        (messages.Refused.TYPE, b'{"code":[' + b"1," * 30_000 + b'1],"text":""}'),
    ]
    for kind, body in bodies:
        listener = Session(None, 0.0, TIMES)
        frame = len(body).to_bytes(4, "big") + bytes([kind, 0, 0, 0]) + (1).to_bytes(8, "big") + body
        (closed,) = listener.receive(frame, 0.0)
        assert isinstance(closed, Closed)
        assert len(closed.reason) < 300


@pytest.mark.parametrize("change", [{"version": 99}, {"epoch": 8}, {}], ids=["another version", "altered", "a replay"])
def test_only_a_hello_that_was_believed_is_refused_with_a_mac(change: dict[str, int]) -> None:
    """Or a stranger who overheard a HELLO could have the listener sign a refusal for it, and hand that to its dialer."""
    authenticator = Authenticator(b"what all of them share")
    hello = authenticator.sign_hello(HELLO, 8083, 0, "nonce")

    def refusal(greeting: Hello) -> Refused:
        listener = Session(
            None, 0.0, TIMES, authenticator, lambda hello: authenticator.check_hello(hello, 8083, 0, 0.0)
        )
        if listener.receive(encode_message(greeting, 1), 0.0) == [HelloReceived(greeting)]:
            listener.refuse("unknown-call", "no such call")
        (refused,) = said(listener)
        assert isinstance(refused, Refused)
        return refused

    believed = refusal(hello)
    assert believed.code == "unknown-call"
    authenticator.check_answer(believed, hello)
    overheard = refusal(replace(hello, **change))
    assert overheard.code in ("version", "bad-mac", "replay") and overheard.mac == ""
