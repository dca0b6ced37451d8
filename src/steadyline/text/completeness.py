"""Whether the words so far look finished, or as if their speaker goes on: read from the words alone.

The language's words are a table (`turn_words/<language>.toml`). Without one, marks and figures speak: Whisper writes "?" and
"…" where it hears them, and numbers as figures. A full stop says little: Whisper sets one at every pause.
"""

import re
from collections.abc import Sequence
from enum import Enum
from typing import TypeAlias

from steadyline.text.turn_words import LONGEST_PHRASE_WORDS, Phrase, TurnWords, words_of

WHOLE_NUMBER_DIGITS = frozenset({7, 10, 11, 16})
"""How many digits a number has that may be all of it: telephone numbers without and with area code, with a 1 before, cards."""
LONGEST_PLAIN_NUMBER_DIGITS = 4
"""A year; a longer number after "for" or "in" is dictated."""
LONGEST_LIST_ITEM_WORDS = 3
SHORTEST_SENTENCE_WORDS = 3
LONGEST_MISHEARD_WORDS = 3

# Whisper writes letters that are spelled as "SMI", too.
_RUN_TOGETHER = re.compile(r"\b[A-Z]{2,6}\W*$")
_SHOUTED = re.compile(r"[^a-z]*$")
_BROKEN_OFF = re.compile(r"(\.\.\.|…|[-–—,:;])$")
_SENTENCE_END = re.compile(r"[.?!…]\s+")
_MAIL_AND_MORE = re.compile(r"@[\w.-]+\.[a-z]{2,}[.,;:!?]?\s+\w")
_WHOLE_MAIL = re.compile(
    r"(@|\bat\b).*(\.|\bdot\b)\s*(com|org|net|edu|gov|info|biz|io|eu|[a-z]{2})(\s*(\.|dot)\s*[a-z]{2})?\W*$"
)
_MAIL = re.compile(r"\w@")
_ORDINAL = re.compile(r"\d[^\W\d_]")
# Without area code and with it (no code and no exchange begins with 0 or 1), with what is dialled before it, a card's.
_SURELY_WHOLE_NUMBER = re.compile(r"([2-9]\d{6}|[2-9]\d{9}|[01]\d{10}|\d{16})")

Words: TypeAlias = Sequence[str]


class Ending(Enum):
    """What the words so far look like; from surely whole to surely not."""

    ANSWER = "answer"
    """Yes, no, thanks: needs nothing more."""
    QUESTION = "question"
    SENTENCE = "sentence"
    OPEN = "open"
    """Nothing speaks for either."""
    NUMBER = "number"
    """Ends in a number, or an address, that may be all of it. One that surely is all of it ends as a sentence does."""
    LIST = "list"
    """Items, and the last of them was not announced by "and"."""
    DICTATION = "dictation"
    """A number, a spelling or an e-mail address of which more must come."""
    UNFINISHED = "unfinished"
    """Breaks off: after "and", "the", "my name is", "let me see"."""


def ending_of(text: str, table: TurnWords | None) -> Ending:
    """What a transcript looks like, as to whether more comes.

    Args:
        text: what was understood so far, with its marks.
        table: the language's words; None: marks and figures alone.
    """
    stripped = text.strip().lower()
    words = words_of(stripped)
    if table is not None:
        is_spelling = bool(_RUN_TOGETHER.search(text)) and _contains(words[:-1], table.announcements)
        return Ending.DICTATION if is_spelling and not _SHOUTED.match(text) else _by_words(stripped, words, table)
    if _BROKEN_OFF.search(stripped):
        return Ending.UNFINISHED
    if stripped.endswith("?"):
        return Ending.QUESTION
    return Ending.NUMBER if words and words[-1].isdigit() else Ending.OPEN


def _by_words(text: str, words: Words, table: TurnWords) -> Ending:
    if _is_made_of(words, table.answers):
        return Ending.ANSWER
    if _ends_with(words, table.fillers) and not _ends_with(words, table.finals):
        return Ending.UNFINISHED
    dictated = _dictated(text, words, table)
    if dictated is not None:
        return dictated
    is_question = text.endswith("?")
    if _breaks_off(text, words, table, is_question=is_question):
        return Ending.UNFINISHED
    if is_question:
        return Ending.QUESTION
    if _is_open_list(text, table):
        return Ending.LIST
    return Ending.SENTENCE if text[-1:] in (".", "!") and len(words) >= SHORTEST_SENTENCE_WORDS else Ending.OPEN


def _breaks_off(text: str, words: Words, table: TurnWords, *, is_question: bool) -> bool:
    if _BROKEN_OFF.search(text) or _ends_with(words, table.leads):
        return True
    if _ends_with(words, table.finals):
        return False
    if _ends_with(words, table.dangling) or (not is_question and _ends_with(words, table.linking)):
        return True
    sentence = _last_sentence(text)
    return not is_question and _begins_with(words_of(sentence), table.openers) and "," not in sentence


