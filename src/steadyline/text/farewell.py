"""Whether somebody says goodbye, and nothing else: "bye" within another sentence is none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_Phrase = tuple[str, ...]


@dataclass(frozen=True)
class _Farewells:
    """A language's farewells, as words without marks.

    Attributes:
        last: what ends a conversation.
        beside: what is said before or after it, and ends nothing by itself.
    """

    last: frozenset[_Phrase]
    beside: frozenset[_Phrase]


def _phrases(text: str) -> frozenset[_Phrase]:
    return frozenset(tuple(line.split()) for line in text.strip().splitlines())


_ENGLISH = _Farewells(
    last=_phrases(
        """
        bye
        goodbye
        good bye
        byebye
        bye bye
        bye for now
        goodbye for now
        good night
        goodnight
        see you
        see ya
        see you later
        see you soon
        see you then
        see you tomorrow
        talk to you later
        talk to you soon
        speak to you later
        speak to you soon
        have a nice day
        have a good day
        have a great day
        have a lovely day
        have a nice evening
        have a good evening
        have a good night
        have a nice weekend
        have a good weekend
        have a good one
        """
    ),
    beside=_phrases(
        """
        ok
        okay
        alright
        all right
        right
        well
        well then
        then
        now
        and
        so
        oh
        no
        nope
        yes
        yeah
        yep
        great
        good
        perfect
        fine
        cool
        lovely
        wonderful
        excellent
        thanks
        thank you
        thank you so much
        thank you very much
        thanks a lot
        thanks so much
        many thanks
        cheers
        thanks again
        thank you again
        for your help
        for the help
        for your time
        for everything
        for the information
        for calling
        that is all
        thats all
        that is it
        thats it
        that will be all
        thatll be all
        that was all
        that would be all
        that is everything
        thats everything
        for today
        for now
        i need
        i needed
        i wanted to know
        nothing else
        no more questions
        i am done
        im done
        we are done
        were done
        i have to go
        i must go
        i need to go
        ive got to go
        i got to go
        gotta go
        take care
        you too
        same to you
        and you
        everyone
        everybody
        my friend
        sir
        madam
        """
    ),
)

_LANGUAGES: Mapping[str, _Farewells] = {"en": _ENGLISH}


def is_farewell(text: str, language: str) -> bool:
    """Whether `text` as a whole is a farewell in a language (ISO 639-1); False for a language that has no table."""
    farewells = _LANGUAGES.get(language)
    return farewells is not None and _is_made_of(_words(text), farewells)


def _words(text: str) -> list[str]:
    """Lower case, without marks and apostrophes; what a dash joins is two words."""
    joined = text.lower().replace("'", "").replace("’", "")
    return "".join(character if character.isalnum() else " " for character in joined).split()


def _is_made_of(words: list[str], farewells: _Farewells) -> bool:
    """From the first word to the last it is phrases of the table, a last one among them."""
    reached = [False] * (len(words) + 1)
    ended = [False] * (len(words) + 1)
    reached[0] = True
    for start in range(len(words)):
        if reached[start] or ended[start]:
            for end in _ends(words, start, farewells.beside):
                reached[end] |= reached[start]
                ended[end] |= ended[start]
            for end in _ends(words, start, farewells.last):
                ended[end] = True
    return ended[-1] and bool(words)


def _ends(words: list[str], start: int, phrases: Iterable[_Phrase]) -> list[int]:
    """Where phrases that begin at `start` end."""
    return [start + len(phrase) for phrase in phrases if tuple(words[start : start + len(phrase)]) == phrase]
