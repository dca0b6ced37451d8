"""Runs the cells: systems are started, called, struck, and used again as long as that is sound."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic

from steadyline.drills.caller import caller_settings
from steadyline.drills.kills.attack import Attack
from steadyline.drills.kills.cells import Cell
from steadyline.drills.kills.outcome import Outcome
from steadyline.drills.kills.script import Dialogue, DialogueT, Script
from steadyline.drills.real_system import DrillError, RealSystem
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
        baseline_calls: calls without a kill that the others are measured against.
        config_path, settings: configuration file and `section.key=value` for the systems, over the script's.
        evidence: folder for recordings and logs of the cells that fail; None: none are kept.
    """

    lanes: int = 2
    baseline_calls: int = 4
    config_path: Path | None = None
    settings: tuple[str, ...] = ()
    evidence: Path | None = None


class Lane(Generic[DialogueT]):
    """One system after another, each used for many calls."""

    def __init__(self, agent: SipUserAgent, script: Script[DialogueT], options: KillOptions, folder: Path) -> None:
        self._agent = agent
        self._script = script
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

    async def unharmed(self) -> DialogueT:
        """A call in which nothing is done."""
        system = await self._ready(frozenset())
        dialogue = await self._script.begin(self._agent, system)
        try:
            await dialogue.play(lambda: False)
        finally:
            await dialogue.caller.hang_up()
        await system.wait_quiet(QUIET_DEADLINE_S)
        return dialogue

    async def drill(self, cell: Cell) -> Outcome:
        """One cell, again when its strike missed the moment."""
        for _ in range(ATTEMPTS):
            try:
                outcome = await self._attempt(cell)
            except (ConnectionError, DrillError) as error:
                await self.stop()
                return Outcome.failed(cell, str(error))
            if outcome.is_hit:
                return outcome
        return replace(outcome, passed=False, reason=f"the moment was missed {ATTEMPTS} times; {outcome.reason}")

    async def _attempt(self, cell: Cell) -> Outcome:
        system = await self._ready(cell.services)
        log_from = system.log_size
        dialogue = await self._script.begin(self._agent, system)
        attack = Attack(cell, system, dialogue)
        striking = asyncio.create_task(attack.run(), name=f"attack {cell.name}")
        try:
            await dialogue.play(attack.is_going_on)
            ended = dialogue.caller.ended
        finally:
            striking.cancel()
            await dialogue.caller.hang_up()
        self._struck_at |= {victim.service: time.monotonic() for victim in attack.victims}
        mishaps = [f"the call ended: {ended}" if ended else "", await self._settle(system, attack)]
        judgement = self._script.judge(dialogue, cell.moment, attack.victims)
        outcome = Outcome.of(cell, judgement, attack.victims, mishaps)
        if outcome.passed:
            return outcome
        log = system.log_since(log_from)
        self._keep(cell, dialogue, log)
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

    def _keep(self, cell: Cell, dialogue: Dialogue, log: str) -> None:
        if self._options.evidence is None:
            return
        folder = self._options.evidence / cell.name.replace("/", "-")
        folder.mkdir(parents=True, exist_ok=True)
        dialogue.caller.recording.write(folder / "call.wav")
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
            settings = [*self._script.settings, *self._options.settings]
            self._system = RealSystem(folder, settings, config_path=self._options.config_path)
            await self._system.start()
        return self._system


@asynccontextmanager
async def lanes(script: Script[DialogueT], options: KillOptions) -> AsyncIterator[list[Lane[DialogueT]]]:
    """The drill's lanes, their systems started when they are needed and taken down at the end."""
    agent = await SipUserAgent.start(caller_settings(options.lanes, script.codec))
    with tempfile.TemporaryDirectory(prefix="steadyline-drill-") as folder:
        made = [Lane(agent, script, options, Path(folder) / f"lane-{number}") for number in range(options.lanes)]
        try:
            yield made
        finally:
            await asyncio.gather(*(lane.stop() for lane in made))
            await agent.close()


async def learn(script: Script[DialogueT], made: Sequence[Lane[DialogueT]], calls: int) -> None:
    """Calls without a kill, spread over the lanes, for the script to learn from.

    Raises:
        DrillError: there was a fault although nothing was done.
    """

    async def some(lane: Lane[DialogueT], count: int) -> list[DialogueT]:
        return [await lane.unharmed() for _ in range(count)]

    shares = [calls // len(made) + (number < calls % len(made)) for number in range(len(made))]
    groups = await asyncio.gather(*(some(lane, share) for lane, share in zip(made, shares, strict=True)))
    script.learn([dialogue for group in groups for dialogue in group])


async def run_cells(
    made: Sequence[Lane[DialogueT]], cells: Sequence[Cell], on_outcome: Callable[[Outcome], None]
) -> list[Outcome]:
    """Every cell once, in the order given as far as lanes are free; outcomes in that order."""
    waiting = list(enumerate(cells))[::-1]
    outcomes: dict[int, Outcome] = {}

    async def work(lane: Lane[DialogueT]) -> None:
        while waiting:
            place, cell = waiting.pop()
            outcomes[place] = await lane.drill(cell)
            on_outcome(outcomes[place])

    async with asyncio.TaskGroup() as group:
        for lane in made:
            group.create_task(work(lane))
    return [outcomes[place] for place in sorted(outcomes)]
