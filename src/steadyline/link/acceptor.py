"""The listening side of connections: admits HELLOs, fences ghosts, replaces a peer's old link by its new one."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from steadyline.connections import CONNECTIONS
from steadyline.errors import PortTakenError
from steadyline.link.link import Link, LinkEvents
from steadyline.link.network import Address, Listening, reason
from steadyline.link.runtime import Runtime
from steadyline.link.status import ConnectionStatus
from steadyline.log import printable
from steadyline.wire.messages import Hello, Message, Welcome
from steadyline.wire.session import Closed, SessionState

FENCE_S = 30.0
"""So long after the newest process of a peer has left, older ones are refused. Not for ever: a wall clock that was set back
gives a restarted process a lower epoch than its predecessor had, and it must get in at last."""


@dataclass(frozen=True)
class Refusal:
    """Why a HELLO is not admitted: `code` for programs, `text` for people."""

    code: str
    text: str


Decision = Welcome | Refusal
MAX_REASON_CHARACTERS = 200
REPLACED = "replaced by a newer connection of the same peer"
NO_CALL = Refusal("unknown-call", "HELLO without a call: call_id and call_uuid are needed here")


@dataclass(frozen=True)
class AcceptorEvents:
    """Whom an acceptor tells.

    Attributes:
        admit: decides on a HELLO whose connection and role are right, at once or awaitably (to read a journal, say);
            the Welcome opens the link.
        on_open: the link is open (called right after `admit`).
        on_message: a message came.
        on_closed: an admitted link is over; the service logs it. Not called for one that was replaced by the same
            peer's newer link.
    """

    admit: Callable[[Hello], Decision | Awaitable[Decision]]
    on_open: Callable[[Link, Hello], None]
    on_message: Callable[[Link, Message], None]
    on_closed: Callable[[Link, Closed], None]


@dataclass
class Newest:
    """The newest process of a peer that was admitted.

    Attributes:
        epoch: its epoch.
        left_at: when its link was closed; None while it is open.
    """

    epoch: int
    left_at: float | None = None


class Acceptor:
    """One listening port of a service.

    Args:
        runtime: surroundings.
        number: the connection that is served here (see `steadyline.connections`).
        roles: who may dial.
        events: whom to tell.
    """

    def __init__(self, runtime: Runtime, number: int, roles: frozenset[str], events: AcceptorEvents) -> None:
        self._runtime = runtime
        self._number = number
        self._roles = roles
        self._events = events
        self._links: dict[tuple[str, str], Link] = {}
        self._newest: dict[tuple[str, str], Newest] = {}
        self._statuses: dict[tuple[str, str], ConnectionStatus] = {}
        # Dicts for their order, in which they are closed: a set's would differ from run to run.
        self._pending: dict[Link, None] = {}
        self._decisions: dict[asyncio.Future[None], None] = {}
        self._listening: Listening | None = None
        self._is_closed = False
        self._port = 0
        self._link_events = LinkEvents(
            on_message=self._events.on_message,
            on_closed=self._closed,
            on_hello=self._greeted,
            on_connected=self._connected,
        )

    def __repr__(self) -> str:
        return f"<Acceptor connection {self._number} port={self.port} links={len(self._links)}>"

    @property
    def port(self) -> int:
        """The port that is listened on; 0 before `listen`."""
        return self._port

    async def listen(self, address: Address) -> None:
        """Bind and listen.

        Raises:
            PortTakenError: the port cannot be had; the text says which.
        """
        self._port = address[1]  # known before the first connection comes, unless it is 0
        try:
            self._listening = await self._runtime.network.listen(address, self._accept)
        except OSError as error:
            text = f"TCP port {address[1]} on {address[0]} cannot be listened on: {reason(error)}"
            raise PortTakenError(text, (("tcp", *address),)) from error
        if self._is_closed:
            # Meanwhile nobody wants it any more.
            self._listening.close()
            return
        self._port = self._listening.port

    def close(self, reason: str = "this service is stopping") -> None:
        """Stop listening and drop every link without BYE: its calls go on and will heal."""
        self._is_closed = True
        if self._listening:
            self._listening.close()
            self._listening = None
        for status in self._statuses.values():
            self._runtime.board.remove(status)
        self._statuses.clear()
        for link in [*self._links.values(), *self._pending]:
            link.drop(reason)
        for decision in self._decisions:
            decision.cancel()

    def forget(self, call_uuid: str) -> None:
        """The call is over: its epochs need not be remembered, nor its connections be shown."""
        for key in [key for key in self._newest if key[1] == call_uuid]:
            del self._newest[key]
        for key in [key for key in self._statuses if key[1] == call_uuid]:
            self._runtime.board.remove(self._statuses.pop(key))

    def _accept(self) -> Link:
        runtime = self._runtime
        link = Link(runtime.clock, runtime.times, self._link_events, runtime.seal, self.port)
        self._pending[link] = None
        return link

    def _connected(self, newcomer: Link) -> None:
        """Bound the half-open connections: one of them may have to go for this one."""
        waiting = [link for link in self._pending if link.hello is None and link is not newcomer]
        surplus = self._runtime.security.connections.who_goes([link.peer[0] for link in waiting], newcomer.peer[0])
        if surplus is not None:
            waiting[surplus].refuse("too-many", "too many connections that say nothing: this one had waited longest")

    def _greeted(self, link: Link, hello: Hello) -> None:
        if self._is_closed:
            # It was accepted, but not yet handed to us, when the port was closed.
            link.drop("this service is stopping")
            return
        decision = self._objection(link, hello) or self._events.admit(hello)
        if isinstance(decision, Welcome | Refusal):
            self._decide(link, hello, decision)
        else:
            task = asyncio.ensure_future(self._decide_later(link, hello, decision))
            self._decisions[task] = None
            task.add_done_callback(lambda task: self._decisions.pop(task, None))

    async def _decide_later(self, link: Link, hello: Hello, decision: Awaitable[Decision]) -> None:
        self._decide(link, hello, await decision)

    def _decide(self, link: Link, hello: Hello, decision: Decision) -> None:
        if link not in self._pending:
            return
        if isinstance(decision, Refusal):
            self._runtime.flood_log.warning(
                decision.code,
                "refused %.40r (%s:%d) for call %d: %s",
                hello.role,
                *link.peer,
                hello.call_id,
                decision.text,
                call_id=hello.call_id,
            )
            link.refuse(decision.code, decision.text)
            return
        self._pending.pop(link, None)
        key = (hello.role, hello.call_uuid)
        previous = self._links.pop(key, None)
        self._links[key] = link
        self._newest[key] = Newest(hello.epoch)
        if previous is not None:
            previous.drop(REPLACED)
        recording = self._runtime.recorder.call(hello.call_uuid, hello.call_id)
        if recording is not None:
            link.record(recording.link(self._number, hello.role, "accepts"))
        link.accept(decision)
        status = self._note_open(key, link, hello, was_replaced=previous is not None)
        self._events.on_open(link, hello)
        if status is not None:
            status.resent(link.frames_sent_again)

    def _note_open(
        self, key: tuple[str, str], link: Link, hello: Hello, *, was_replaced: bool
    ) -> ConnectionStatus | None:
        """Show an admitted link; None for an operator's, which is no connection of the system."""
        ends = (self._number, key[0], self._runtime.role, "tcp")
        known = [one for one in CONNECTIONS if (one.number, one.dialer, one.listener, one.transport) == ends]
        if not known:
            return None
        status = self._statuses.get(key)
        if status is None:
            status = self._statuses[key] = self._runtime.board.add(known[0], hello.call_id, "connecting", "accepts")
            status.recording = self._runtime.recorder.call(hello.call_uuid, hello.call_id)
        elif was_replaced:
            status.lost(REPLACED)
        status.begin(link.connected_at)
        status.attempted()
        status.opened(link)
        return status

    def _objection(self, link: Link, hello: Hello) -> Refusal | None:
        """What is wrong with a HELLO whatever the service thinks of the call."""
        if hello.connection != self._number:
            text = f"HELLO for connection {hello.connection}, this port is connection {self._number}: check the ports"
            return Refusal("wrong-connection", text)
        if hello.role not in self._roles:
            return Refusal("wrong-role", f"role {hello.role!r:.40}, expected one of {', '.join(sorted(self._roles))}")
        newest = self._newest.get((hello.role, hello.call_uuid))
        if newest is not None and hello.epoch < newest.epoch and not self._is_long_gone(newest):
            text = f"epoch {hello.epoch} is older than {newest.epoch}: a newer {hello.role} has taken over"
            return Refusal("ghost", text)
        others = [*self._links.values(), *(other for other in self._pending if other.hello is not None)]
        replaced = self._links.get((hello.role, hello.call_uuid))
        peers = [other.peer[0] for other in others if other is not link and other is not replaced]
        crowd = self._runtime.security.connections.objection(peers, link.peer[0])
        return Refusal("too-many", crowd) if crowd else None

    def _is_long_gone(self, newest: Newest) -> bool:
        return newest.left_at is not None and self._runtime.clock.now() - newest.left_at >= FENCE_S

    def _closed(self, link: Link, closed: Closed) -> None:
        if link in self._pending:
            self._pending.pop(link, None)
            is_told = closed.state is SessionState.REFUSED and link.hello is not None
            if closed.code not in ("bye", "eof") and not is_told:
                # Code and reason may be the stranger's own.
                self._runtime.flood_log.warning(
                    "dropped", "dropped %s:%d: %s", *link.peer, printable(closed.reason, MAX_REASON_CHARACTERS)
                )
            return
        if link.hello is None:
            return
        key = (link.hello.role, link.hello.call_uuid)
        if self._links.get(key) is link:
            del self._links[key]
            if key in self._newest:
                self._newest[key].left_at = self._runtime.clock.now()
            self._note_closed(key, closed)
            self._events.on_closed(link, closed)

    def _note_closed(self, key: tuple[str, str], closed: Closed) -> None:
        status = self._statuses.get(key)
        if status is None:
            return
        if closed.state is SessionState.ENDED:
            status.over("ended", closed.reason)
        else:
            status.lost(closed.reason)
