"""Runs one history on the simulated system and looks for whatever must not be: deterministic simulation, as FoundationDB and
TigerBeetle test. The same history gives the same run, to the byte.

When the history is over everything is healed, each live call is asked once more, and everybody hangs up.
"""

import asyncio
import contextlib
import gc
import logging
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from steadyline.calls.journal import read_only
from steadyline.calls.records import CallRecord
from steadyline.config import Config
from steadyline.drills.quiet_log import logging_to
from steadyline.drills.remains import remains
from steadyline.drills.simulate.caller import Caller
from steadyline.drills.simulate.engines import APOLOGY, BACKCHANNEL, GREETING, LAST_WORDS, HistoryEngines
from steadyline.drills.simulate.history import History, World
from steadyline.drills.simulate.kept import unbounded, uncommitted
from steadyline.drills.simulate.narrator import Narrator
from steadyline.drills.simulate.player import HistoryPlayer
from steadyline.drills.simulate.verdict import Problem, problems_of
from steadyline.drills.simulate.wire_tap import WireTap
from steadyline.drills.simulated_system import SimulatedSystem, drill_config
from steadyline.link.memory import MemoryNetwork
from steadyline.link.virtual_time import run_in_virtual_time

SETTLE_S = 0.5
FIXED_TEXTS = 3
"""What a voice renders before the first call."""
HEAL_WITHIN_S = 45.0
LEAVE_WITHIN_S = 30.0
"""After the last call: registrations expire after 5 s, sessions whose neighbours are gone after `linger_s`."""
CALM_S = 1.5
"""So long nobody loses anybody, and nothing more is heard, before all is taken to be well."""
SILENT_S = 0.8
LOOK_EVERY_S = 0.5
WATCH_EVERY_S = 1.0
TURN_WORDS = Path(__file__).parent / "turn_words"


@dataclass(frozen=True)
class Outcome:
    """What became of a history.

    Attributes:
        problems: what was found, the first one first; empty when all is well.
        digest: of everything that was sent, when, by whom and of what kind, and of the words heard; equal for equal runs.
        lasted_s: virtual seconds.
        calls: how many calls were answered.
        words: how many words callers heard.
    """

    problems: tuple[Problem, ...]
    digest: int
    lasted_s: float
    calls: int
    words: int


def simulate(history: History, narrator: Narrator | None = None) -> Outcome:
    """Run a history, and have it told if that is wanted."""
    problems: list[Problem] = []
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(_folder())
        stack.enter_context(logging_to(_Tracebacks(problems)))
        if narrator is not None:
            stack.enter_context(logging_to(narrator.log_handler()))
        outcome = run_in_virtual_time(Simulation(history, folder / "journal.sqlite", problems, narrator).run())
        # Whatever is not referred to any more is looked at: exceptions that nobody retrieved are told by its end.
        gc.collect()
    return replace(outcome, problems=tuple(problems))


