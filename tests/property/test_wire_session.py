"""Sessions under any sequence of events: they never raise, they end for good, and whoever breaks the protocol is told."""

import random
from collections import Counter

import pytest
from tests.property.test_wire_fuzz import mutated, stream_input
from tests.vectors.examples import EXAMPLES, PROTOCOL_FAULTS

from steadyline.wire.codec import decode_message, encode_message
from steadyline.wire.framing import FrameDecoder
from steadyline.wire.line_messages import Digit
from steadyline.wire.messages import Cancel, Hello, Message, Refused, Welcome
from steadyline.wire.session import (
    Closed,
    Event,
    HelloReceived,
    MessageReceived,
    Opened,
    Session,
    SessionState,
    SessionTimes,
)

TIMES = SessionTimes()
HELLO = Hello(1, 3, "whisper", 66, "uuid-66", 7, {})
WELCOME = Welcome("llama", 3, {})
SEQUENCES_A_PART = 1_250


class Peer:
    """Bytes towards a session: valid frames in their order, then and now something broken."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._seq = 0

    def bytes(self, state: SessionState, is_dialer: bool) -> bytes:
        luck = self._rng.random()
        if luck < 0.08:
            return stream_input(self._rng)
        self._seq += 1
        if state is SessionState.HELLO and luck < 0.9:
            message: Message = WELCOME if is_dialer else HELLO
        else:
            message = self._rng.choice(EXAMPLES)
        frame = encode_message(message, self._seq)
        if luck > 0.97:
            return mutated(self._rng, frame)
        return frame[: self._rng.randrange(len(frame))] if luck > 0.95 else frame


class Wire:
    """What a session writes, decoded as a peer would."""

    def __init__(self) -> None:
        self._decoder = FrameDecoder()
        self.messages: list[Message] = []

    def take(self, session: Session) -> None:
        self.messages += [decode_message(frame) for frame in self._decoder.feed(session.data_to_send())]


def step(rng: random.Random, session: Session, peer: Peer, is_dialer: bool, now: float) -> list[Event]:
    """One thing that may happen to a session."""
    kind = rng.randrange(20)
    if kind < 12:
        return session.receive(peer.bytes(session.state, is_dialer), now)
    if kind < 15:
        closed = session.tick(now)
        return [closed] if closed else []
    if kind < 18:
        session.send(Digit("5", 100, 0))
        return []
    closed = session.end("hung up") if kind == 18 and rng.random() < 0.2 else None
    if kind == 19 and rng.random() < 0.1:
        closed = session.end_of_stream()
    return [closed] if closed else []


def run(rng: random.Random) -> str:
    """One session's life; checks it at every step and returns how it ended."""
    is_dialer = rng.random() < 0.5
    session, peer, wire, now = Session(HELLO if is_dialer else None, 0.0, TIMES), Peer(rng), Wire(), 0.0
    closings: list[Closed] = []
    for _ in range(rng.randrange(1, 25)):
        now += rng.choice((0.0, 0.01, 0.1, 0.3))
        was_final = session.state.is_final
        events = step(rng, session, peer, is_dialer, now)
        closings += [event for event in events if isinstance(event, Closed)]
        wire.take(session)
        check(session, events, wire, is_dialer=is_dialer, was_final=was_final)
        if any(isinstance(event, HelloReceived) for event in events):
            session.accept(WELCOME, now) if rng.random() < 0.9 else closings.append(session.refuse("unknown-call", "x"))
            wire.take(session)
    closings += run_out(session, now + 10)
    assert len(closings) == 1 and session.state is closings[0].state
    return closings[0].code


def run_out(session: Session, now: float) -> list[Closed]:
    """Let time pass until nothing is due: a session whose peer is silent does not last."""
    while (deadline := session.next_deadline()) is not None:
        closed = session.tick(max(now, deadline))
        now += 1
        if closed:
            return [closed]
    return []


def check(session: Session, events: list[Event], wire: Wire, *, is_dialer: bool, was_final: bool) -> None:
    assert not (was_final and events)
    assert session.state.is_final == (was_final or any(isinstance(event, Closed) for event in events))
    for event in events:
        assert not (isinstance(event, Opened) and not is_dialer)
        assert not (isinstance(event, HelloReceived) and (is_dialer or session.state is not SessionState.HELLO))
        if isinstance(event, Closed):
            assert event is events[-1] and event.state is session.state and event.code
            told = wire.messages[-1] if wire.messages else None
            if event.code in PROTOCOL_FAULTS:
                assert isinstance(told, Refused) and (told.code, told.text) == (event.code, event.reason)
    if session.state.is_final:
        assert session.next_deadline() is None and not session.send(Digit("5", 1, 0))
        assert session.data_to_send() == b""


@pytest.mark.parametrize("part", range(8))
def test_a_session_never_raises_ends_once_and_says_why(part: int) -> None:
    rng = random.Random(f"steadyline session {part}")
    codes = Counter(run(rng) for _ in range(SEQUENCES_A_PART))
    assert {"bye", "eof", "silent", "hello-timeout", "bad-seq", "unexpected-frame", "unknown-call"} <= codes.keys()


def test_two_sessions_speak_with_each_other_however_the_bytes_are_cut() -> None:
    for seed in range(300):
        rng = random.Random(seed)
        dialer, listener = Session(HELLO, 0.0, TIMES), Session(None, 0.0, TIMES)
        up, down, heard = bytearray(), bytearray(), {True: list[Message](), False: list[Message]()}
        sent: dict[bool, list[Message]] = {True: [], False: []}
        for turn in range(400):
            up += dialer.data_to_send()
            down += listener.data_to_send()
            stream, session = (up, listener) if rng.random() < 0.5 else (down, dialer)
            size = rng.randrange(40)
            data = bytes(stream[:size])
            del stream[:size]
            for event in session.receive(data, turn * 0.001):
                if isinstance(event, HelloReceived):
                    listener.accept(WELCOME, 0.0)
                elif isinstance(event, MessageReceived):
                    heard[session is listener].append(event.message)
                else:
                    assert isinstance(event, Opened)
            for speaker in (dialer, listener):
                message = Cancel(turn)
                if rng.random() < 0.1 and speaker.send(message):
                    sent[speaker is dialer].append(message)
        events = listener.receive(bytes(up) + dialer.data_to_send(), 0.5)
        was_open = dialer.state is SessionState.OPEN
        dialer.end("done")
        events += listener.receive(dialer.data_to_send(), 0.5)
        heard[True] += [event.message for event in events if isinstance(event, MessageReceived)]
        assert heard[True] == sent[True]
        assert heard[False] == sent[False][: len(heard[False])]
        assert (listener.state is SessionState.ENDED) == was_open
