"""Many simulated histories, one a seed, in several processes; what fails is cut down to the shortest that still fails."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FrameType

from steadyline.drills.processes import in_processes
from steadyline.drills.simulate.generator import history_of
from steadyline.drills.simulate.history import History
from steadyline.drills.simulate.shrinking import Shrinker
from steadyline.drills.simulate.simulation import Outcome, simulate
from steadyline.drills.simulate.verdict import Problem

SEEDS_A_TASK = 10
MAX_FAILURES = 5
"""After so many nothing more is tried: one bug shows in many seeds."""
STUCK_S = 60.0
"""A history that takes longer, in real time, goes in circles. Usual is a fifth of a second."""


@dataclass(frozen=True)
class Failure:
    """A seed that failed: its history, cut down, and what is wrong with that."""

    seed: int
    history: History
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Batch:
    """What became of some seeds."""

    seeds: int
    lasted_s: float
    calls: int
    words: int
    failures: tuple[Failure, ...]


@dataclass
class SeedsReport:
    """What became of all seeds.

    Attributes:
        first, seeds: from which on, and how many were run.
        lasted_s: virtual seconds of all of them together.
        took_s: real seconds.
        calls, words: answered calls, and words that callers heard.
        failures: seeds that failed, in order.
    """

    first: int
    seeds: int = 0
    lasted_s: float = 0.0
    took_s: float = 0.0
    calls: int = 0
    words: int = 0
    failures: list[Failure] = field(default_factory=list)

    def add(self, batch: Batch) -> None:
        """Add up."""
        self.seeds += batch.seeds
        self.lasted_s += batch.lasted_s
        self.calls += batch.calls
        self.words += batch.words
        self.failures = sorted([*self.failures, *batch.failures], key=lambda failure: failure.seed)


def run_seeds(
    first: int,
    count: int,
    *,
    jobs: int,
    minutes: float | None = None,
    progress: Callable[[SeedsReport], None] = lambda report: None,
) -> SeedsReport:
    """Run the histories of `count` seeds.

    Args:
        first: the first seed.
        count: how many.
        jobs: processes.
        minutes: begin no more after so long.
        progress: told after every few seeds.
    """
    report, begun_at = SeedsReport(first), time.monotonic()

    def batches() -> Iterator[tuple[int, int]]:
        for start in range(first, first + count, SEEDS_A_TASK):
            report.took_s = time.monotonic() - begun_at
            if len(report.failures) >= MAX_FAILURES or (minutes is not None and report.took_s > minutes * 60):
                return
            yield start, min(SEEDS_A_TASK, first + count - start)

    for batch in in_processes(jobs, run_batch, batches()):
        report.add(batch)
        report.took_s = time.monotonic() - begun_at
        progress(report)
    return report


def run_batch(first: int, count: int) -> Batch:
    """Run the histories of `count` seeds in this process."""
    outcomes, failures = list[Outcome](), list[Failure]()
    for seed in range(first, first + count):
        history = history_of(seed)
        outcome = run_history(history)
        outcomes.append(outcome)
        if outcome.problems:
            failures.append(shortest(seed, history, outcome))
    return Batch(
        count,
        sum(outcome.lasted_s for outcome in outcomes),
        sum(outcome.calls for outcome in outcomes),
        sum(outcome.words for outcome in outcomes),
        tuple(failures),
    )


def shortest(seed: int, history: History, outcome: Outcome) -> Failure:
    """The shortest history that fails as this one did: with a first problem of the same kind."""
    kind = outcome.problems[0].kind

    def still_fails(candidate: History) -> bool:
        return [problem.kind for problem in run_history(candidate).problems[:1]] == [kind]

    history = Shrinker(still_fails).shrink(history)
    return Failure(seed, history, run_history(history).problems)


def run_history(history: History) -> Outcome:
    """`simulate`, with an end for histories that go in circles and for errors of the simulation itself."""
    try:
        with _deadline(STUCK_S):
            return simulate(history)
    except (Exception, asyncio.CancelledError) as error:
        return Outcome((Problem("exception", repr(error)),), 0, 0.0, 0, 0)


@contextlib.contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in this process's main thread after so much of its CPU time; elsewhere there is no deadline."""

    def expired(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"the history took more than {seconds:g} s of computing: it goes in circles")

    try:
        former = signal.signal(signal.SIGPROF, expired)
    except ValueError:
        yield
        return
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, former)
