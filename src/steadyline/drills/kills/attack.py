"""The strikes of a cell, carried out at their moments, and how long each victim was away."""

import asyncio
import time

from steadyline.drills.kills.cells import SIGNALS, Cell, Strike
from steadyline.drills.kills.script import Dialogue
from steadyline.drills.kills.victims import Victim
from steadyline.drills.real_system import RealSystem, strike

WATCH_S = 0.1
RETURN_DEADLINE_S = 20.0


class Attack:
    """What is done in one call.

    Attributes:
        victims: in the order in which they were struck.
    """

    def __init__(self, cell: Cell, system: RealSystem, dialogue: Dialogue) -> None:
        self.victims: list[Victim] = []
        self._cell = cell
        self._system = system
        self._dialogue = dialogue
        self._watches: dict[str, asyncio.Task[None]] = {}

    def is_going_on(self) -> bool:
        """Somebody was struck and has not come back yet."""
        return any(victim.back_after_s is None for victim in self.victims)

    async def run(self) -> None:
        """Wait for the moment and strike; further strikes follow."""
        pids = await self._system.pids()
        first, *later = self._cell.strikes
        await self._dialogue.reach(self._cell.moment, first.services[0])
        self._strike(first, pids)
        for following in later:
            if following.after_s is None:
                await asyncio.gather(*(self._watches[service] for service in following.services))
            else:
                await asyncio.sleep(following.after_s)
            self._strike(following, await self._system.pids())

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
            victim = Victim(service, what.signal, self._dialogue.caller.now_s, pid)
            self.victims.append(victim)
            self._watches[service] = asyncio.create_task(self._watch(victim), name=f"watch {service}")

    async def _watch(self, victim: Victim) -> None:
        struck_at = time.monotonic()
        while True:
            await asyncio.sleep(WATCH_S)
            status = await self._system.status_of(self._name(victim.service))
            if status is not None and status["pid"] != victim.pid and status["state"] == "ready":
                victim.back_after_s = time.monotonic() - struck_at
                return

    def _name(self, service: str) -> str:
        return self._system.voice if service == "tts" else service
