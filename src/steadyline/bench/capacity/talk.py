"""How a caller of the benchmark talks: listens to the greeting, asks, waits, listens, rests, asks again. Pure."""

from collections.abc import Callable, Sequence

from steadyline.bench.capacity.mu_law import SILENCE

GREETING_TIMEOUT_S = 3.0
REPLY_OVER_S = 0.8
"""Longer than the pause between two clauses."""
REPLY_TIMEOUT_S = 10.0
REST_S = (0.5, 2.5)


class Talk:
    """One caller. Times are seconds on one clock.

    Attributes:
        waits_s: from the last frame of each question to the first audible one of its answer.
        unanswered: questions without an answer within `REPLY_TIMEOUT_S`.

    Args:
        question: µ-law frames of 20 ms, audible at both ends.
        random: floats in [0, 1), for the rests: callers do not speak in time with each other.
        now: when the call was answered.
    """

    def __init__(self, question: Sequence[bytes], random: Callable[[], float], now: float) -> None:
        self.waits_s: list[float] = []
        self.unanswered = 0
        self._question = question
        self._random = random
        self._place = len(question)
        self._asked_at: float | None = None
        self._ask_at = now + GREETING_TIMEOUT_S
        self._last_sound_at = now

    @property
    def is_waiting(self) -> bool:
        """A question was asked, and nothing of an answer was heard yet."""
        return self._asked_at is not None

    def next_frame(self, now: float) -> bytes:
        """What is sent now."""
        if self._place < len(self._question):
            self._place += 1
            if self._place == len(self._question):
                self._asked_at = now
            return self._question[self._place - 1]
        if self._asked_at is not None and now - self._asked_at > REPLY_TIMEOUT_S:
            self.unanswered += 1
            self._rest(now)
        elif self._asked_at is None and now >= self._ask_at and now - self._last_sound_at >= REPLY_OVER_S:
            self._place = 0
        return SILENCE

    def heard(self, at: float) -> None:
        """Something audible has arrived."""
        if self._place < len(self._question):
            return
        if self._asked_at is not None and at > self._asked_at:
            self.waits_s.append(at - self._asked_at)
            self._rest(at)
        self._last_sound_at = max(self._last_sound_at, at)

    def _rest(self, now: float) -> None:
        low, high = REST_S
        self._asked_at, self._ask_at = None, now + low + (high - low) * self._random()
