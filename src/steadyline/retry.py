"""When to try again: the one retry policy of every direct connection (3, 4, 5, and the dialing sides of 0 and 1).

The first `attempts` attempts are the founding document's ("Polling and Retry", Retry Pattern): after attempts 1-5 the
dialer waits 200 ms, after the later ones 1 s, so that ten attempts leave at 0, 0.2, 0.4, 0.6, 0.8, 1.0, 2.0, 3.0, 4.0 and
5.0 s. Then, while the call lives, it goes on with exponential back-off, capped and jittered ("equal jitter", Brooker,
"Exponential Backoff And Jitter", 2015: half of the delay is fixed, half random).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class RetryPolicy:
    """Attempts and delays of a direct connection. The defaults are the founding document's.

    Attributes:
        attempts: attempts before the failure is logged, at least 1.
        fast_attempts: how many of them are followed by the short delay.
        fast_delay_s: delay after a fast attempt, seconds.
        slow_delay_s: delay after the others, seconds.
        backoff_factor: growth of the delay after the last attempt, at least 1.
        backoff_max_s: cap of the delay after the last attempt, seconds. Its default is what lets every order of starts be
            ready 1.2 s after the last one (`steadyline drill start-orders`; with 5 s the worst took 4.5 s).
    """

    attempts: int = 10
    fast_attempts: int = 5
    fast_delay_s: float = 0.2
    slow_delay_s: float = 1.0
    backoff_factor: float = 1.5
    backoff_max_s: float = 1.0

    def delay_after(self, attempt: int) -> float:
        """Seconds to wait after failed attempt number `attempt` (from 1) of the first `attempts`."""
        return self.fast_delay_s if attempt <= self.fast_attempts else self.slow_delay_s

    def is_logged(self, attempt: int) -> bool:
        """Whether a failed attempt is logged: the first, the fifth and the last but one, as the founding document does."""
        return attempt in (1, 5, self.attempts - 1) and attempt < self.attempts

    def backoff(self, random: Callable[[], float]) -> Iterator[float]:
        """Delays in seconds after the last attempt, without end.

        Args:
            random: returns a float in [0, 1).
        """
        delay_s = self.slow_delay_s
        while True:
            delay_s = min(delay_s * self.backoff_factor, self.backoff_max_s)
            yield delay_s * (0.5 + 0.5 * random())
