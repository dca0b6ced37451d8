"""A processor's side of connection 0: the control connection that says which calls there are.

Inbound and outbound are told of a call here, bind its port, and dial its own connection 0. When the gateway process
is gone its calls are gone with it, so the processors end them after `connections.gateway_lost_s`. That is counted in
looks, so that time in which this process did not run, on a busy machine or a suspended one, costs no call.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from steadyline.clock import TimerHandle
from steadyline.connections import Connection
from steadyline.link.dialer import Dialer, DialerEvents
from steadyline.link.network import Address
from steadyline.link.runtime import Runtime
from steadyline.wire.line_messages import CallEnded, CallStarted, PortTaken
from steadyline.wire.messages import PROTOCOL_VERSION, Hello, Message, Welcome
from steadyline.wire.session import Closed

LOOK_S = 0.1
"""So often an absent gateway is looked for."""


@dataclass(frozen=True)
class ControlEvents:
    """Whom the control connection tells.

    Attributes:
        on_started: a call; told again after every reconnection for each call that still lives.
        on_ended: that call is over.
        on_gateway_lost: the gateway is away for good: all calls are over.
        on_superseded: a newer process has this one's place: its calls go on there.
    """

    on_started: Callable[[CallStarted], None]
    on_ended: Callable[[CallEnded], None]
    on_gateway_lost: Callable[[], None]
    on_superseded: Callable[[], None]


class GatewayControl:
    """The control connection of one processor, kept for the life of the process."""

    def __init__(
        self, runtime: Runtime, connection: Connection, address: Address, lost_after_s: float, events: ControlEvents
    ) -> None:
        self._runtime = runtime
        self._lost_after_s = lost_after_s
        self._events = events
        self._look: TimerHandle | None = None
        self._looks_left = 0
        self._dialer = Dialer(
            runtime,
            connection,
            0,
            address,
            DialerEvents(
                hello=lambda: Hello(PROTOCOL_VERSION, 0, runtime.role, 0, "", runtime.epoch),
                on_open=self._opened,
                on_message=self._received,
                on_lost=lambda _: self._lost(),
                on_ended=self._refused,
            ),
        )

    @property
    def is_open(self) -> bool:
        """The gateway is there."""
        return self._dialer.is_open

    def start(self) -> None:
        """Begin to dial."""
        self._dialer.start()

    def stop(self) -> None:
        """Close."""
        self._look_no_more()
        self._dialer.abandon()

    def port_taken(self, started: CallStarted, port: int) -> None:
        """Tell the gateway that this call id cannot be served."""
        self._dialer.send(PortTaken(started.call_id, started.call_uuid, port))

    def _opened(self, _: Welcome) -> None:
        self._look_no_more()

    def _received(self, message: Message) -> None:
        if isinstance(message, CallStarted):
            self._events.on_started(message)
        elif isinstance(message, CallEnded):
            self._events.on_ended(message)

    def _lost(self) -> None:
        self._looks_left = ceil(self._lost_after_s / LOOK_S)
        self._look_later()

    def _look_later(self) -> None:
        self._look = self._runtime.clock.call_at(self._runtime.clock.now() + LOOK_S, self._looked)

    def _looked(self) -> None:
        """The gateway is still away."""
        self._look = None
        self._looks_left -= 1
        if self._looks_left > 0:
            self._look_later()
        else:
            self._give_up()

    def _look_no_more(self) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None

    def _give_up(self) -> None:
        if self._dialer.last_code == "ghost":
            self._events.on_superseded()
        else:
            self._events.on_gateway_lost()

    def _refused(self, closed: Closed) -> None:
        self._runtime.log.error("the gateway refuses this %s: %s", self._runtime.role, closed.reason)
        self._events.on_gateway_lost()
