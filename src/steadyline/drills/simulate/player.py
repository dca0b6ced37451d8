"""Lets the events of a history happen to a simulated system, each at its time or at its moment."""

import asyncio
import random
from collections.abc import Callable

from steadyline.drills.simulate.caller import Caller
from steadyline.drills.simulate.engines import HistoryEngines
from steadyline.drills.simulate.history import (
    ON_WITHIN_S,
    Busy,
    Cut,
    Dial,
    Event,
    Freeze,
    HangUp,
    History,
    Lose,
    Lossy,
    Press,
    Replace,
    Say,
    Slow,
    Type,
    may_cost_a_clause,
)
from steadyline.drills.simulate.wire_tap import WireTap
from steadyline.drills.simulated_system import SimulatedSystem
from steadyline.drills.weather import Weather
from steadyline.wire.operator_messages import TypedReply

LOOK_S = 0.02
GATEWAY_AWAY_S = 1.0
"""For so long a call survives that its gateway cannot be reached: lost after 1.25 s, it is given up 1.5 s later."""


class HistoryPlayer:
    """Plays one history.

    Attributes:
        callers: those who dialed, by number.
        weather: of the datagrams.
        on_tell: told what happens.
    """

    def __init__(self, system: SimulatedSystem, engines: HistoryEngines, tap: WireTap, history: History) -> None:
        self.callers: dict[int, Caller] = {}
        self._outbound_lost_at: list[float] = []
        self.weather = Weather(random.Random(f"weather {history.seed}"))
        self.on_tell: Callable[[str], None] = lambda text: None
        self._system = system
        self._engines = engines
        self._tap = tap
        self._history = history
        self._latency_s = history.world.latency_s
        self._begun_at: float | None = None
        self._gateway_faults = 0

    @property
    def elapsed_s(self) -> float:
        """Seconds since the history began; 0 before."""
        return 0.0 if self._begun_at is None else asyncio.get_running_loop().time() - self._begun_at

    @property
    def clauses_broke_at(self) -> list[float]:
        """When a clause may have broken off to be said again, times of the event loop: outbound died, froze, or was cut off from
        the gateway, and about then something befell a voice, too.
        """
        begun_at = self._begun_at or 0.0
        return [at for at in self._outbound_lost_at if may_cost_a_clause(self._history, at - begun_at)]

    async def play(self) -> None:
        """Let everything happen, to its end."""
        loop = asyncio.get_running_loop()
        self._begun_at = loop.time()
        happening: list[asyncio.Task[None]] = []
        for event in self._history.events:
            await asyncio.sleep(max(0.0, event.at_s - self.elapsed_s))
            happening.append(loop.create_task(self._happen(event), name="event"))
        if happening:
            await asyncio.gather(*happening)

    async def heal(self) -> None:
        """Everything runs again and nothing is in the way; ghosts stay what they are."""
        for path in self._system.network.paths():
            path.latency_s, path.bytes_per_s = self._latency_s, None
            path.mend()
        self.weather.clear()
        self._engines.busy_s.clear()
        for running in self._system.running.values():
            running.process.thaw()
        for name in self._system.services:
            if name not in self._system.running:
                await self._system.start(name)

    async def _happen(self, event: Event) -> None:
        await self._moment(event)
        match event:
            case Dial():
                self._dial(event)
            case Say():
                if event.call in self.callers:
                    self.callers[event.call].say(event.text)
            case Type():
                await self._type(event)
            case Press():
                self._press(event)
            case HangUp():
                self._hang_up(event)
            case Lose():
                await self._lose(event)
            case Freeze():
                await self._freeze(event)
            case Replace():
                await self._replace(event)
            case Cut():
                await self._cut(event)
            case Slow():
                await self._slow(event)
            case Lossy():
                self.weather.set(event.lost, event.doubled, event.late)
                await asyncio.sleep(event.for_s)
                self.weather.clear()
            case Busy():
                self._engines.busy_s[event.service] += event.takes_s
                await asyncio.sleep(event.for_s)
                self._engines.busy_s[event.service] -= event.takes_s

    async def _moment(self, event: Event) -> None:
        """Wait for the message that the event waits for."""
        if isinstance(event, Lose | Freeze | Replace) and event.on:
            await self._tap.next_message(event.service, event.on, ON_WITHIN_S)

    def _dial(self, event: Dial) -> None:
        try:
            self.callers[event.call] = Caller(event.call, self._system.dial(event.rate_hz))
        except ConnectionRefusedError:
            self.on_tell(f"call {event.call}: no gateway to dial")

    async def _type(self, event: Type) -> None:
        """Type something, once all that was said has been taken by a gateway that runs; without one nobody could."""
        caller = self.callers.get(event.call)
        while caller is not None and caller.is_live:
            gateway = self._system.running.get("gateway")
            is_there = gateway is not None and not gateway.process.is_frozen and caller.call.is_answered
            if gateway is not None and is_there and caller.call.is_heard_out:
                line = caller.types(event.text)
                reply: TypedReply = gateway.process.run(gateway.service.type_line, line)  # type: ignore[attr-defined]
                self.on_tell(f"call {event.call}: typed {event.text!r}, {'taken' if reply.taken else reply.text}")
                return
            await asyncio.sleep(LOOK_S)

    def _press(self, event: Press) -> None:
        caller = self.callers.get(event.call)
        if caller is not None and caller.is_live and caller.call.is_answered:
            caller.pressed.append(event.digit)
            caller.acted_at = asyncio.get_running_loop().time()
            caller.call.press(event.digit)

    def _hang_up(self, event: HangUp) -> None:
        caller = self.callers.get(event.call)
        if caller is not None and caller.is_live:
            caller.hung_up = True
            caller.call.hang_up()

    async def _lose(self, event: Lose) -> None:
        running = self._system.running.get(event.service)
        if running is None:
            return
        if event.is_asked and not running.process.is_frozen:
            self._died(event.service, "stopped")
            await self._system.stop(event.service)
        else:
            self._kill(event.service)
        await asyncio.sleep(event.away_s)
        await self._start(event.service)

    async def _freeze(self, event: Freeze) -> None:
        running = self._system.running.get(event.service)
        if running is None or running.process.is_frozen:
            return
        self.on_tell(f"{event.service} frozen")
        self._lost(event.service)
        if event.service == "gateway":
            self._endanger(event.for_s)
        running.process.freeze()
        await asyncio.sleep(event.for_s)
        if not event.is_killed:
            self.on_tell(f"{event.service} thawed")
            running.process.thaw()
        elif self._system.running.get(event.service) is running:
            self._kill(event.service)
            await asyncio.sleep(event.away_s)
            await self._start(event.service)

    async def _replace(self, event: Replace) -> None:
        running = self._system.running.get(event.service)
        if running is None or running.process.is_frozen:
            return
        self.on_tell(f"{event.service} frozen, to be replaced")
        self._lost(event.service)
        running.process.freeze()
        await asyncio.sleep(event.away_s)
        if self._system.running.get(event.service) is running:
            self._died(event.service, "replaced")
            await self._system.replace(event.service)
            await asyncio.sleep(max(0.0, event.for_s - event.away_s))
            self.on_tell(f"the replaced {event.service} thawed")
        running.process.thaw()

    async def _cut(self, event: Cut) -> None:
        network = self._system.network
        paths = [network.path(event.one, event.other)]
        if not event.is_one_way:
            paths.append(network.path(event.other, event.one))
        if "gateway" in (event.one, event.other):
            self._endanger(event.for_s)
            self._lost(event.other if event.one == "gateway" else event.one)
        self.on_tell(f"{event.one} to {event.other} cut{'' if event.is_one_way else ' both ways'}")
        for path in paths:
            path.cut()
        await asyncio.sleep(event.for_s)
        for path in paths:
            path.mend()
        self.on_tell(f"{event.one} to {event.other} mended")

    async def _slow(self, event: Slow) -> None:
        network = self._system.network
        paths = [network.path(event.one, event.other), network.path(event.other, event.one)]
        self.on_tell(f"{event.one} and {event.other} slow")
        for path in paths:
            path.latency_s, path.bytes_per_s = event.latency_s, event.bytes_per_s
        await asyncio.sleep(event.for_s)
        for path in paths:
            path.latency_s, path.bytes_per_s = self._latency_s, None
        self.on_tell(f"{event.one} and {event.other} fast again")

    def _kill(self, service: str) -> None:
        self._died(service, "killed")
        self._system.kill(service)

    async def _start(self, service: str) -> None:
        if service not in self._system.running:
            self.on_tell(f"{service} started")
            await self._system.start(service)

    def _died(self, service: str, how: str) -> None:
        self.on_tell(f"{service} {how}")
        self._lost(service)
        if service == "gateway":
            self._endanger(GATEWAY_AWAY_S + 1.0)

    def _lost(self, service: str) -> None:
        """A service cannot be reached by the others."""
        if service == "outbound":
            self._outbound_lost_at.append(asyncio.get_running_loop().time())

    def _endanger(self, away_s: float) -> None:
        """The gateway is away from its processors: for so long, or again so soon, that they may end its calls."""
        self._gateway_faults += 1
        if away_s > GATEWAY_AWAY_S or self._gateway_faults > 1:
            for caller in self.callers.values():
                caller.may_end = True
