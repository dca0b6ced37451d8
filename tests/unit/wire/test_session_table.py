"""The session table of docs/wire-protocol.md, row by row: what happens in a state, what follows, what is said."""

from collections.abc import Callable

import pytest
from tests.unit.wire.protocol_document import quoted, table

from steadyline.wire.authentication import Authenticator
from steadyline.wire.codec import decode_message, encode_message
from steadyline.wire.framing import FrameDecoder
from steadyline.wire.line_messages import Digit
from steadyline.wire.messages import Bye, Hello, Message, Ping, Pong, Refused, Welcome
from steadyline.wire.session import Closed, Event, HelloReceived, MessageReceived, Opened, Session, SessionTimes

ROWS = table("state", "what happens", "next", "says", "code")
TIMES = SessionTimes()
HELLO = Hello(1, 3, "whisper", 66, "uuid-66", 7, {})
WELCOME = Welcome("llama", 3, {})
DIGIT = Digit("5", 100, 0)
REFUSED = Refused("its-own", "why")
BROKEN = bytes.fromhex("00000000 7f 00 0000 ffffffffffffffff")
OPENING = {"dialer waits": 0, "listener waits": 0, "greeted": 1, "open": 1}
"""Frames that the peer has said on the way to a state."""


def session_in(state: str, is_dialer: bool, secret: bytes = b"") -> Session:
    authenticator = Authenticator(secret)
    hello = authenticator.sign_hello(HELLO, 8083, 0, "nonce") if is_dialer else None
    session = Session(hello, 0.0, TIMES, authenticator, lambda hello: authenticator.check_hello(hello, 8083, 0, 0.0))
    if state == "open" and is_dialer:
        session.receive(encode_message(WELCOME, 1), 0.0)
    elif state in ("greeted", "open"):
        session.receive(encode_message(HELLO, 1), 0.0)
        if state == "open":
            session.accept(WELCOME, 0.0)
    return session


class Happening:
    """Makes things happen to a session at 0.1 s."""

    def __init__(self, session: Session, seq: int) -> None:
        self.session = session
        self._seq = seq

    def message(self, message: Message) -> Callable[[], list[Event]]:
        return lambda: self.session.receive(encode_message(message, self._seq), 0.1)

    def after(self, seconds: float) -> Callable[[], list[Event]]:
        return lambda: present(self.session.tick(seconds))

    def accepted(self) -> list[Event]:
        self.session.accept(WELCOME, 0.1)
        return []


def present(closed: Closed | None) -> list[Event]:
    return [closed] if closed else []


def make(what: str, state: str, session: Session) -> Callable[[], list[Event]]:
    """The action that a row describes."""
    happening = Happening(session, OPENING[state] + 1)
    actions: dict[str, Callable[[], list[Event]]] = {
        "`Welcome`": happening.message(WELCOME),
        "`Refused`": happening.message(REFUSED),
        "`Hello`": happening.message(HELLO),
        "`Welcome` without proof": happening.message(WELCOME),
        "`Refused` without proof": happening.message(REFUSED),
        "`Hello` without proof": happening.message(HELLO),
        "`Hello` of another version": happening.message(Hello(2, 3, "whisper", 66, "uuid-66", 7, {})),
        "`Bye`": happening.message(Bye("done")),
        "`Ping`": happening.message(Ping(1)),
        "`Pong`": happening.message(Pong(1)),
        "`Hello` or `Welcome`": happening.message(HELLO),
        "any other message": happening.message(DIGIT),
        "a broken frame": lambda: session.receive(BROKEN, 0.1),
        "the deadline passes": happening.after(TIMES.hello_timeout_s),
        "a ping is due": happening.after(TIMES.ping_interval_s),
        "the peer is silent": happening.after(TIMES.lost_after_s),
        "the stream ends": lambda: present(session.end_of_stream()),
        "its owner ends it": lambda: present(session.end("done")),
        "its owner accepts": happening.accepted,
        "its owner refuses": lambda: [session.refuse("its-own", "why")],
    }
    return actions[what]


def state_of(session: Session, events: list[Event], state: str) -> str:
    if any(isinstance(event, HelloReceived) for event in events):
        return "greeted"
    return session.state.value if session.state.value != "hello" else state


def cases() -> list[tuple[str, str, str, str, str, bool]]:
    sides = {"dialer waits": [True], "listener waits": [False], "greeted": [False], "open": [True, False]}
    return [(*row[:5], is_dialer) for row in ROWS for is_dialer in sides[row[0]]]  # type: ignore[misc]


