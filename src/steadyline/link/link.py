"""One established byte stream with a session on it: bytes in, events out; a timer keeps its deadlines."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from steadyline.clock import Clock, TimerHandle
from steadyline.link.network import Address, Transport
from steadyline.link.security import Seal
from steadyline.wire.codec import Tap
from steadyline.wire.messages import Hello, Message, Welcome
from steadyline.wire.session import (
    Closed,
    HelloReceived,
    MessageReceived,
    Opened,
    Session,
    SessionState,
    SessionTimes,
)

MAX_UNSENT_BYTES = 8 << 20
"""A peer that leaves this much untaken (40 s of 48 kHz float32) is lost: memory stays bounded."""


@dataclass(frozen=True)
class LinkEvents:
    """Whom a link tells. All are called on the event loop and must not block."""

    on_message: Callable[["Link", Message], None]
    on_closed: Callable[["Link", Closed], None]
    on_open: Callable[["Link", Welcome], None] | None = None
    on_hello: Callable[["Link", Hello], None] | None = None
    on_connected: Callable[["Link"], None] | None = None


class Link:
    """A connection of the system while it lasts; a Receiver for the network.

    Args:
        clock: time.
        times: deadlines.
        events: whom to tell; `on_open` on the dialing side, `on_connected` (TCP alone) and `on_hello` (one that is to be
            believed) on the listening side.
        seal: signs HELLO and its answer, and judges them.
        port: that is dialed, or listened on; a HELLO is good for one port.
        hello: makes it the dialing side.

    Attributes:
        hello: the dialer's; None on the listening side as long as none came that is to be believed.
    """

    def __init__(
        self,
        clock: Clock,
        times: SessionTimes,
        events: LinkEvents,
        seal: Seal,
        port: int,
        hello: Hello | None = None,
    ) -> None:
        self._clock = clock
        self._events = events
        self.hello = seal.hello(hello, port) if hello else None
        self._session = Session(
            self.hello, clock.now(), times, seal.authenticator, lambda greeting: seal.check_hello(greeting, port)
        )
        self._transport: Transport | None = None
        self._timer: TimerHandle | None = None
        self._finished = False
        self.peer: Address = ("", 0)
        self.connected_at = clock.now()
        self.frames_sent_again = 0

    def __repr__(self) -> str:
        role = self.hello.role if self.hello else "?"
        return f"<Link {self.state.value} {role} peer={self.peer[0]}:{self.peer[1]} last_frame_at={self.last_frame_at:.3f}>"

    @property
    def state(self) -> SessionState:
        """State of the session."""
        return self._session.state

    @property
    def is_open(self) -> bool:
        """HELLO was answered and nothing ended it."""
        return self._session.state is SessionState.OPEN

    @property
    def round_trip_s(self) -> float | None:
        """Latest measured round trip of a heartbeat, seconds."""
        return self._session.round_trip_s

    @property
    def unanswered_s(self) -> float:
        """For how long the oldest heartbeat has waited for its answer: what was sent since may wait as well. 0: none does."""
        return self._session.unanswered_s(self._clock.now())

    @property
    def last_frame_at(self) -> float:
        """When the peer was heard last, on the clock's scale; the time of the connection before that."""
        return self._session.last_frame_at

    def send(self, message: Message, *, more: bool = False) -> bool:
        """Send now; False when the link is not open (whoever keeps things keeps them until it is).

        With `more` it leaves together with the next one, which follows at once: each piece costs both sides a system call.
        """
        if not self._session.send(message):
            return False
        if more:
            return True
        self._flush()
        return not self._drop_if_untaken()

    def record(self, tap: Tap | None) -> None:
        """Have `tap` told of all that passes from now on."""
        self._session.tap = tap

    def send_again(self, messages: Iterable[Message]) -> None:
        """Send what was kept because the peer may lack it, when the link is new; counted for the metrics."""
        for message in messages:
            self.frames_sent_again += self.send(message)

    def accept(self, welcome: Welcome) -> None:
        """Listening side: answer HELLO."""
        self._session.accept(welcome, self._clock.now())
        self._flush()
        self._arm()

    def refuse(self, code: str, text: str) -> None:
        """Listening side: answer HELLO with a reason and close."""
        self._finish(self._session.refuse(code, text))

    def end(self, reason: str) -> None:
        """Say BYE and close."""
        closed = self._session.end(reason)
        if closed:
            self._finish(closed)

    def drop(self, reason: str) -> None:
        """Close without BYE, as a lost connection."""
        closed = self._session.end_of_stream(reason)
        if closed:
            self._finish(closed, abort=True)

    def connected(self, transport: Transport, peer: Address) -> None:
        self._transport = transport
        self.peer = peer
        self._flush()
        self._arm()
        if self._events.on_connected is not None:
            self._events.on_connected(self)

    def data_received(self, data: bytes) -> None:
        for event in self._session.receive(data, self._clock.now()):
            if self._finished:
                return
            match event:
                case MessageReceived(message):
                    self._events.on_message(self, message)
                case HelloReceived(hello):
                    self.hello = hello
                    if self._events.on_hello is not None:
                        self._events.on_hello(self, hello)
                case Opened(welcome):
                    self._arm()
                    if self._events.on_open is not None:
                        self._events.on_open(self, welcome)
                case Closed():
                    self._finish(event)
        self._flush()
        self._drop_if_untaken()

    def disconnected(self, reason: str) -> None:
        closed = self._session.end_of_stream(reason)
        self._transport = None
        if closed:
            self._finish(closed)

    def _flush(self) -> None:
        data = self._session.data_to_send()
        if data and self._transport is not None:
            self._transport.write(data)

    def _drop_if_untaken(self) -> bool:
        if self._transport is None or self._transport.unsent_bytes() <= MAX_UNSENT_BYTES:
            return False
        self.drop(f"peer left more than {MAX_UNSENT_BYTES} bytes untaken")
        return True

    def _arm(self) -> None:
        deadline = self._session.next_deadline()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._clock.call_at(deadline, self._tick) if deadline is not None else None

    def _tick(self) -> None:
        closed = self._session.tick(self._clock.now())
        if closed:
            self._finish(closed)
            return
        self._flush()
        self._arm()

    def _finish(self, closed: Closed, *, abort: bool = False) -> None:
        """Tell the reason on the wire, close, stop the timer, tell the owner; happens once a link."""
        self._finished = True
        self._flush()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._transport is not None:
            if abort:
                self._transport.abort()
            else:
                self._transport.close()
            self._transport = None
        self._events.on_closed(self, closed)
