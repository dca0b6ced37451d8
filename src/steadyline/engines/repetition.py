"""Find and cut text that repeats itself, as a Whisper does when it loops.

Callers repeat themselves too ("no, no, no", "five five five"), so what looks like a loop is first only a reason to
decode again; it is cut when that gave the same, and numbers are cut only when nothing else is left.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# A word, or one character of a script that writes no spaces (kana, CJK ideographs).
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")
_REPEATED_CHARACTERS = re.compile(r"(.{1,20}?)\1{5,}")
_LONGEST_UNIT_WORDS = 40


@dataclass(frozen=True, slots=True)
class _Run:
    """Words said over and over: `count` rounds of `unit`, the first beginning at word `start`."""

    start: int
    unit: list[str]
    count: int

    @property
    def end(self) -> int:
        return self.start + len(self.unit) * self.count

    @property
    def is_short(self) -> bool:
        return len(self.unit) <= 2

    @property
    def is_number(self) -> bool:
        return _is_number(self.unit)


def looks_looped(text: str) -> bool:
    """Return whether the text repeats itself in a way that a caller seldom does.

    That is: three words or more said twice in a row, one or two said four times in a row, the whole text being two
    words said twice ("Yes, please. Yes, please."), or a few characters again and again ("aaaaaa"). Digits do not count.
    """
    words = _words(text)
    if len(words) == 4 and words[:2] == words[2:] and words[0] != words[1] and not _is_number(words):
        return True
    if any(not run.is_number and run.count >= (4 if run.is_short else 2) for run in _runs(words)):
        return True
    repeated = _REPEATED_CHARACTERS.search(text)
    return repeated is not None and _has_letters(repeated[1])


def cut_repetition(text: str, *, capped: bool) -> str:
    """Return the text with every run of repeated words or characters left standing once.

    A last, unfinished round of the run goes with it. Case and punctuation do not tell two rounds apart.

    Args:
        capped: the text was cut off by the cap on tokens, so that it is certainly a loop: runs of three rounds go, digits
            too. Otherwise one or two words must be there six times, and digits stay as they are.
    """
    while True:
        words = _words(text)
        runs = [run for run in _runs(words) if _is_cut(run, capped)]
        if not runs:
            break
        text = _without(max(runs, key=lambda run: run.end - run.start), text, words)
    if capped:
        return _REPEATED_CHARACTERS.sub(r"\1", text)
    return _REPEATED_CHARACTERS.sub(lambda match: match[1] if _has_letters(match[1]) else match[0], text)


def _is_cut(run: _Run, capped: bool) -> bool:
    if capped:
        return run.count >= 3
    return not run.is_number and run.count >= (6 if run.is_short else 3)


def _without(run: _Run, text: str, words: list[str]) -> str:
    end = run.end
    rest = words[end:]
    if len(rest) < len(run.unit) and rest == run.unit[: len(rest)]:
        end = len(words)
    spans = list(_WORD.finditer(text))
    # The punctuation behind the last round belongs behind the one that stays.
    return text[: spans[run.start + len(run.unit) - 1].end()] + text[spans[end - 1].end() :]


def _words(text: str) -> list[str]:
    return [match[0].casefold() for match in _WORD.finditer(text)]


def _is_number(words: list[str]) -> bool:
    return all(word.isdigit() for word in words)


def _has_letters(text: str) -> bool:
    return any(character.isalpha() for character in text)


def _runs(words: list[str]) -> Iterator[_Run]:
    """All runs of two rounds or more, for every length of the unit."""
    for length in range(1, min(len(words) // 2, _LONGEST_UNIT_WORDS) + 1):
        start = 0
        while start + 2 * length <= len(words):
            same = 0
            while start + same + length < len(words) and words[start + same] == words[start + same + length]:
                same += 1
            if same >= length:
                yield _Run(start, words[start : start + length], same // length + 1)
            start += same + 1
