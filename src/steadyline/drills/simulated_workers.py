"""Workers in virtual time: engines that block, as real ones do, but for virtual seconds, and always in the same order.

Each piece of work has a thread, but it never runs beside the event loop: the loop waits until the work sleeps or ends.
"""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

_this_thread = threading.local()


class _Discarded(BaseException):
    """Unwinds the work of a process that was killed."""


def engine_sleep(seconds: float) -> None:
    """For fake engines: take `seconds` of virtual time, as a computation would."""
    _this_thread.worker.sleep(seconds)


class SimulatedWorkers:
    """`count` workers.

    Attributes:
        busy: how many are at work.
    """

    def __init__(self, count: int) -> None:
        self._free = asyncio.Semaphore(count)
        self.busy = 0

    async def run(self, function: Callable[..., T], /, *args: Any) -> T:
        """The result of `function(*args)`. As with threads, what has begun goes on when the waiter is cancelled."""
        await self._free.acquire()
        self.busy += 1
        work = asyncio.get_running_loop().create_task(self._work(lambda: function(*args)), name="worker")
        work.add_done_callback(self._done)
        result: T = await asyncio.shield(work)
        return result

    def close(self) -> None:
        """Nothing is held."""

    def _done(self, _: object) -> None:
        self.busy -= 1
        self._free.release()

    async def _work(self, function: Callable[[], Any]) -> Any:
        worker = _idle.pop() if _idle else _Worker()
        pause_s = worker.begin(function)
        try:
            while pause_s is not None:
                await asyncio.sleep(pause_s)
                pause_s = worker.proceed()
            return worker.result()
        finally:
            worker.discard()
            _idle.append(worker)


class SimulatedDisk:
    """The one worker of a journal: its work never sleeps, so it needs no thread. What it does comes at once into the file.

    Args:
        takes_s: a piece of work waits as long at most before it is done, and again before its end is told.
        random: floats in [0, 1).
    """

    def __init__(self, takes_s: float, random: Callable[[], float]) -> None:
        self._takes_s = takes_s
        self._random = random
        self._order = asyncio.Lock()

    async def run(self, function: Callable[..., T], /, *args: Any) -> T:
        """The result of `function(*args)`; as with a thread, it is done even if the waiter is cancelled."""
        work = asyncio.get_running_loop().create_task(self._work(lambda: function(*args)), name="worker")
        result: T = await asyncio.shield(work)
        return result

    def close(self) -> None:
        """Nothing is held."""

    async def _work(self, function: Callable[[], Any]) -> Any:
        async with self._order:
            await asyncio.sleep(self._takes_s * self._random())
            result = function()
            await asyncio.sleep(self._takes_s * self._random())
            return result


def _nothing() -> None:
    """What a free worker has to do."""


class _Worker:
    """A thread that takes turns with the event loop; for one piece of work after another."""

    def __init__(self) -> None:
        # Locks as signals: whoever is to go on is released by the other. Much faster than threading's semaphores.
        self._go, self._waits = threading.Lock(), threading.Lock()
        self._go.acquire()
        self._waits.acquire()
        self._work: Callable[[], Any] = _nothing
        self._pause_s: float | None = None
        self._is_at_work = self._is_discarded = False
        self._result: Any = None
        self._error: BaseException | None = None
        threading.Thread(target=self._run, daemon=True, name="simulated worker").start()

    def begin(self, function: Callable[[], Any]) -> float | None:
        """Do a new piece of work; returns as `proceed`."""
        context = contextvars.copy_context()
        self._work = lambda: context.run(function)
        self._is_at_work, self._is_discarded = True, False
        self._result = self._error = None
        return self.proceed()

    def proceed(self) -> float | None:
        """Let the work go on; seconds until it wants to go on again, None when it is done."""
        self._pause_s = None
        self._go.release()
        self._waits.acquire()
        return self._pause_s

    def result(self) -> Any:
        """What the work gave or raised."""
        if self._error is not None:
            raise self._error
        return self._result

    def discard(self) -> None:
        """The work, if it is not done, is of no use any more; the worker is free."""
        self._is_discarded = True
        while self._is_at_work:
            self.proceed()
        self._work, self._result, self._error = _nothing, None, None

    def sleep(self, seconds: float) -> None:
        if self._is_discarded:
            raise _Discarded
        self._pause_s = seconds
        self._waits.release()
        self._go.acquire()
        if self._is_discarded:
            raise _Discarded

    def _run(self) -> None:
        _this_thread.worker = self
        while True:
            self._go.acquire()
            try:
                self._result = self._work()
            except BaseException as error:
                self._error = error
            self._is_at_work = False
            self._waits.release()


_idle: list[_Worker] = []
