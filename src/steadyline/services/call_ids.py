"""Which call id the next call gets: even ids only, rested before re-use, skipping those whose ports are taken.

9001 + (n + 1) = 9002 + n: with odd ids in use, one call's inbound port would be another's outbound port.
"""

from collections import deque

from steadyline.errors import SteadylineError


class NoCallIdError(SteadylineError):
    """All ids are in use or at rest."""


class CallIds:
    """The ids of one gateway. Time is an argument.

    Args:
        first, last: the range, both included; only its even ids are given out.
        rest_s: an id is not given out again before this, seconds.
    """

    def __init__(self, first: int, last: int, rest_s: float) -> None:
        even = range(first + first % 2, last + 1, 2)
        self._free: deque[tuple[float, int]] = deque((float("-inf"), number) for number in even)
        self._rest_s = rest_s

    def take(self, now: float) -> int:
        """The id that has rested longest.

        Raises:
            NoCallIdError: none has rested long enough.
        """
        if not self._free or self._free[0][0] > now:
            raise NoCallIdError(
                "all call ids are in use or at rest: widen gateway.first_call_id to gateway.last_call_id"
            )
        return self._free.popleft()[1]

    def give_back(self, number: int, now: float) -> None:
        """The call is over, or the ports of the id were somebody else's: let it rest."""
        self._free.append((now + self._rest_s, number))
