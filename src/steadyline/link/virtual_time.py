"""An event loop whose time is virtual: when nothing is ready it jumps to the next timer. For tests and drills.

Threads and sockets do not fit into virtual time; with `MemoryNetwork` and inline workers a whole call runs in it.
"""

import asyncio
import contextvars
import heapq
import itertools
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar, TypeVarTuple, Unpack

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_RESOLUTION_S = 1e-9


class VirtualTimeLoop(asyncio.BaseEventLoop):
    """An asyncio loop on virtual time, starting at 0 s; timers of one moment run in the order in which they were set.

    It has no selector, since nothing from outside can wake it: a turn of the loop costs no system call. For that it
    replaces `_run_once`, which asyncio's base class (Python 3.11 to 3.13) calls for each turn.

    Attributes:
        holds: asked about every callback that is due; True means that the asker keeps it and gives it back by
            `release`. So a part of what runs here can be frozen, as SIGSTOP freezes a process. None: nobody asks.
    """

    _ready: Any  # asyncio's queue of callbacks that are due

    def __init__(self) -> None:
        super().__init__()
        self._elapsed_s = 0.0
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._count = itertools.count()
        self.holds: Callable[[asyncio.Handle], bool] | None = None

    def time(self) -> float:
        return self._elapsed_s

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._timers, (when, next(self._count), timer))
        return timer

    def release(self, handles: Iterable[asyncio.Handle]) -> None:
        """Let callbacks that were held back run next, in this order."""
        self._ready.extend(handles)

    def _run_once(self) -> None:
        ready, timers = self._ready, self._timers
        if not ready:
            self._jump()
        due = self._elapsed_s + _RESOLUTION_S
        while timers and timers[0][0] < due:
            ready.append(heapq.heappop(timers)[2])
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled and (self.holds is None or not self.holds(handle)):
                handle._run()

    def _jump(self) -> None:
        """Let the time until the next timer have passed."""
        timers = self._timers
        while timers and timers[0][2].cancelled():
            heapq.heappop(timers)
        if not timers:
            raise RuntimeError("virtual time stands still: everything waits and no timer is set")
        self._elapsed_s = max(self._elapsed_s, timers[0][0])

    def _write_to_self(self) -> None:
        """Nobody sleeps in a selector: a thread that calls back does so while the loop waits for that very thread."""


def run_in_virtual_time(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` to its end on a fresh virtual loop.

    Raises:
        RuntimeError: everything waits for something that no timer will bring about.
    """
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)
