"""The life of one connection, without I/O: HELLO → open → ended | lost | refused (docs/wire-protocol.md, "Sessions").

`Session` turns bytes into events and messages into bytes. Time is an argument; the shell asks `next_deadline` when to
call `tick`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from steadyline.errors import WireError
from steadyline.wire.authentication import Authenticator
from steadyline.wire.codec import Tap, decode_message, encode_message
from steadyline.wire.framing import HEADER, FrameDecoder
from steadyline.wire.heartbeat import Heartbeat
from steadyline.wire.messages import PROTOCOL_VERSION, Bye, Hello, Message, Ping, Pong, Refused, Welcome

MAX_GREETING_BYTES = 4096
"""Longest body of the first frame of either side, which is HELLO or its answer: some 500 bytes as a rule."""


class SessionState(Enum):
    """Where a connection is in its life."""

    HELLO = "hello"
    OPEN = "open"
    ENDED = "ended"
    LOST = "lost"
    REFUSED = "refused"

    @property
    def is_final(self) -> bool:
        """Nothing can follow."""
        return self in (SessionState.ENDED, SessionState.LOST, SessionState.REFUSED)


@dataclass(frozen=True)
class SessionTimes:
    """Deadlines of a session, in seconds.

    Attributes:
        hello_timeout_s: from the connection to the HELLO (listener) or to its answer (dialer).
        ping_interval_s: from a PING to the next; the first comes up to a fifth of it sooner after the connection opened.
        lost_after_s: silence after which the peer counts as lost.
    """

    hello_timeout_s: float = 1.0
    ping_interval_s: float = 0.25
    lost_after_s: float = 1.25


@dataclass(frozen=True)
class HelloReceived:
    """Listener: the peer introduced itself; answer with `accept` or `refuse`."""

    hello: Hello


@dataclass(frozen=True)
class Opened:
    """Dialer: HELLO was answered."""

    welcome: Welcome


@dataclass(frozen=True)
class MessageReceived:
    """A message for the service."""

    message: Message


@dataclass(frozen=True)
class Closed:
    """The session is over: how (a final state), and why.

    Attributes:
        state: ENDED (on purpose), LOST (heals), REFUSED (the peer said why).
        code, reason: for programs, e.g. "bye", "eof", "silent", "unknown-call"; for people.
    """

    state: SessionState
    code: str
    reason: str


Event = HelloReceived | Opened | MessageReceived | Closed


class Session:
    """One side of one connection.

    Args:
        hello: what a dialer says first; None for a listener.
        now: time of the connection, seconds.
        times: its deadlines.
        authenticator: signs a listener's answer and judges the one that a dialer gets; a dialer's HELLO comes signed.
        judge: a listener's word on a HELLO, WireError when it is not to be believed.
    """

    def __init__(
        self,
        hello: Hello | None,
        now: float,
        times: SessionTimes,
        authenticator: Authenticator | None = None,
        judge: Callable[[Hello], None] = lambda hello: None,
    ) -> None:
        self.state = SessionState.HELLO
        self.last_frame_at = now
        self.tap: Tap | None = None  # is told of all that passes while it is open, heartbeats left out
        self._is_dialer = hello is not None
        self._hello = hello
        self._authenticator = authenticator or Authenticator()
        self._judge = judge
        self._times = times
        self._deadline = now + times.hello_timeout_s
        self._heartbeat = Heartbeat(times.ping_interval_s, now)
        self._seq = 0
        self._decoder = FrameDecoder(MAX_GREETING_BYTES)
        self._output = bytearray()
        if hello is not None:
            self._write(hello)

    def __repr__(self) -> str:
        return f"<Session {'dialer' if self._is_dialer else 'listener'} {self.state.value}>"

    def data_to_send(self) -> bytes:
        """Bytes that the shell must write now."""
        data = bytes(self._output)
        self._output.clear()
        return data

    def send(self, message: Message) -> bool:
        """Queue a message; False (and nothing queued) unless the session is open.

        Raises:
            WireError: `frame-too-long`; nothing is queued, the session goes on.
        """
        if self.state is not SessionState.OPEN:
            return False
        frame = self._write(message)
        if self.tap is not None:
            self.tap(True, message, frame[HEADER.size :])
        return True

    def accept(self, welcome: Welcome, now: float) -> None:
        """Listener: answer HELLO with WELCOME; the session is open. Nothing when it is over already."""
        if self.state is SessionState.HELLO and self._hello is not None:
            self._write(self._authenticator.sign_answer(welcome, self._hello))
            self._become_open(now)

    def refuse(self, code: str, text: str) -> Closed:
        """Listener: answer HELLO, or its absence, with a reason; the shell closes the connection."""
        self._say_refused(code, text)
        return self._close(SessionState.REFUSED, code, text)

    def end(self, reason: str) -> Closed | None:
        """Say BYE; None when the session was over already. A dialer may say it before its HELLO was answered."""
        if self.state.is_final:
            return None
        if self.state is SessionState.OPEN or self._is_dialer:
            self._write(Bye(reason))
        return self._close(SessionState.ENDED, "bye", reason)

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Events that `data` causes. A peer that breaks the protocol gets a reason on the wire and is closed.

        A HELLO whose connection is over by the end of the same `data` is not reported: there is nobody to answer.
        """
        events: list[Event] = []
        self.last_frame_at = now
        try:
            for frame in self._decoder.feed(data):
                if self.state.is_final:
                    break
                event = self._handle(decode_message(frame), now)
                if event is not None:
                    events.append(event)
                if self.tap is not None and isinstance(event, MessageReceived):
                    self.tap(False, event.message, frame.body)
        except WireError as error:
            if not self.state.is_final:
                self._say_refused(error.code, str(error))
                events.append(self._close(SessionState.LOST, error.code, str(error)))
        if self.state.is_final:
            return [event for event in events if not isinstance(event, HelloReceived)]
        return events

    def end_of_stream(self, reason: str = "connection closed by the peer without BYE") -> Closed | None:
        """The transport closed; None when the session was over already."""
        return None if self.state.is_final else self._close(SessionState.LOST, "eof", reason)

    @property
    def round_trip_s(self) -> float | None:
        """From the newest ping that was answered to its answer; None before the first."""
        return self._heartbeat.round_trip_s

    def unanswered_s(self, now: float) -> float:
        """For how long the oldest ping has waited for its answer; 0 when none does."""
        return self._heartbeat.unanswered_s(now)

    def next_deadline(self) -> float | None:
        """When `tick` is due; None when never."""
        if self.state.is_final:
            return None
        return self._deadline if self.state is SessionState.HELLO else min(self._heartbeat.due_at, self._lost_at())

    def tick(self, now: float) -> Closed | None:
        """Let time pass: HELLO deadline, heartbeat, loss."""
        if self.state is SessionState.HELLO and now >= self._deadline:
            who = "no HELLO came" if self._hello is None else "HELLO was not answered"
            code, text = "hello-timeout", f"{who} within {self._times.hello_timeout_s:g} s"
            self._say_refused(code, text)
            return self._close(SessionState.LOST, code, text)
        if self.state is not SessionState.OPEN:
            return None
        if now >= self._lost_at():
            return self._close(SessionState.LOST, "silent", f"no frame for {now - self.last_frame_at:.2f} s")
        if now >= self._heartbeat.due_at:
            self._write(self._heartbeat.ping(now))
        return None

    def _handle(self, message: Message, now: float) -> Event | None:
        if self.state is SessionState.HELLO:
            return self._handle_answer(message, now) if self._is_dialer else self._handle_hello(message)
        if isinstance(message, Ping):
            self._write(Pong(message.number))
            return None
        if isinstance(message, Pong):
            self._heartbeat.answered(message, now)
            return None
        if isinstance(message, Bye):
            return self._close(SessionState.ENDED, "bye", message.reason)
        if isinstance(message, Refused):
            return self._close(SessionState.LOST, message.code, message.text)
        if isinstance(message, Hello | Welcome):
            raise WireError("unexpected-frame", f"{type(message).__name__} on a connection that is open")
        return MessageReceived(message)

    def _handle_hello(self, message: Message) -> Event:
        if isinstance(message, Refused):
            return self._close(SessionState.LOST, message.code, message.text)
        if self._hello is not None and isinstance(message, Bye):
            return self._close(SessionState.ENDED, "bye", message.reason)
        if self._hello is not None or not isinstance(message, Hello):
            missing = "HELLO" if self._hello is None else "WELCOME"
            raise WireError("unexpected-frame", f"{type(message).__name__} before {missing}")
        if message.version != PROTOCOL_VERSION:
            text = f"protocol version {message.version}, this side speaks {PROTOCOL_VERSION}: run one release of all services"
            return self.refuse("version", text)
        try:
            self._judge(message)
        except WireError as error:
            return self.refuse(error.code, str(error))
        self._hello = message
        return HelloReceived(message)

    def _handle_answer(self, message: Message, now: float) -> Event:
        assert self._hello is not None
        if isinstance(message, Refused):
            return self._refused_by(message, self._hello)
        if not isinstance(message, Welcome):
            raise WireError("unexpected-frame", f"{type(message).__name__} instead of WELCOME")
        self._authenticator.check_answer(message, self._hello)
        self._become_open(now)
        return Opened(message)

    def _refused_by(self, message: Refused, hello: Hello) -> Closed:
        """Dialer: a refusal. One that proves nothing is no last word: it may be a stranger's who has the port."""
        try:
            self._authenticator.check_answer(message, hello)
        except WireError as error:
            return self._close(SessionState.LOST, error.code, f"{error}; it said {message.code}: {message.text}")
        return self._close(SessionState.REFUSED, message.code, message.text)

    def _say_refused(self, code: str, text: str) -> None:
        """Say why. Only a HELLO that was believed gets a signed answer: a stranger's could be a copy of somebody's mac."""
        refused = Refused(code, text)
        if self._hello is not None and not self._is_dialer:
            refused = self._authenticator.sign_answer(refused, self._hello)
        self._write(refused)

    def _become_open(self, now: float) -> None:
        self.state = SessionState.OPEN
        self.last_frame_at = now
        self._heartbeat.restart(now)

    def _close(self, state: SessionState, code: str, reason: str) -> Closed:
        self.state = state
        return Closed(state, code, reason)

    def _lost_at(self) -> float:
        return self.last_frame_at + self._times.lost_after_s

    def _write(self, message: Message) -> bytes:
        frame = encode_message(message, self._seq + 1)
        self._output += frame
        self._seq += 1
        return frame
