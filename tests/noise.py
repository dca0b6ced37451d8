"""Real time on a machine that is shared."""

import functools
from collections.abc import Callable
from typing import ParamSpec

P = ParamSpec("P")


def measured_up_to_three_times(test: Callable[P, None]) -> Callable[P, None]:
    """For tests of how exactly something is timed: another process that takes the core for 100 ms spoils one measurement,
    not three. A fault is there every time."""

    @functools.wraps(test)
    def measured(*args: P.args, **kwargs: P.kwargs) -> None:
        for _ in range(2):
            try:
                return test(*args, **kwargs)
            except AssertionError:
                continue
        return test(*args, **kwargs)

    return measured
