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
    _this_thread.job.sleep(seconds)


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
        work = asyncio.get_running_loop().create_task(self._work(_Job(lambda: function(*args))), name="worker")
        work.add_done_callback(self._done)
        result: T = await asyncio.shield(work)
        return result

    def close(self) -> None:
        """Nothing is held."""

    def _done(self, _: object) -> None:
        self.busy -= 1
        self._free.release()

    async def _work(self, job: "_Job") -> Any:
        try:
            while True:
                pause_s = job.proceed()
                if pause_s is None:
                    return job.result()
                await asyncio.sleep(pause_s)
        finally:
            job.discard()


class _Job:
    """A function in a thread of its own that takes turns with the event loop."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        self._go = threading.Semaphore(0)
        self._waits = threading.Semaphore(0)
        self._pause_s: float | None = None
        self._is_discarded = False
        self._result: Any = None
        self._error: BaseException | None = None
        context = contextvars.copy_context()
        self._thread = threading.Thread(target=context.run, args=(self._run,), daemon=True, name="simulated worker")
        self._thread.start()

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
        """The work is of no use any more."""
        if self._thread.is_alive():
            self._is_discarded = True
            self._go.release()
        self._thread.join()

    def sleep(self, seconds: float) -> None:
        self._pause_s = seconds
        self._waits.release()
        self._go.acquire()
        if self._is_discarded:
            raise _Discarded

    def _run(self) -> None:
        _this_thread.job = self
        self._go.acquire()
        try:
            self._result = None if self._is_discarded else self._function()
        except BaseException as error:
            self._error = error
        self._waits.release()
