"""Runs the cells: systems are started, called, struck, and used again as long as that is sound."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from steadyline.drills.kills.attack import Attack
from steadyline.drills.kills.cells import Cell
from steadyline.drills.kills.outcome import Baseline, Hearing, Outcome, hearing_of, judged
from steadyline.drills.kills.scene import Scene
from steadyline.drills.real_system import DrillError, RealSystem
from steadyline.drills.tone_caller import ToneCaller, caller_settings
from steadyline.drills.tone_engines import ENGINE_SETTINGS
from steadyline.sip import SipUserAgent

QUIET_DEADLINE_S = 30.0
ATTEMPTS = 3
"""A call in which the strike missed its moment says nothing; it is made again, at most so often."""
LOG_LINES = 80


@dataclass(frozen=True)
class KillOptions:
    """How the drill is run.

    Attributes:
        lanes: systems that are drilled side by side.
        baseline_calls: calls without a kill that the added delay is measured against.
        config_path, settings: configuration file and `section.key=value` for the systems, over the drill engines.
        evidence: folder for recordings and logs of the cells that fail; None: none are kept.
    """

    lanes: int = 2
    baseline_calls: int = 4
    config_path: Path | None = None
    settings: tuple[str, ...] = ()
    evidence: Path | None = None


class Lane:
    """One system after another, each used for many calls."""

    def __init__(self, agent: SipUserAgent, options: KillOptions, folder: Path) -> None:
        self._agent = agent
        self._options = options
        self._folder = folder
        self._system: RealSystem | None = None
        self._struck_at: dict[str, float] = {}
        self._systems = 0

    async def stop(self) -> None:
        """Take the system down."""
        system, self._system = self._system, None
        self._struck_at = {}
        if system is not None:
            await system.stop()
            shutil.rmtree(system.folder, ignore_errors=True)

    async def unharmed(self) -> Hearing:
        """A call in which nothing is done."""
        system = await self._ready(frozenset())
        scene = Scene(await ToneCaller.dial(self._agent, system.uri), system.logbook)
        try:
            await scene.play()
        finally:
            await scene.caller.hang_up()
        await system.wait_quiet(QUIET_DEADLINE_S)
        return hearing_of(scene)

    async def drill(self, cell: Cell, baseline: Baseline) -> Outcome:
        """One cell, again when its strike missed the moment."""
        for _ in range(ATTEMPTS):
            try:
                outcome = await self._attempt(cell, baseline)
            except (ConnectionError, DrillError) as error:
                await self.stop()
                return Outcome(cell.name, cell.group, cell.moment.value, False, False, str(error))
            if outcome.is_hit:
                return outcome
        return replace(outcome, passed=False, reason=f"the moment was missed {ATTEMPTS} times; {outcome.reason}")

    async def _attempt(self, cell: Cell, baseline: Baseline) -> Outcome:
        system = await self._ready(cell.services)
        log_from = system.log_size
        scene = Scene(await ToneCaller.dial(self._agent, system.uri), system.logbook)
        attack = Attack(cell, system, scene)
        striking = asyncio.create_task(attack.run(), name=f"attack {cell.name}")
        try:
            await scene.play()
            ended = scene.caller.ended
        finally:
            striking.cancel()
            await scene.caller.hang_up()
        self._struck_at |= {victim.service: time.monotonic() for victim in attack.victims}
        hearing = hearing_of(scene)
        lingering = await self._settle(system, attack)
        outcome = judged(cell, hearing, attack, baseline, [f"the call ended: {ended}" if ended else "", lingering])
        if outcome.passed:
            return outcome
        log = system.log_since(log_from)
        self._keep(cell, scene, log)
        return replace(outcome, log=tuple(log.splitlines()[-LOG_LINES:]))

    async def _settle(self, system: RealSystem, attack: Attack) -> str:
        """Wait until the system is as before the call; what kept it from that, else ""."""
        await attack.wait_back()
        try:
            await system.wait_quiet(QUIET_DEADLINE_S)
        except DrillError as error:
            await self.stop()
            return str(error).partition(";")[0]
        return ""

    def _keep(self, cell: Cell, scene: Scene, log: str) -> None:
        if self._options.evidence is None:
            return
        folder = self._options.evidence / cell.name.replace("/", "-")
        folder.mkdir(parents=True, exist_ok=True)
        scene.caller.recording.write(folder / "call.wav")
        (folder / "log.txt").write_text(log)

    async def _ready(self, victims: frozenset[str]) -> RealSystem:
        """A system in which these services ran long enough to be started again at once, as after a long time of peace."""
        if self._system is not None:
            stable_s = self._system.config.supervisor.stable_after_s
            if any(time.monotonic() - self._struck_at.get(name, -stable_s) < stable_s for name in victims):
                await self.stop()
        if self._system is None:
            self._systems += 1
            folder = self._folder / f"system-{self._systems}"
            folder.mkdir(parents=True)
            settings = [*ENGINE_SETTINGS, *self._options.settings]
            self._system = RealSystem(folder, settings, config_path=self._options.config_path)
            await self._system.start()
        return self._system


@asynccontextmanager
async def lanes(options: KillOptions) -> AsyncIterator[list[Lane]]:
    """The drill's lanes, their systems started when they are needed and taken down at the end."""
    agent = await SipUserAgent.start(caller_settings(options.lanes))
    with tempfile.TemporaryDirectory(prefix="steadyline-drill-") as folder:
        made = [Lane(agent, options, Path(folder) / f"lane-{number}") for number in range(options.lanes)]
        try:
            yield made
        finally:
            await asyncio.gather(*(lane.stop() for lane in made))
            await agent.close()


async def measure_baseline(made: Sequence[Lane], calls: int) -> Baseline:
    """Calls without a kill, spread over the lanes.

    Raises:
        DrillError: a word was lost although nothing was done.
    """

    async def some(lane: Lane, count: int) -> list[Hearing]:
        return [await lane.unharmed() for _ in range(count)]

    shares = [calls // len(made) + (number < calls % len(made)) for number in range(len(made))]
    groups = await asyncio.gather(*(some(lane, share) for lane, share in zip(made, shares, strict=True)))
    hearings = [hearing for group in groups for hearing in group]
    for hearing in hearings:
        if hearing.faults:
            raise DrillError(f"in a call in which nothing was done: {hearing.faults}")
    return Baseline.of(hearings)


async def run_cells(
    made: Sequence[Lane], cells: Sequence[Cell], baseline: Baseline, on_outcome: Callable[[Outcome], None]
) -> list[Outcome]:
    """Every cell once, in the order given as far as lanes are free; outcomes in that order."""
    waiting = list(enumerate(cells))[::-1]
    outcomes: dict[int, Outcome] = {}

    async def work(lane: Lane) -> None:
        while waiting:
            place, cell = waiting.pop()
            outcomes[place] = await lane.drill(cell, baseline)
            on_outcome(outcomes[place])

    async with asyncio.TaskGroup() as group:
        for lane in made:
            group.create_task(work(lane))
    return [outcomes[place] for place in sorted(outcomes)]
