"""What somebody typed, made fit to be said: one line of visible text."""

import unicodedata

from steadyline.errors import SteadylineError

_UNSEEN = frozenset({"Cc", "Cf", "Cs"})
"""Unicode's categories of what is no text: controls, what turns text around or joins it, surrogates."""
_JOINERS = "\u200c\u200d"
"""Of these controls Persian, Indic scripts and emoji need two."""


class TypedLineError(SteadylineError):
    """A line is not taken; the text says why, for whoever typed it."""


def typed_line(text: str, max_chars: int) -> str:
    """The line as it counts: composed (NFC), without controls, white space and line ends as single spaces.

    Raises:
        TypedLineError: nothing is left of it, or it is longer than `max_chars`.
    """
    if len(text) > 10 * max_chars:
        raise _too_long(len(text), max_chars)
    spaced = "".join(" " if one.isspace() else one for one in text)
    seen = "".join(one for one in spaced if one in _JOINERS or unicodedata.category(one) not in _UNSEEN)
    line = " ".join(unicodedata.normalize("NFC", seen).split()).strip(_JOINERS + " ")
    if not line:
        raise TypedLineError("the line is empty; type some words")
    if len(line) > max_chars:
        raise _too_long(len(line), max_chars)
    return line


def _too_long(found: int, allowed: int) -> TypedLineError:
    return TypedLineError(f"the line has {found} characters; allowed are {allowed} (gateway.typed_max_chars)")
