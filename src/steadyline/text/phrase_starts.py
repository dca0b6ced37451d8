"""Where a sentence can be spoken in two: before a word that begins a phrase of its own."""

from collections.abc import Mapping
from types import MappingProxyType

_ENGLISH = """
    is are was were has have had can could will would should may might must does did
    because when while if that which who where but so
    in on at with from by about into during between
"""

PHRASE_STARTS: Mapping[str, frozenset[str]] = MappingProxyType({"en": frozenset(_ENGLISH.split())})
"""By ISO 639-1 code, in small letters: finite verbs after their subject, conjunctions, prepositions that seldom belong to the
word before ("of" and "to" do). A language without a row has its sentences cut at marks alone."""

_MARKS = ".,;:!?…。！？"


def breaks_off(text: str) -> bool:
    """A clause ends in the middle of a sentence, where a speaker makes no pause."""
    return bool(text) and text.rstrip("\"'”’»)]}")[-1:] not in _MARKS