def _dictated(text: str, words: Words, table: TurnWords) -> Ending | None:
    """Something that is said sign by sign, and whether it may be all; None: nothing is."""
    is_mail = _contains(words, table.mail_announcements) or _MAIL.search(text)
    if is_mail and not _MAIL_AND_MORE.search(text):
        return Ending.NUMBER if _WHOLE_MAIL.search(text) else Ending.DICTATION
    run = _trailing_signs(words, table)
    if not run:
        return Ending.NUMBER if _may_be_misheard(text, words, table) and not text.endswith("?") else None
    if _ends_with(words, table.finals):
        return None
    is_announced = _contains(words[: -len(run)], table.announcements)
    if text.endswith("?") and not is_announced:
        return None
    digits = sum(len(word) if word.isdigit() else word in table.digit_words for word in run)
    if digits in WHOLE_NUMBER_DIGITS:
        return Ending.SENTENCE if _SURELY_WHOLE_NUMBER.fullmatch("".join(run)) else Ending.NUMBER
    if not is_announced and len(run) == 1 and digits and _ends_with(words[:-1], table.number_leads):
        return None if digits <= LONGEST_PLAIN_NUMBER_DIGITS else Ending.NUMBER
    if is_announced or _is_sign_by_sign(run, digits, is_all=len(run) == len(words)):
        return Ending.DICTATION
    return Ending.NUMBER if digits or not all(map(_is_letter, run)) else None


def _may_be_misheard(text: str, words: Words, table: TurnWords) -> bool:
    """No figure is there though one was announced: half a number is often written as another word ("four four" as "for Thor",
    or as "4th floor")."""
    announcements = frozenset(phrase for phrase in table.announcements if len(phrase) > 1)
    counts = range(1, min(len(words), LONGEST_MISHEARD_WORDS) + 1)
    has_figure = any(map(str.isdigit, words[-LONGEST_MISHEARD_WORDS:])) and not _ORDINAL.search(text)
    return not has_figure and any(_ends_with(words[:-count], announcements) for count in counts)


def _is_sign_by_sign(run: Words, digits: int, *, is_all: bool) -> bool:
    """Not "vitamin C", "I am 45", "it was in 1985", "seven"; but "5 5 5", "0199", "S M I"."""
    if digits:
        return digits > 2 and (is_all or len(run) > 1)
    return len(run) > 2 and all(map(_is_letter, run))


def _trailing_signs(words: Words, table: TurnWords) -> Words:
    """The numbers and single letters at the end."""
    start = len(words)
    while start and (
        _is_letter(words[start - 1]) or words[start - 1].isdigit() or words[start - 1] in table.sign_words
    ):
        start -= 1
    run = words[start:]
    # "So do I", "a": one letter that is a word is none of a spelling.
    return () if len(run) == 1 and run[0] in ("a", "i") else run


def _is_letter(word: str) -> bool:
    return len(word) == 1 and word.isalpha()


def _is_open_list(text: str, table: TurnWords) -> bool:
    """Short items after commas, and none was announced as the last: "apples, pears"."""
    parts = [words_of(part) for part in _last_sentence(text).split(",")]
    last = parts[-1]
    if len(parts) < 2 or not 1 <= len(last) <= LONGEST_LIST_ITEM_WORDS:
        return False
    if len(parts) == 2 and (_is_made_of(parts[0], table.answers) or _ends_with(parts[0], table.fillers)):
        return False
    is_tail = _begins_with(last, table.tails) or _ends_with(last, table.tails)
    return not is_tail and not any(word in table.list_end_words for word in last)


def _last_sentence(text: str) -> str:
    return _SENTENCE_END.split(text)[-1]


def _ends_with(words: Words, phrases: frozenset[Phrase]) -> bool:
    return any(tuple(words[-count:]) in phrases for count in range(1, min(len(words), LONGEST_PHRASE_WORDS) + 1))


def _begins_with(words: Words, phrases: frozenset[Phrase]) -> bool:
    return any(tuple(words[:count]) in phrases for count in range(1, min(len(words), LONGEST_PHRASE_WORDS) + 1))


def _contains(words: Words, phrases: frozenset[Phrase]) -> bool:
    return any(_begins_with(words[start : start + LONGEST_PHRASE_WORDS], phrases) for start in range(len(words)))


def _is_made_of(words: Words, phrases: frozenset[Phrase]) -> bool:
    """All of it is phrases of the table, one after another."""
    reached = {0}
    for start in range(len(words)):
        if start in reached:
            ends = range(start + 1, min(len(words), start + LONGEST_PHRASE_WORDS) + 1)
            reached |= {end for end in ends if tuple(words[start:end]) in phrases}
    return bool(words) and len(words) in reached