@pytest.mark.parametrize(("state", "what", "following", "says", "code", "is_dialer"), cases())
def test_a_row_of_the_table(state: str, what: str, following: str, says: str, code: str, is_dialer: bool) -> None:
    session = session_in(state, is_dialer, secret=b"of this side" if what.endswith("without proof") else b"")
    decoder = FrameDecoder()
    decoder.feed(session.data_to_send())
    events = make(what, state, session)()
    assert state_of(session, events, state) == following
    said = [type(decode_message(frame)).__name__ for frame in decoder.feed(session.data_to_send())]
    assert said == quoted(says)
    closings = [event for event in events if isinstance(event, Closed)]
    assert len(closings) == (following in ("ended", "lost", "refused"))
    if closings:
        expected = {"its own": "bad-seq" if what == "a broken frame" else "its-own"}.get(code) or quoted(code)[0]
        assert (closings[0].code, closings[0].state) == (expected, session.state)
    else:
        assert code == ""


@pytest.mark.parametrize("state", OPENING)
def test_every_state_says_what_becomes_of_every_kind_of_event(state: str) -> None:
    happenings = {what for row_state, what, *_ in ROWS if row_state == state}
    assert {"any other message", "a broken frame", "the stream ends", "its owner ends it"} <= happenings
    assert {"the deadline passes", "the peer is silent"} & happenings


@pytest.mark.parametrize("is_dialer", [True, False])
def test_messages_come_through_when_open_and_only_then(is_dialer: bool) -> None:
    session = session_in("open", is_dialer)
    assert session.receive(encode_message(DIGIT, 2), 0.1) == [MessageReceived(DIGIT)]
    assert not Session(None, 0.0, TIMES).send(DIGIT)
    assert not Session(HELLO, 0.0, TIMES).send(DIGIT)


def test_opening_reports_both_sides_greetings() -> None:
    assert Session(None, 0.0, TIMES).receive(encode_message(HELLO, 1), 0.0) == [HelloReceived(HELLO)]
    assert Session(HELLO, 0.0, TIMES).receive(encode_message(WELCOME, 1), 0.0) == [Opened(WELCOME)]


def test_deadlines_are_asked_for_and_met() -> None:
    session = session_in("dialer waits", True)
    assert session.next_deadline() == 1.0
    assert session.tick(0.999) is None
    opened = session_in("open", True)
    assert opened.next_deadline() == 0.25
    for at in (0.25, 0.5, 0.75, 1.0):
        assert opened.tick(at - 0.001) is None
        assert opened.tick(at) is None
    closed = opened.tick(1.25)
    assert closed is not None and closed.code == "silent"
    assert opened.next_deadline() is None and opened.tick(9.0) is None and opened.end("x") is None


def test_any_byte_is_a_sign_of_life() -> None:
    session = session_in("open", False)
    frame = encode_message(DIGIT, 2)
    for number, byte in enumerate(frame[:-1]):
        assert session.receive(bytes([byte]), number * 1.0) == []
        assert session.tick(number + 0.9) is None
    assert session.receive(frame[-1:], len(frame) * 1.0) == [MessageReceived(DIGIT)]


def test_round_trips_are_measured_also_when_they_outlast_the_interval() -> None:
    session = session_in("open", True)
    assert session.unanswered_s(0.2) == 0
    session.tick(0.25)
    session.tick(0.5)
    assert session.unanswered_s(0.51) == pytest.approx(0.26)
    session.receive(encode_message(Pong(1), 2), 0.51)
    assert session.round_trip_s == pytest.approx(0.26)
    assert session.unanswered_s(0.51) == pytest.approx(0.01)
    session.receive(encode_message(Pong(2), 3), 0.52)
    assert session.round_trip_s == pytest.approx(0.02)
    assert session.unanswered_s(0.55) == 0
    session.receive(encode_message(Pong(2), 4), 0.6)
    assert session.round_trip_s == pytest.approx(0.02)


def test_a_peer_that_speaks_and_answers_no_heartbeat_costs_little() -> None:
    session = session_in("open", True)
    for number in range(1, 1000):
        session.tick(number * 0.25)
        session.receive(encode_message(DIGIT, number + 1), number * 0.25)
    assert session.unanswered_s(250.0) == pytest.approx(249.75)
    session.receive(encode_message(Pong(999), 1001), 250.0)
    assert session.round_trip_s is None, "only the first are remembered"
    assert session.unanswered_s(250.0) == 0, "it has caught up"
    assert repr(session) == "<Session dialer open>"
