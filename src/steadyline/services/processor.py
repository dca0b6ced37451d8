"""What inbound and outbound have in common: told of calls by the gateway, each call with its own connection 0, its port
for the engine's service (whisper on 1; on 5 the TTS, and its standby), and its registration polling.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from steadyline.config import Config
from steadyline.connections import Connection
from steadyline.errors import PortTakenError
from steadyline.link.acceptor import Acceptor, AcceptorEvents, Decision, Refusal
from steadyline.link.beacon import Beacon
from steadyline.link.dialer import Dialer, DialerEvents
from steadyline.link.link import Link
from steadyline.link.network import Address, DatagramPort
from steadyline.link.runtime import Runtime
from steadyline.services.gateway_control import ControlEvents, GatewayControl
from steadyline.services.tasks import Tasks
from steadyline.wire.line_messages import CallEnded, CallStarted
from steadyline.wire.messages import PROTOCOL_VERSION, Hello, Message, Position, Welcome
from steadyline.wire.session import Closed, SessionState

PORT_RETRY_S = 0.2


@dataclass(frozen=True)
class ProcessorPlace:
    """Where a processor stands between its neighbours.

    Attributes:
        line: connection 0 of this processor.
        engine: number of the connection that the engines' services dial (1 or 5).
        port_base: the call id is added to it for that connection.
        registrations: for each of those services the UDP connection that calls for it, and its port.
    """

    line: Connection
    engine: int
    port_base: int
    registrations: tuple[tuple[Connection, int], ...]


@dataclass(frozen=True)
class NewCall:
    """A call that a gateway tells of.

    Attributes:
        started: what it says.
        gateway: where its connection 0 is dialed.
        udp: the port that registrations are sent from.
    """

    started: CallStarted
    gateway: Address
    udp: DatagramPort


class ProcessorCall:
    """One call in a processor; inbound and outbound say what flows (the methods that do nothing here).

    Attributes:
        is_released: the call is over here.

    Args:
        runtime, config, place: surroundings.
        call: what the gateway said of the call.
    """

    def __init__(self, runtime: Runtime, config: Config, place: ProcessorPlace, call: NewCall) -> None:
        started = call.started
        self.call_id, self.call_uuid = started.call_id, started.call_uuid
        self.runtime = runtime
        self.on_end: Callable[[ProcessorCall], None] = lambda _: None
        self.engines: dict[str, Link] = {}
        self._host = config.network.host
        self._place = place
        self.is_released = False
        self._acceptor = Acceptor(
            runtime,
            place.engine,
            frozenset(registration.listener for registration, _ in place.registrations),
            AcceptorEvents(self._admit, self._engine_opened, self._from_engine, self._engine_closed),
        )
        identity = (self.call_id, self.call_uuid)
        self._beacons = {
            registration.listener: Beacon(runtime, registration, call.udp, (self._host, port), identity)
            for registration, port in place.registrations
        }
        self.line = Dialer(
            runtime,
            place.line,
            self.call_id,
            call.gateway,
            DialerEvents(self._hello, self.line_opened, self.from_line, lambda _: None, self._line_ended),
        )

    def resume(self) -> Position:
        """For HELLO on connection 0: through where this processor has what flows to it."""
        return {}

    def committed(self) -> Position:
        """For WELCOME to the engine's service."""
        return {}

    def line_opened(self, welcome: Welcome) -> None:
        """The gateway answered HELLO."""

    def from_line(self, message: Message) -> None:
        """A message from the gateway."""

    def engine_opened(self, link: Link, hello: Hello) -> None:
        """An engine's service is connected."""

    def from_engine(self, role: str, message: Message) -> None:
        """A message from an engine's service."""

    def engine_closed(self, role: str, reason: str) -> None:
        """An engine's service is gone; registration polling has begun again."""

    def released(self) -> None:
        """The call is over here, or this process stops."""

    def gateway_lost(self) -> None:
        """The gateway has been away for so long that its calls are taken to be over."""
        self.end("gateway lost")

    def details(self) -> dict[str, Any]:
        """What `steadyline status` shows of the call."""
        return {}

    async def start(self) -> None:
        """Bind the call's port, dial the gateway and call for the engine's service.

        Raises:
            PortTakenError: the port is somebody else's; it may be tried again.
        """
        await self._acceptor.listen((self._host, self._place.port_base + self.call_id))
        if self.is_released:
            return
        self.line.start()
        for beacon in self._beacons.values():
            beacon.start()

    def end(self, reason: str) -> None:
        """The call is over: BYE to everybody."""
        engines, self.engines = self.engines, {}
        for engine in engines.values():
            engine.end(reason)
        for beacon in self._beacons.values():
            beacon.end()
        self.line.close(reason)
        self.abandon()

    def abandon(self, reason: str = "this service is stopping") -> None:
        """The call ends here and may go on elsewhere: no BYE to anybody."""
        self._acceptor.close(reason)
        for beacon in self._beacons.values():
            beacon.abandon()
        self.line.abandon()
        if not self.is_released:
            self.is_released = True
            self.released()
            self.on_end(self)

    def _hello(self) -> Hello:
        runtime = self.runtime
        return Hello(PROTOCOL_VERSION, 0, runtime.role, self.call_id, self.call_uuid, runtime.epoch, self.resume())

    def _line_ended(self, closed: Closed) -> None:
        self.end(closed.reason)

    def _admit(self, hello: Hello) -> Decision:
        if hello.call_uuid != self.call_uuid or hello.call_id != self.call_id:
            return Refusal("unknown-call", f"this port serves call {self.call_id} with another uuid")
        return Welcome(self.runtime.role, self.runtime.epoch, self.committed())

    def _engine_opened(self, link: Link, hello: Hello) -> None:
        self.engines[hello.role] = link
        self._beacons[hello.role].stop()
        self.engine_opened(link, hello)

    def _from_engine(self, link: Link, message: Message) -> None:
        if link.hello is not None:
            self.from_engine(link.hello.role, message)

    def _engine_closed(self, link: Link, closed: Closed) -> None:
        role = link.hello.role if link.hello else ""
        if self.engines.get(role) is link:
            del self.engines[role]
            # After BYE as well: the engine's session is over (a neighbour's registration expired, say), this call is not.
            is_over = closed.state is SessionState.ENDED
            level, text = (logging.INFO, "%s has ended: %s") if is_over else (logging.WARNING, "%s lost: %s")
            self.runtime.log.log(level, text, role, closed.reason, extra={"call_id": self.call_id})
            self._beacons[role].restart(closed.reason)
            self.engine_closed(role, closed.reason)


