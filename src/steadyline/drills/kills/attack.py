"""The strikes of a cell, carried out at their moments, and how long each victim was away."""

import asyncio
import time
from dataclasses import dataclass, field

from steadyline.drills.kills.cells import SIGNALS, Cell, Strike
from steadyline.drills.kills.scene import Scene
from steadyline.drills.real_system import RealSystem, strike

WATCH_S = 0.1
RETURN_DEADLINE_S = 20.0


@dataclass
class Victim:
    """A process that was struck.

    Attributes:
        service: of `cells.SERVICES`.
        at_s: when, on the caller's clock.
        pid: which process it was.
        back_after_s: until its successor was ready; None while it is not.
    """

    service: str
    signal: str
    at_s: float
    pid: int
    back_after_s: float | None = None


@dataclass
class Attack:
    """What is done in one call.

    Attributes:
        victims: in the order in which they were struck.
        moment_until_s: until when the moment lasted, where an engine's logbook tells it.
    """

    cell: Cell
    system: RealSystem
    scene: Scene
    victims: list[Victim] = field(default_factory=list)
    moment_until_s: float | None = None
    _watches: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def run(self) -> None:
        """Wait for the moment and strike; further strikes follow."""
        pids = await self.system.pids()
        first, *later = self.cell.strikes
        self.moment_until_s = await self.scene.reach(self.cell.moment, first.services[0])
        self._strike(first, pids)
        for following in later:
            if following.after_s is None:
                await asyncio.gather(*(self._watches[service] for service in following.services))
            else:
                await asyncio.sleep(following.after_s)
            self._strike(following, await self.system.pids())

    async def wait_back(self) -> None:
        """Wait until every victim is back, or for `RETURN_DEADLINE_S`; then end the watching.

        A frozen process that nobody replaced by then is killed, so that the system can be used again.
        """
        if self._watches:
            await asyncio.wait(self._watches.values(), timeout=RETURN_DEADLINE_S)
        self.end()
        for victim in self.victims:
            if victim.signal == "stop" and victim.back_after_s is None:
                strike(victim.pid, SIGNALS["kill"])

    def end(self) -> None:
        """Watch no more."""
        for watch in self._watches.values():
            watch.cancel()

    def _strike(self, what: Strike, pids: dict[str, int]) -> None:
        for service in what.services:
            pid = pids[self._name(service)]
            strike(pid, SIGNALS[what.signal])
            victim = Victim(service, what.signal, self.scene.caller.now_s, pid)
            self.victims.append(victim)
            self._watches[service] = asyncio.create_task(self._watch(victim), name=f"watch {service}")

    async def _watch(self, victim: Victim) -> None:
        struck_at = time.monotonic()
        while True:
            await asyncio.sleep(WATCH_S)
            status = await self.system.status_of(self._name(victim.service))
            if status is not None and status["pid"] != victim.pid and status["state"] == "ready":
                victim.back_after_s = time.monotonic() - struck_at
                return

    def _name(self, service: str) -> str:
        return self.system.voice if service == "tts" else service
