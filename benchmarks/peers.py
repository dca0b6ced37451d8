"""Our own system and Pipecat on the same models and the same utterances, one after another in the same run."""

import hashlib
import itertools
import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.contenders import CallOutcome, Contender, pipecat, steadyline
from benchmarks.figures import Figure, Measured
from benchmarks.measurement import Measurement, Progress, Request
from benchmarks.peer.configurations import CONFIGURATIONS
from benchmarks.peer_figures import OURS, figures
from benchmarks.peer_picture import picture
from benchmarks.system import BenchmarkError
from benchmarks.utterances import UTTERANCES, Utterance, render

VOICES = ("piper", "kokoro")
NAMES = (OURS, *CONFIGURATIONS)
UTTERANCES_PER_CALL = 9


@dataclass
class Records:
    """All that was measured, as JSON objects.

    Attributes:
        progress: told of every call.
        turns: the counted turns of all calls; `TurnOutcome`, with round, contender and voice.
        calls: CPU, memory and length of each call.
        failures: calls that did not go to their end.
    """

    progress: Progress
    turns: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)

    def hold(self, system: Contender, say: Sequence[Path], where: dict[str, Any]) -> None:
        """Hold a call; the first of `say` is not counted.

        A call that fails is noted and made once more, as an hour of measuring hangs on it.

        Raises:
            BenchmarkError: it failed again.
        """
        try:
            outcome = system.call(say)
        except BenchmarkError as error:
            self.failures.append({**where, "error": str(error)})
            self.progress(f"{where['contender']}, {where['voice']}: {error}")
            outcome = system.call(say)
        self.calls.append({**where, **_usage(outcome)})
        self.turns += [{**where, **turn.as_dict()} for turn in outcome.turns[1:]]
        self.progress(f"round {where['round']}, {where['contender']}, {where['voice']}: {_waits(outcome)}")


def measure(request: Request) -> Measured:
    """Each run is a round: every contender with every voice, each asked all utterances, in calls of nine.

    Every call begins with a question that is not counted, for all that a system does once. The next round begins with
    another contender.
    """
    records = Records(request.progress)
    with tempfile.TemporaryDirectory(prefix="steadyline-peers-") as name:
        folder = Path(name)
        request.progress("speaking the utterances")
        paths = render(UTTERANCES, folder)
        described = [_described(utterance, path) for utterance, path in zip(UTTERANCES, paths, strict=True)]
        for number, voice in itertools.product(range(request.runs), VOICES):
            for contender in in_turn(NAMES, number):
                where = {"round": number + 1, "contender": contender, "voice": voice}
                with _open(contender, voice, folder) as system:
                    for say in grouped(paths, UTTERANCES_PER_CALL):
                        records.hold(system, [request.questions[0], *say], where)
    raw = {
        "utterances": described,
        "configurations": {name: asdict(configuration) for name, configuration in CONFIGURATIONS.items()},
        "calls": records.calls,
        "failed_calls": records.failures,
        "turns": records.turns,
    }
    tried = len(records.calls) + len(records.failures)
    failed = Figure("calls that failed and were made again", len(records.failures), "calls", "number", tried)
    return Measured(raw, (*figures(records.turns, records.calls, NAMES, VOICES), failed))


def in_turn(names: Sequence[str], number: int) -> list[str]:
    """All of them, beginning with another one in each round, so that none is always the first after the other's heat."""
    first = number % len(names)
    return [*names[first:], *names[:first]]


def grouped(paths: Sequence[Path], size: int) -> list[list[Path]]:
    """In order, so many at a time."""
    return [list(paths[first : first + size]) for first in range(0, len(paths), size)]


def _open(contender: str, voice: str, folder: Path) -> AbstractContextManager[Contender]:
    return steadyline(voice) if contender == OURS else pipecat(contender, voice, folder)


def _described(utterance: Utterance, path: Path) -> dict[str, Any]:
    return {**asdict(utterance), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def _usage(outcome: CallOutcome) -> dict[str, Any]:
    return {
        "turns": len(outcome.turns),
        "cpu_s": round(outcome.cpu_s, 2),
        "pss_mb": round(outcome.pss_mb, 1),
        "duration_s": round(outcome.duration_s, 2),
    }


def _waits(outcome: CallOutcome) -> str:
    """The counted waits, for a person who looks on."""
    shown = []
    for turn in outcome.turns[1:]:
        wait = "no answer" if turn.exchange.wait_ms is None else f"{turn.exchange.wait_ms:.0f}"
        shown.append(f"{wait} (cut)" if turn.cut else wait)
    return f"{', '.join(shown)} ms"


MEASUREMENT = Measurement(
    "peers", "Beside Pipecat", "all utterances asked of each contender with each voice", 3, measure, picture
)
