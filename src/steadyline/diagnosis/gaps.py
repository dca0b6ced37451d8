"""Where an answer ran dry: all that had come of it was played, and what follows was not there yet."""

from collections.abc import Iterable
from dataclasses import dataclass

from steadyline.recorder.reading import PassedFrame

SHORTEST_S = 0.5
"""A pause that a speaker may make, too, is no gap."""


@dataclass(frozen=True)
class Gap:
    """A silence within an answer.

    Attributes:
        turn, clause: what was waited for.
        at: when the silence began, Unix time in seconds.
        length_s: until sound came again.
        written_s: from its beginning until the words of the clause were written, seconds; below 0: they were there before;
            None: not known.
    """

    turn: int
    clause: int
    at: float
    length_s: float
    written_s: float | None

    @property
    def is_for_words(self) -> bool:
        """It was the words that came late, not their sound."""
        return self.written_s is not None and self.written_s > 0

    def __str__(self) -> str:
        begun = f"{self.length_s:.1f} s of silence before clause {self.clause} of turn {self.turn}"
        if self.written_s is None:
            return begun
        side = "after" if self.is_for_words else "before"
        return f"{begun}, whose words were written {abs(self.written_s):.1f} s {side} the silence began"


def gaps_in_answers(frames: Iterable[PassedFrame]) -> tuple[Gap, ...]:
    """From all frames of a call, process by process. What the caller interrupts has no gap there."""
    written: dict[tuple[int, int], float] = {}
    line = _Line()
    for frame in frames:
        if frame.service == "gateway":
            line.passed(frame)
        elif frame.service == "llama" and frame.name == "Clause":
            written.setdefault(_place(frame), frame.at)
    return tuple(
        Gap(turn, clause, dry_at, at - dry_at, written[turn, clause] - dry_at if (turn, clause) in written else None)
        for (turn, clause), dry_at, at in line.gaps
    )


class _Line:
    """What the gateway took to be played, and when it had nothing left.

    Attributes:
        gaps: what came after a silence, from when to when, Unix time.
    """

    def __init__(self) -> None:
        self.gaps: list[tuple[tuple[int, int], float, float]] = []
        self._turn: int | None = None
        self._dry_at: float | None = None

    def passed(self, frame: PassedFrame) -> None:
        if frame.name == "LineAudio":
            place = _place(frame)
            if self._dry_at is not None and self._turn == place[0] and frame.at - self._dry_at >= SHORTEST_S:
                self.gaps.append((place, self._dry_at, frame.at))
            self._turn, self._dry_at = place[0], None
        elif frame.name == "Cursor" and self._dry_at is None and not frame.numbers["buffered"]:
            self._dry_at = frame.at
        elif frame.name == "Playback":
            self._turn = None


def _place(frame: PassedFrame) -> tuple[int, int]:
    return frame.numbers["turn"], frame.numbers["clause"]
