"""Time as a thing that is handed in, so that a whole call can run in virtual time."""

import asyncio
import time
from collections.abc import Callable
from math import ceil
from typing import Protocol


class TimerHandle(Protocol):
    """A callback that is due; `cancel` forgets it."""

    def cancel(self) -> None: ...


class Clock(Protocol):
    """What the code knows of time."""

    def now(self) -> float:
        """Monotonic time in seconds; only differences mean something."""

    def wall(self) -> float:
        """Unix time in seconds, for records that people read."""

    def call_at(self, when: float, callback: Callable[[], None]) -> TimerHandle:
        """Call back at `when` (same scale as `now`)."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class LoopClock:
    """The running event loop's clock. On a loop with virtual time, so is this clock's."""

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def wall(self) -> float:
        return time.time()

    def call_at(self, when: float, callback: Callable[[], None]) -> TimerHandle:
        return asyncio.get_running_loop().call_at(when, callback)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class ProcessClock(LoopClock):
    """A real process's clock, on a loop whose timers count whole milliseconds (libuv's): none is called back too early, and each
    2 ms late at most."""

    def now(self) -> float:
        return time.monotonic()

    def call_at(self, when: float, callback: Callable[[], None]) -> TimerHandle:
        delay_ms = ceil((when - time.monotonic()) * 1000)
        # libuv begins to count at the millisecond that is running.
        return asyncio.get_running_loop().call_later((delay_ms + 1) / 1000 if delay_ms > 0 else 0, callback)
