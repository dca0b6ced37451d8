"""Whether a caller heard every word of the answers once and in order, told from the tones in the recording.

A word may be heard in pieces: they count as it when they add up to its length. An answer may break off once the caller
speaks. A clause in the middle of which outbound is lost may begin again, if its voice was lost as well and it had to be rendered
anew (docs/wire-protocol.md, section 9: the stated limit); no other word may.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from steadyline.drills.tone_speech import VARIATION, WORD_S, HeardWord

TOLERANCE = 0.1
SHORTEST_S = (1 - TOLERANCE) * (1 - VARIATION) * WORD_S
LONGEST_S = (1 + TOLERANCE) * (1 + VARIATION) * WORD_S
NEVER = float("inf")
SCRAP_S = TOLERANCE * (1 - VARIATION) * WORD_S
"""A piece as short is within the tolerance of every word; what it was cannot be told for sure."""


BREAKS_OFF_WITHIN_S = (-2.5, 1.0)
"""Outbound's loss against the end of what was heard last: what it had sent is in the line's queue or on a slow way; the clause
may be stuck on a slow way before, and may end with a gap of silence.
"""


@dataclass(frozen=True)
class ExpectedClause:
    """What is to be heard of a clause.

    Attributes:
        words: no two neighbours are alike.
        is_rendered_again: it was rendered more than once.
        turn: whose answer it belongs to.
        interrupted_s: from then on the rest of this answer may be lost, since the caller spoke: on the scale of what was heard.
    """

    words: tuple[str, ...]
    is_rendered_again: bool = False
    turn: int = 0
    interrupted_s: float = NEVER


@dataclass(frozen=True)
class _Place:
    """How far what was heard may have got: in word `index`, of which `heard_s` were heard."""

    index: int
    heard_s: float


class Listener:
    """Compares what was heard with what was to be heard.

    Args:
        clauses: what was to be heard, in order.
        breaks_s: when outbound was lost, on the same scale as what was heard.
        may_lose: words may be missing, and may be heard in part; none twice or out of its order. The last must be there.
    """

    def __init__(self, clauses: Sequence[ExpectedClause], breaks_s: Sequence[float], *, may_lose: bool = False) -> None:
        self._words = [word for clause in clauses for word in clause.words]
        self._begins = _begins(clauses)
        self._answers = _answers(clauses)
        self._breaks_s = breaks_s
        self._may_lose = may_lose

    def misheard(self, heard: Sequence[HeardWord], *, is_whole: bool) -> str:
        """What is wrong with what was heard; "" when nothing is.

        Args:
            heard: as `tone_speech.words_in` gives it.
            is_whole: all of it must have been heard; else it may break off anywhere.
        """
        places = {_Place(0, 0.0)}
        for number, piece in enumerate(heard):
            if self._may_lose:
                places |= {_Place(later, 0.0) for place in places for later in range(place.index + 1, len(self._words))}
            places |= self._begun(places, piece.start_s)
            may_begin_again = number > 0 and self._breaks_off_between(heard[number - 1], piece)
            following = {after for place in places for after in self._after(place, piece, may_begin_again)}
            if following:
                places = following
            elif piece.duration_s >= SCRAP_S:
                before = " ".join(earlier.word for earlier in heard[max(0, number - 4) : number]) or "nothing"
                lasted = f"{piece.duration_s * 1000:.0f} ms of {piece.word!r}"
                return f"after {before!r} heard {lasted} at {piece.start_s:.2f} s, expected {self._wanted(places)}"
        if is_whole and not any(self._is_at_end(place) for place in places):
            before = " ".join(piece.word for piece in heard[-4:]) or "nothing"
            return f"heard nothing more after {before!r}, expected {self._wanted(places)}"
        return ""

    def _begun(self, places: set[_Place], at_s: float) -> set[_Place]:
        """Where one may be because the caller interrupted: at the beginning of an answer to what was said then."""
        return {
            _Place(index, 0.0)
            for index, interrupted_s in self._answers
            if at_s >= interrupted_s and any(place.index < index for place in places)
        }

    def _breaks_off_between(self, piece: HeardWord, following: HeardWord) -> bool:
        """Outbound was lost about the end of a piece, or in the silence behind it, in which the caller may have spoken."""
        end_s = piece.start_s + piece.duration_s
        earliest, latest = BREAKS_OFF_WITHIN_S
        latest = max(latest, following.start_s - end_s)
        return any(earliest <= at_s - end_s <= latest for at_s in self._breaks_s)

    def _after(self, place: _Place, piece: HeardWord, may_begin_again: bool) -> list[_Place]:
        """Where one may be after a piece: it goes on with the word, begins the next one, or begins the clause again."""
        starts = [place]
        if place.heard_s >= SHORTEST_S:
            starts.append(_Place(place.index + 1, 0.0))
        if may_begin_again and place.index in self._begins:
            starts.append(_Place(self._begins[place.index], 0.0))
        return [
            _Place(start.index, round(start.heard_s + piece.duration_s, 4))
            for start in starts
            if start.index < len(self._words)
            and self._words[start.index] == piece.word
            and start.heard_s + piece.duration_s <= LONGEST_S
        ]

    def _is_at_end(self, place: _Place) -> bool:
        return not self._words or (place.index == len(self._words) - 1 and place.heard_s >= SHORTEST_S)

    def _wanted(self, places: Iterable[_Place]) -> str:
        return " or ".join(sorted({self._wanted_after(place) for place in places}))

    def _wanted_after(self, place: _Place) -> str:
        words = self._words
        if place.index >= len(words):
            return "nothing"
        if place.heard_s == 0.0:
            return repr(words[place.index])
        rest = repr(words[place.index + 1]) if place.index + 1 < len(words) else "nothing"
        return f"{rest} or the rest of {words[place.index]!r}" if place.heard_s < SHORTEST_S else rest


def _answers(clauses: Sequence[ExpectedClause]) -> list[tuple[int, float]]:
    """For each answer but the first: the index of its first word, and when the one before was interrupted for it."""
    answers: list[tuple[int, float]] = []
    index = 0
    for before, clause in pairwise(clauses):
        index += len(before.words)
        if clause.turn != before.turn:
            answers.append((index, before.interrupted_s))
    return answers


def _begins(clauses: Sequence[ExpectedClause]) -> dict[int, int]:
    """For each word of a clause that was rendered again: where that clause begins."""
    begins: dict[int, int] = {}
    index = 0
    for clause in clauses:
        if clause.is_rendered_again:
            begins |= {index + offset: index for offset in range(len(clause.words))}
        index += len(clause.words)
    return begins
