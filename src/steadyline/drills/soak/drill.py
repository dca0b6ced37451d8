"""Runs the soak: calls side by side, kills, and the comparison of the end with the start."""

import asyncio
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from steadyline.drills.caller import caller_settings
from steadyline.drills.kills.cells import SERVICES, SIGNALS
from steadyline.drills.options import Progress
from steadyline.drills.real_system import RealSystem, strike
from steadyline.drills.soak.call import SoakCall, make_call, random_pause
from steadyline.drills.soak.resources import Held, differences, held_by, journal_rows, leaks
from steadyline.drills.tone_caller import ToneCaller
from steadyline.drills.tone_engines import ENGINE_SETTINGS
from steadyline.recorder.writing import GATHER_S, IDLE_S
from steadyline.sip import SipUserAgent

QUIET_DEADLINE_S = 60.0
CALL_S = 1.6
"""About what a call lasts after its answer; a kill falls anywhere within."""
SETTLE_S = IDLE_S + 2 * GATHER_S + 1.0
"""Longer than a recording's file is kept open after what was written last."""
MOST_SETTLES = 10
"""What still changes after so many looks, `SETTLE_S` apart, is compared as it is then."""
SPARE_CALLS = 2
"""A call that has just ended still has its slot for a moment."""
SOAK_SETTINGS = (
    "llama.greeting=",
    "inbound.end_silence_ms=200",
    "whisper.workers=4",
    "gateway.call_id_rest_s=10",
    # Each service is killed every few seconds: that shall not count as a service that cannot run.
    "supervisor.stable_after_s=1",
    "supervisor.restart_max_delay_s=0.5",
)


@dataclass(frozen=True)
class SoakOptions:
    """How the soak is run.

    Attributes:
        calls: how many in all.
        at_once: how many side by side.
        kill_every: in every so-many-th call a service is killed; 0: never.
        seed: of what is killed when.
        config_path, settings: for the system.
    """

    calls: int = 1000
    at_once: int = 4
    kill_every: int = 10
    seed: int = 1
    config_path: Path | None = None
    settings: tuple[str, ...] = ()


@dataclass
class SoakResult:
    """What the soak came to.

    Attributes:
        calls: all of them.
        kills: how often each service was killed.
        before, after: what each service held after the first calls and after the last, all quiet.
        memory: resident memory on the way, (calls made, bytes of each service); one that is being started again is
            missing.
        journal_before, journal_after: rows.
        slots: slots of the language model that calls at the end had side by side.
        max_calls: how many there should be.
        took_s: for all calls.
    """

    calls: list[SoakCall] = field(default_factory=list)
    kills: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SERVICES, 0))
    before: dict[str, Held] = field(default_factory=dict)
    after: dict[str, Held] = field(default_factory=dict)
    memory: list[tuple[int, dict[str, int]]] = field(default_factory=list)
    journal_before: dict[str, int] = field(default_factory=dict)
    journal_after: dict[str, int] = field(default_factory=dict)
    slots: list[int] = field(default_factory=list)
    max_calls: int = 0
    took_s: float = 0.0

    @property
    def faults(self) -> list[str]:
        """Everything that is not as it should be, in words."""
        found = [f"call {one.number}: {one.fault}" for one in self.calls if one.fault]
        found += leaks(self.before, self.after)
        # A generation that gave way begins again in its slot; of two calls that share one another slot is missing.
        if set(self.slots) != set(range(self.max_calls)):
            found.append(f"llama: calls had the slots {sorted(self.slots)}, there are {self.max_calls}")
        made = len(self.calls)
        rows = {name: self.journal_after[name] - self.journal_before[name] for name in self.journal_after}
        wanted = dict.fromkeys(rows, made) | {"open calls": 0}
        return found + [
            f"journal: {rows[name]} {name} came in {made} calls, wanted {wanted[name]}"
            for name in rows
            if rows[name] != wanted[name]
        ]

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "calls": len(self.calls),
            "complete": sum(not one.fault for one in self.calls),
            "kills": self.kills,
            "took_s": round(self.took_s, 1),
            "before": {name: held.as_dict() for name, held in self.before.items()},
            "after": {name: held.as_dict() for name, held in self.after.items()},
            "memory": self.memory,
            "journal_before": self.journal_before,
            "journal_after": self.journal_after,
            "slots": sorted(self.slots),
            "faults": self.faults,
        }


