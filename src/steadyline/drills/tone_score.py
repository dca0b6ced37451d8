"""What a caller heard against what was to be said: which words were lost, doubled or swapped, and how late each came."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from steadyline.drills.tone_speech import VARIATION, WORD_S, HeardWord, words_of

TOLERANCE = 0.1
"""A word was heard once when its pieces add up to its length, give or take so much of it."""
SCRAP_S = TOLERANCE * (1 - VARIATION) * WORD_S
"""Less than this is within the tolerance of the shortest word."""


@dataclass(frozen=True)
class ExpectedWord:
    """A word that is to be heard; its length is between these (one value when it was rendered once)."""

    word: str
    shortest_s: float = WORD_S
    longest_s: float = WORD_S


@dataclass(frozen=True)
class Score:
    """How far what was heard is every word once, in order.

    Attributes:
        lost: words of which less was heard than 90 % of their length, or nothing.
        doubled: words that were heard more than once, in part or whole.
        swapped: words that were heard once, in another place.
        foreign: words that nobody was to say.
        onsets_s: when each expected word began to be heard, in the recording; None for what was not, or elsewhere.
    """

    lost: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    swapped: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    onsets_s: tuple[float | None, ...] = field(default=(), repr=False)

    @property
    def is_perfect(self) -> bool:
        """Every word once, in order, and nothing else."""
        return not (self.lost or self.doubled or self.swapped or self.foreign)

    def __str__(self) -> str:
        faults = {"lost": self.lost, "doubled": self.doubled, "swapped": self.swapped, "foreign": self.foreign}
        return "; ".join(f"{name} {' '.join(words)}" for name, words in faults.items() if words) or "every word once"


def expected_words(text: str, *, varied: bool = False) -> list[ExpectedWord]:
    """The words of a text, of the nominal length, or of any that a drill's voice gives them.

    Raises:
        ValueError: a word that is not in `tone_speech.VOCABULARY`.
    """
    variation = VARIATION if varied else 0.0
    return [ExpectedWord(word, WORD_S * (1 - variation), WORD_S * (1 + variation)) for word in words_of(text)]


def score(expected: Sequence[ExpectedWord], heard: Sequence[HeardWord]) -> Score:
    """Compare; pieces of one word that follow each other, with or without a pause between them, are added up.

    Args:
        expected: in order; a word does not follow itself.
        heard: as `tone_speech.words_in` gives it.
    """
    whole = _added_up(heard)
    places = _aligned(expected, whole)
    left = [word.word for place, word in enumerate(whole) if place not in places.values()]
    lost, doubled, swapped = list[str](), list[str](), list[str]()
    for index, wanted in enumerate(expected):
        if index in places:
            heard_word = whole[places[index]]
            if heard_word.is_short_for(wanted):
                lost.append(wanted.word)
            elif heard_word.is_long_for(wanted):
                doubled.append(wanted.word)
        elif wanted.word in left:
            left.remove(wanted.word)
            swapped.append(wanted.word)
        else:
            lost.append(wanted.word)
    known = {word.word for word in expected}
    doubled += [word for word in left if word in known]
    foreign = [word for word in left if word not in known]
    onsets = tuple(whole[places[index]].start_s if index in places else None for index in range(len(expected)))
    return Score(tuple(lost), tuple(doubled), tuple(swapped), tuple(foreign), onsets)


def is_heard_out(expected: Sequence[ExpectedWord], heard: Sequence[HeardWord]) -> bool:
    """Whether the last word was heard, to its end: nothing more is to come, whatever was before it."""
    whole, last = _added_up(heard), expected[-1]
    return len(whole) >= len(expected) and whole[-1].word == last.word and not whole[-1].is_short_for(last)


@dataclass(frozen=True)
class _Whole:
    """All pieces of a word that follow each other."""

    word: str
    pieces: list[HeardWord]

    @property
    def start_s(self) -> float:
        return self.pieces[0].start_s

    @property
    def length_s(self) -> float:
        return sum(piece.duration_s for piece in self.pieces)

    def is_short_for(self, wanted: ExpectedWord) -> bool:
        """A part of it is missing."""
        return self.length_s < (1 - TOLERANCE) * wanted.shortest_s

    def is_long_for(self, wanted: ExpectedWord) -> bool:
        """A part of it was heard again."""
        return self.length_s > (1 + TOLERANCE) * wanted.longest_s


def _added_up(heard: Sequence[HeardWord]) -> list[_Whole]:
    """Neighbouring pieces of one word together, without scraps that are too short to matter to any word."""
    groups = [_Whole(word, list(pieces)) for word, pieces in groupby(heard, key=lambda piece: piece.word)]
    kept = [piece for group in groups if group.length_s >= SCRAP_S for piece in group.pieces]
    return [_Whole(word, list(pieces)) for word, pieces in groupby(kept, key=lambda piece: piece.word)]


def _aligned(expected: Sequence[ExpectedWord], heard: Sequence[_Whole]) -> dict[int, int]:
    """Which heard word is which expected one, by places: the longest common subsequence, and of those the one with the most
    words of the right length. A clause that broke off and was said again is then the second one, with the first doubled.
    """
    values = [[0] * (len(heard) + 1) for _ in range(len(expected) + 1)]
    for i in reversed(range(len(expected))):
        for j in reversed(range(len(heard))):
            taken = values[i + 1][j + 1] + _value(expected[i], heard[j]) if expected[i].word == heard[j].word else 0
            values[i][j] = max(taken, values[i + 1][j], values[i][j + 1])
    places: dict[int, int] = {}
    i = j = 0
    while i < len(expected) and j < len(heard):
        if values[i][j] == values[i + 1][j]:
            i += 1
        elif values[i][j] == values[i][j + 1]:
            j += 1
        else:
            places[i] = j
            i, j = i + 1, j + 1
    return places


def _value(wanted: ExpectedWord, heard: _Whole) -> int:
    """Any match outweighs all differences in length."""
    return 1_000 - (heard.is_short_for(wanted) or heard.is_long_for(wanted))
