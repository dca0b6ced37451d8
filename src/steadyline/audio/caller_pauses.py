"""What a call has shown of its caller's pauses inside turns."""

from collections import deque

USUAL_MS = 400.0
"""A pause that leaves the table as it is: who pauses longer is waited for longer."""
USUAL_COUNT = 4
"""The usual counts as so many pauses seen, so that the first ones of a call bend little."""
REMEMBERED = 16
LEAST_FACTOR, MOST_FACTOR = 0.85, 1.6
"""Bounds of what a caller's habit may do to a wait."""


class CallerPauses:
    """Pauses inside one caller's turns. A turn that was cut and went on at once was a pause, too: the most telling kind."""

    def __init__(self) -> None:
        self._seen_ms: deque[float] = deque(maxlen=REMEMBERED)

    def note(self, pause_ms: float) -> None:
        """The caller paused for so long, and went on."""
        self._seen_ms.append(pause_ms)

    @property
    def factor(self) -> float:
        """How long this caller's pauses are, compared with the usual: 1 at first, within `LEAST_FACTOR` and `MOST_FACTOR`."""
        mean_ms = (sum(self._seen_ms) + USUAL_COUNT * USUAL_MS) / (len(self._seen_ms) + USUAL_COUNT)
        return min(MOST_FACTOR, max(LEAST_FACTOR, mean_ms / USUAL_MS))
