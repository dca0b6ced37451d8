"""How much of the machine has nothing to do: for work that is worth doing only then."""

import os
from collections.abc import Callable

import psutil

SHORTEST_S, LONGEST_S = 0.5, 5.0
"""Over so much time it is measured: a shorter one sees single ticks of the kernel's clock (10 ms), a longer one what is past."""


class IdleCores:
    """Asked now and then, e.g. ten times a second; measures from one asking to another.

    Args:
        now: a clock, seconds.
        cores: that the machine has.
        idle_s: how long all cores together were idle since the machine was started, seconds.
    """

    def __init__(
        self, now: Callable[[], float], cores: int | None = None, idle_s: Callable[[], float] | None = None
    ) -> None:
        self._now = now
        self._cores = cores or os.cpu_count() or 1
        self._idle_s = idle_s or _idle_s
        self._since = now()
        self._idle_before_s = self._idle_s()
        self._idle = 0.0

    def __call__(self) -> bool:
        """Whether a core was idle lately (half of it, if there is only one); unknown is no."""
        passed_s = self._now() - self._since
        if passed_s >= SHORTEST_S:
            idle_s = self._idle_s()
            self._idle = (idle_s - self._idle_before_s) / passed_s if passed_s <= LONGEST_S else 0.0
            self._since, self._idle_before_s = self._now(), idle_s
        return self._idle >= min(1.0, self._cores / 2)


def _idle_s() -> float:
    return float(psutil.cpu_times().idle)
