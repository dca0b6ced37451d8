"""Where in what was said: a position that survives the process that produced the sound."""

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, order=True, slots=True)
class Cursor:
    """A position in the agent's speech; later positions compare greater.

    Attributes:
        turn: the turn that is answered.
        clause: the clause of that turn's answer.
        sample: how many of the clause's samples, at the line's rate, lie before the position.
    """

    turn: int
    clause: int
    sample: int


@dataclass(slots=True)
class _Stretch:
    """Sound that was accepted together: it lies in front of `end_total` on the line and ends at `end`."""

    end_total: int
    end: Cursor | None


class PlayedLedger:
    """Translates "so many samples have left for the caller" into a position in the answer.

    The line counts samples; this remembers what they were. Totals count every sample since the call began that was
    accepted and not flushed, at the line's rate; they never decrease, except by `flushed`.

    Attributes:
        accepted_total: samples accepted so far, without those flushed.
        accepted_cursor: the position through which the answer was accepted; None before the first clause.

    Args:
        start: the position that the caller has heard before.
    """

    def __init__(self, start: Cursor | None = None) -> None:
        self.accepted_total = 0
        self.accepted_cursor = start
        self._stretches: deque[_Stretch] = deque()
        self._played_total = 0
        self._played_cursor = start

    def accepted(self, end: Cursor, sample_count: int) -> None:
        """Note `sample_count` samples (0 for a clause without sound) that bring the answer to `end`."""
        self._append(end, sample_count)
        self.accepted_cursor = end

    def accepted_aside(self, sample_count: int) -> None:
        """Note samples that are no part of an answer: comfort noise, a filler phrase."""
        self._append(None, sample_count)

    def played(self, played_total: int) -> Cursor | None:
        """The position that the caller has heard, None before the first clause.

        Padding after a clause's last sample makes the position of that last stretch late by its length, never early.
        """
        self._played_total = max(self._played_total, min(played_total, self.accepted_total))
        while self._stretches and self._stretches[0].end_total <= self._played_total:
            self._played_cursor = self._stretches.popleft().end or self._played_cursor
        if self._stretches:
            self._played_cursor = self._within(self._stretches[0])
        return self._played_cursor

    def flushed(self, played_total: int) -> Cursor | None:
        """Forget what was accepted and not played, as the line has; the position from which to go on."""
        self._played_cursor = self.accepted_cursor = self.played(played_total)
        self._stretches.clear()
        self.accepted_total = self._played_total
        return self._played_cursor

    def _append(self, end: Cursor | None, sample_count: int) -> None:
        self.accepted_total += sample_count
        self._stretches.append(_Stretch(self.accepted_total, end))

    def _within(self, stretch: _Stretch) -> Cursor | None:
        end, known = stretch.end, self._played_cursor
        if end is None:
            return known
        sample = end.sample - (stretch.end_total - self._played_total)
        if known is not None and known > Cursor(end.turn, end.clause, sample):
            return known
        return Cursor(end.turn, end.clause, sample) if sample > 0 else known