class Soak:
    """The calls of one soak on one system."""

    def __init__(self, system: RealSystem, agent: SipUserAgent, options: SoakOptions, progress: Progress):
        self._system = system
        self._agent = agent
        self._options = options
        self._progress = progress
        self._chance = random.Random(options.seed)
        self._next_victims: list[str] = []
        self.result = SoakResult(max_calls=options.at_once + SPARE_CALLS)

    async def run(self) -> None:
        """Warm up, soak, come to rest, compare."""
        await self._together(self.result.max_calls)
        self.result.before, self.result.journal_before = await self._at_rest(), journal_rows(self._system)
        started_at = time.monotonic()
        waiting = list(range(1, self._options.calls + 1))[::-1]
        async with asyncio.TaskGroup() as group:
            for _ in range(self._options.at_once):
                group.create_task(self._caller(waiting))
        self.result.took_s = time.monotonic() - started_at
        await self._system.wait_quiet(QUIET_DEADLINE_S)
        self.result.journal_after = journal_rows(self._system)
        # What was killed is a new process: it shall have done as much as the first had when it was looked at.
        self.result.slots = await self._together(self.result.max_calls)
        self.result.after = await self._at_rest()

    async def _caller(self, waiting: list[int]) -> None:
        """Call after call, as long as there are some to be made."""
        while waiting:
            number = waiting.pop()
            is_struck = self._options.kill_every > 0 and number % self._options.kill_every == 0
            kill = asyncio.create_task(self._kill(), name="kill") if is_struck else None
            self.result.calls.append(await self._call(number, random_pause(self._chance)))
            if kill is not None:
                await kill
            await self._report()

    async def _call(self, number: int, when_answered: Callable[[ToneCaller], Awaitable[None]]) -> SoakCall:
        return await make_call(self._agent, self._system.uri, self._system.logbook, number, when_answered)

    async def _kill(self) -> None:
        if not self._next_victims:
            self._next_victims = self._chance.sample(SERVICES, len(SERVICES))
        service, after_s = self._next_victims.pop(), self._chance.uniform(0.0, CALL_S)
        await asyncio.sleep(after_s)
        pids = await self._system.pids()
        name = self._system.voice if service == "tts" else service
        if name in pids:
            strike(pids[name], SIGNALS["kill"])
            self.result.kills[service] += 1

    async def _together(self, count: int) -> list[int]:
        """So many calls at once, none of which asks before all are answered; the slots that they had."""
        first, all_answered = len(self._system.logbook.entries), asyncio.Barrier(count)

        async def together(_: ToneCaller) -> None:
            await all_answered.wait()

        calls = await asyncio.gather(*(self._call(number, together) for number in range(count)))
        for one in calls:
            if one.fault:
                raise self._system.failed(f"in {count} calls at once in which nothing was done: {one.fault}")
        entries = self._system.logbook.entries[first:]
        return [entry.facts["slot"] for entry in entries if entry.event == "generation begun"]

    async def _at_rest(self) -> dict[str, Held]:
        """What is held once it has stopped changing: recordings of the last calls are closed a moment after them."""
        await self._system.wait_quiet(QUIET_DEADLINE_S)
        held = await held_by(self._system)
        for _ in range(MOST_SETTLES):
            before = held
            await asyncio.sleep(SETTLE_S)
            held = await held_by(self._system)
            if not differences(before, held):
                break
        return held

    async def _report(self) -> None:
        made = len(self.result.calls)
        if made % max(1, self._options.calls // 20) and made != self._options.calls:
            return
        names = self._system.services
        statuses = await asyncio.gather(*(self._system.status_of(name) for name in names))
        memory = {
            name: int(status["resources"]["rss_bytes"])
            for name, status in zip(names, statuses, strict=True)
            if status is not None
        }
        self.result.memory.append((made, memory))
        faults = sum(bool(one.fault) for one in self.result.calls)
        kills = sum(self.result.kills.values())
        self._progress(f"{made} calls, {kills} kills, {faults} incomplete, {sum(memory.values()) / 2**20:.0f} MB")


async def run_soak(options: SoakOptions, progress: Progress) -> SoakResult:
    """Start a system, soak it, take it down.

    Raises:
        DrillError: it does not work even without a kill, or does not come to rest.
    """
    max_calls = options.at_once + SPARE_CALLS
    settings = [*ENGINE_SETTINGS, *SOAK_SETTINGS, f"gateway.max_calls={max_calls}", *options.settings]
    with tempfile.TemporaryDirectory(prefix="steadyline-soak-") as folder:
        system = RealSystem(Path(folder), settings, pace=0.0, config_path=options.config_path)
        agent = await SipUserAgent.start(caller_settings(max_calls))
        try:
            await system.start()
            soak = Soak(system, agent, options, progress)
            await soak.run()
        finally:
            await agent.close()
            await system.stop()
        return soak.result