class Simulation:
    """One run of one history.

    Attributes:
        player: what happens, and who called.
        tap: what is sent.

    Args:
        history: what happens.
        journal_path: an SQLite file of its own.
        problems: what is found is added to it.
        narrator: tells the run.
    """

    def __init__(
        self, history: History, journal_path: Path, problems: list[Problem], narrator: Narrator | None = None
    ) -> None:
        self._history = history
        self._narrator = narrator
        self._path = journal_path
        self._problems = problems
        self._engines = HistoryEngines(history.world, history.seed)

    async def run(self) -> Outcome:
        """Let it happen, heal, and judge."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: self._problems.append(Problem("exception", _told(context))))
        network = MemoryNetwork(self._history.world.latency_s, lambda: self.player.weather.fate())
        self.tap = WireTap(network)
        self.system = SimulatedSystem(
            self._path,
            _config(self._history.world),
            self._engines.make(),
            network,
            self._history.seed,
            self._history.world.disk_s,
        )
        self.player = HistoryPlayer(self.system, self._engines, self.tap, self._history)
        if self._narrator is not None:
            self._narrator.attend(self.tap, self.player)
        await self.system.start()
        await asyncio.sleep(SETTLE_S + self._history.world.load_s + FIXED_TEXTS * self._history.world.speak_s)
        before = remains(self.system)
        await self._happen()
        if not self._problems:
            await self._leave(before)
        outcome = self._outcome()
        if self._narrator is not None:
            self._narrator.conclude()
        await self.system.close()
        return outcome

    async def _happen(self) -> None:
        """The history, and its quiet end."""
        watching = asyncio.ensure_future(self._watch())
        await self.player.play()
        await self.player.heal()
        if await self._is_healed():
            for caller in self._live():
                caller.say(LAST_WORDS[caller.number])
            if await self._is_healed():
                await self._stay_calm()
        watching.cancel()
        self._problems += [
            problem
            for caller in self.player.callers.values()
            if not caller.is_live
            for problem in self._judge(caller, is_whole=False)
        ]

    async def _watch(self) -> None:
        """All the time: nothing grows without bounds."""
        while True:
            await asyncio.sleep(WATCH_EVERY_S)
            self._problems += [Problem("unbounded", text) for text in unbounded(self.system)]

    async def _is_healed(self) -> bool:
        """Wait until each live call heard every answer that is owed; whether all did in time."""
        loop = asyncio.get_running_loop()
        deadline, judged = loop.time() + HEAL_WITHIN_S, object()
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            is_late = loop.time() > deadline
            state = self._progress()
            if is_late or (state != judged and self._is_silent()):
                judged = state
                found = [problem for caller in self._live() for problem in self._judge(caller, is_whole=True)]
                if not found:
                    return True
                if is_late:
                    self._problems += found
                    return False

    def _progress(self) -> object:
        """Changes whenever there may be something new to judge."""
        journal = self._path.with_name(self._path.name + "-wal")
        size = journal.stat().st_size if journal.exists() else 0
        return [(caller.number, caller.call.last_sound_at, caller.call.is_answered) for caller in self._live()], size

    def _is_silent(self) -> bool:
        """Nobody has spoken for a moment, and no engine is at work."""
        at_work = [running.workers.busy for running in self.system.running.values() if running.workers is not None]
        return not any(at_work) and all(
            not caller.call.is_saying and (caller.call.last_sound_at is None or caller.call.silent_for_s() > SILENT_S)
            for caller in self._live()
        )

    async def _stay_calm(self) -> None:
        """Nothing more happens by itself: no link is lost, nothing is said twice, nothing is kept that is committed.

        Ghosts give up by themselves, which is a loss: they are laid before.
        """
        self.system.lay_ghosts()
        await asyncio.sleep(LOOK_EVERY_S)
        losses, heard = self._losses(), [caller.call.last_sound_at for caller in self._live()]
        await asyncio.sleep(CALM_S)
        if self._losses() > losses:
            text = f"{self._losses() - losses} links were lost within {CALM_S:g} s, and everything is there"
            self._problems.append(Problem("unstable", text))
        if [caller.call.last_sound_at for caller in self._live()] != heard:
            self._problems += [problem for caller in self._live() for problem in self._judge(caller, is_whole=True)]
        self._problems += [Problem("unbounded", text) for text in uncommitted(self.system, len(self._live()))]

    async def _leave(self, before: dict[str, Any]) -> None:
        """Everybody hangs up: nothing of any call is left."""
        self.system.lay_ghosts()
        for caller in self._live():
            caller.hung_up = True
            caller.call.hang_up()
        left = _difference(before, remains(self.system))
        for _ in range(round(LEAVE_WITHIN_S / LOOK_EVERY_S)):
            if left:
                await asyncio.sleep(LOOK_EVERY_S)
                left = _difference(before, remains(self.system))
        if left:
            self._problems.append(Problem("left", f"after all calls: {left}"))
        for caller in self.player.callers.values():
            record = self._record(caller)
            if record is not None and record.ended_at is None and not caller.may_end:
                self._problems.append(Problem("journal", f"call {caller.number} has no end in the journal"))

    def _live(self) -> list[Caller]:
        return [caller for caller in self.player.callers.values() if caller.is_live]

    def _losses(self) -> int:
        boards = [running.runtime.board for running in self.system.running.values()]
        return sum(entry["losses"] for board in boards for entry in board.as_dicts())

    def _record(self, caller: Caller) -> CallRecord | None:
        with read_only(self._path) as journal:
            return journal.find_call(sip_call_id=caller.call.sip_call_id)

    def _judge(self, caller: Caller, *, is_whole: bool) -> list[Problem]:
        record = self._record(caller)
        return problems_of(caller, record, self._engines, breaks_s=self.player.clauses_broke_at, is_whole=is_whole)

    def _outcome(self) -> Outcome:
        # The words only: the gateway's comfort noise is another one each time, and lies around them.
        heard = [[word.word for word in caller.call.heard] for caller in self.player.callers.values()]
        digest = zlib.crc32(repr(heard).encode(), self.tap.digest)
        answered = [caller for caller in self.player.callers.values() if caller.call.is_answered]
        return Outcome((), digest, asyncio.get_running_loop().time(), len(answered), sum(map(len, heard)))


def _config(world: World) -> Config:
    config = drill_config()
    config.llama.greeting, config.llama.apology = GREETING if world.has_greeting else "", APOLOGY
    config.llama.linger_s = config.tts.linger_s = world.linger_s
    config.standby.engine = "piper" if world.has_standby else ""
    config.tts.max_ahead_s = world.max_ahead_s
    config.whisper.workers = config.tts.workers = world.workers
    config.barge_in.enabled, config.barge_in.backchannels = world.barges_in, [BACKCHANNEL]
    config.gateway.call_id_rest_s = world.call_id_rest_s
    config.gateway.last_call_id = 40
    config.gateway.frame_ms = world.frame_ms
    config.outbound.silence_prompt_after_s = world.silence_s
    config.connections.ping_interval_s = world.ping_s
    config.inbound.turn_end = "words" if world.words_end_turns else "silence"
    config.inbound.turn_words = str(TURN_WORDS)
    return config


def _difference(before: dict[str, Any], after: dict[str, Any]) -> str:
    """What is not as it was, in words."""
    parts = []
    for key in before:
        if isinstance(before[key], dict):
            changed = {name: value for name, value in after[key].items() if value != before[key][name]}
            parts += [f"{key} {name}: {value!r}, before {before[key][name]!r}" for name, value in changed.items()]
        elif after[key] != before[key]:
            parts.append(f"{key}: {after[key]!r}, before {before[key]!r}")
    return "; ".join(parts)


def _told(context: dict[str, Any]) -> str:
    return f"{context.get('message')}: {context.get('exception')!r}"


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A folder in memory, where there is one: the journal is written often."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="steadyline-", dir=shared if shared.is_dir() else None) as folder:
        yield Path(folder)


class _Tracebacks(logging.Handler):
    """A traceback in a service's log is a problem."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(logging.ERROR)
        self._problems = problems

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[0] is not None:
            self._problems.append(Problem("exception", f"{record.getMessage()}: {record.exc_info[1]!r}"))