class ProcessorService:
    """Inbound or outbound as a process.

    Args:
        runtime, config, place: surroundings.
        make_call: makes the call of the right kind.
    """

    def __init__(
        self,
        runtime: Runtime,
        config: Config,
        place: ProcessorPlace,
        make_call: Callable[[NewCall], ProcessorCall],
    ) -> None:
        self._runtime = runtime
        self._place = place
        self._host = config.network.host
        self._make_call = make_call
        self._calls: dict[str, tuple[Address, ProcessorCall]] = {}
        self._tasks = Tasks(runtime.log)
        self._udp: DatagramPort | None = None
        self._controls = {address: self._control(config, address) for address in gateway_addresses(config)}

    def _control(self, config: Config, gateway: Address) -> GatewayControl:
        events = ControlEvents(
            lambda started: self._started(gateway, started),
            self._ended,
            lambda: self._gateway_lost(gateway),
            lambda: self._superseded(gateway),
        )
        return GatewayControl(self._runtime, self._place.line, gateway, config.connections.gateway_lost_s, events)

    @property
    def state(self) -> str:
        is_there = any(control.is_open for control in self._controls.values())
        return "ready" if is_there else "waiting for the gateway"

    def calls(self) -> list[dict[str, Any]]:
        return [{"call_id": call.call_id, **call.details()} for _, call in self._calls.values()]

    async def start(self) -> None:
        self._udp = await self._runtime.network.open_datagram((self._host, 0), lambda data, sender: None)
        for control in self._controls.values():
            control.start()

    async def stop(self) -> None:
        for control in self._controls.values():
            control.stop()
        for _, call in list(self._calls.values()):
            call.abandon()
        self._tasks.cancel()
        if self._udp is not None:
            self._udp.close()

    def _started(self, gateway: Address, started: CallStarted) -> None:
        known = self._calls.get(started.call_uuid)
        if known is not None and known[1].call_id == started.call_id:
            return
        assert self._udp is not None
        call = self._make_call(NewCall(started, gateway, self._udp))
        call.on_end = self._forget
        self._calls[started.call_uuid] = (gateway, call)
        self._tasks.start(self._begin(gateway, call, started), "begin call")

    async def _begin(self, gateway: Address, call: ProcessorCall, started: CallStarted) -> None:
        """Bind the call's port. The gateway gives another id to a call that rings; one that was answered waits for its port."""
        is_logged = False
        while not call.is_released:
            try:
                await call.start()
                return
            except PortTakenError as error:
                if not is_logged:
                    text, extra = "%s: waiting for it, or for the next call id", {"call_id": call.call_id}
                    self._runtime.log.warning(text, error, extra=extra)
                is_logged = True
                # Each time: the connection may be lost with it, or with the gateway's answer.
                self._controls[gateway].port_taken(started, self._place.port_base + started.call_id)
            await self._runtime.clock.sleep(PORT_RETRY_S)

    def _ended(self, ended: CallEnded) -> None:
        _, call = self._calls.get(ended.call_uuid, (None, None))
        if call is not None and call.call_id == ended.call_id:
            call.end(ended.reason)

    def _gateway_lost(self, gateway: Address) -> None:
        for its, call in list(self._calls.values()):
            if its == gateway:
                call.gateway_lost()

    def _superseded(self, gateway: Address) -> None:
        """This process was frozen and has been replaced: BYE would end its successor's calls."""
        for its, call in list(self._calls.values()):
            if its == gateway:
                call.abandon()

    def _forget(self, call: ProcessorCall) -> None:
        _, known = self._calls.get(call.call_uuid, (None, None))
        if known is call:
            del self._calls[call.call_uuid]


def gateway_addresses(config: Config) -> list[Address]:
    """Where the gateways listen for processors: the configuration's own, then the further ones."""
    further = [text.rpartition(":") for text in config.network.gateways]
    own = (config.network.host, config.gateway.processor_port)
    return [own, *((host, int(port)) for host, _, port in further)]
