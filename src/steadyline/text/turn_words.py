"""A language's words that tell whether their speaker goes on: the table that `completeness` reads."""

import re
import tomllib
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, TypeAlias

from steadyline.errors import ConfigError

Phrase: TypeAlias = tuple[str, ...]

LONGEST_PHRASE_WORDS = 8
"""Looking for phrases takes longer with their length, and is done while the caller waits."""

_HALF_OF_THE_DAY = re.compile(r"\b([ap])\.\s?m\b")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+")


def words_of(text: str) -> Phrase:
    """The words of a text, in lower case, without marks; figures are words of their own."""
    joined = _HALF_OF_THE_DAY.sub(r"\1m", text.lower())
    return tuple(word.replace("’", "'") for word in _WORD.findall(joined))


@dataclass(frozen=True)
class TurnWords:
    """Phrases by what they say; the meanings are told in `turn_words/en.toml`."""

    answers: frozenset[Phrase]
    fillers: frozenset[Phrase]
    dangling: frozenset[Phrase]
    linking: frozenset[Phrase]
    finals: frozenset[Phrase]
    leads: frozenset[Phrase]
    openers: frozenset[Phrase]
    announcements: frozenset[Phrase]
    mail_announcements: frozenset[Phrase]
    digits: frozenset[Phrase]
    numbers: frozenset[Phrase]
    number_leads: frozenset[Phrase]
    list_ends: frozenset[Phrase]
    tails: frozenset[Phrase]

    @cached_property
    def digit_words(self) -> frozenset[str]:
        """Single words for one digit each."""
        return frozenset(phrase[0] for phrase in self.digits)

    @cached_property
    def sign_words(self) -> frozenset[str]:
        """Single words that may stand in a number."""
        return self.digit_words | {phrase[0] for phrase in self.numbers}

    @cached_property
    def list_end_words(self) -> frozenset[str]:
        """Single words that announce the last item of a list."""
        return frozenset(phrase[0] for phrase in self.list_ends)


def turn_words(toml: str, where: str) -> TurnWords:
    """Read a table.

    Args:
        toml: lists of texts, one for each of `TurnWords`' fields; one that is missing is empty.
        where: what it is called in an error.

    Raises:
        ConfigError: no TOML, an unknown key, or something that is no list of texts of 1 to 8 words.
    """
    try:
        content = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where}: is not TOML: {error}") from error
    known = [item.name for item in fields(TurnWords)]
    for key in content:
        if key not in known:
            raise ConfigError(f"{where}: unknown key {key}; known are {', '.join(known)}")
    return TurnWords(**{key: _phrases(content.get(key, []), f"{where}: {key}") for key in known})


def _phrases(value: Any, where: str) -> frozenset[Phrase]:
    if not isinstance(value, list):
        raise ConfigError(f"{where} is {value!r:.60}, expected a list of texts")
    for text in value:
        if not isinstance(text, str) or not 1 <= len(words_of(text)) <= LONGEST_PHRASE_WORDS:
            raise ConfigError(f"{where} has {text!r:.60}, expected texts of 1 to {LONGEST_PHRASE_WORDS} words")
    return frozenset(words_of(text) for text in value)
