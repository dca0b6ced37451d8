"""Pieces of a drill's work in several processes at once, for drills that compute all the time."""

import ctypes
import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from typing import Any, TypeVar

T = TypeVar("T")

PR_SET_PDEATHSIG = 1
NICE = 10
ARITHMETIC_THREADS = "OPENBLAS_NUM_THREADS"
"""Environment variable of NumPy's arithmetic: with a process a core, more than one thread each is in the way."""


def in_processes(jobs: int, work: Callable[..., T], pieces: Iterable[tuple[Any, ...]]) -> Iterator[T]:
    """The results of `work(*piece)` in `jobs` fresh processes, as they come.

    Pieces are taken when there is a process for them: whoever stops listening, or lets `pieces` end, begins no more.
    """
    former = os.environ.get(ARITHMETIC_THREADS)
    os.environ[ARITHMETIC_THREADS] = "1"
    try:
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(jobs, mp_context=spawn, initializer=_stand_back) as pool:
            yield from _results(pool, jobs, work, iter(pieces))
    finally:
        if former is None:
            del os.environ[ARITHMETIC_THREADS]
        else:
            os.environ[ARITHMETIC_THREADS] = former


def _stand_back() -> None:
    """Give way to whatever is in real time; and be ended with the drill's process (Linux, prctl(2)), for nobody else does it."""
    os.nice(NICE)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _worked(work: Callable[..., T], *piece: Any) -> T:
    """The work, without a garbage collector that looks at all modules each time it is called: a tenth of a history's time."""
    gc.collect()
    gc.freeze()
    return work(*piece)


def _results(
    pool: ProcessPoolExecutor, jobs: int, work: Callable[..., T], pieces: Iterator[tuple[Any, ...]]
) -> Iterator[T]:
    running: set[Future[T]] = set()
    while True:
        while len(running) < 2 * jobs and (piece := next(pieces, None)) is not None:
            running.add(pool.submit(_worked, work, *piece))
        if not running:
            return
        done, running = wait(running, return_when=FIRST_COMPLETED)
        yield from (future.result() for future in done)
