"""The words by which a language model says that the call is over: taken out of its text as it comes."""

import re


class HangUpMarker:
    """Takes a marker out of a text that comes in pieces. The result does not depend on the pieces.

    Upper and lower case are the same. Behind a marker, marks alone ("." or "**") are dropped with it.

    Attributes:
        is_at_end: the text so far ends with the marker.

    Args:
        marker: what the model writes; "": there is none.
    """

    def __init__(self, marker: str) -> None:
        self.is_at_end = False
        self._marker = marker.strip().lower()
        self._pattern = re.compile(re.escape(self._marker), re.IGNORECASE) if self._marker else None
        self._held = ""
        self._behind = ""

    def feed(self, piece: str) -> str:
        """What of the text is certainly no part of a marker, without those that were in it."""
        if self._pattern is None:
            return piece
        self._held += piece
        text = ""
        while (found := self._pattern.search(self._held)) is not None:
            text += self._between(self._held[: found.start()])
            self._held, self._behind, self.is_at_end = self._held[found.end() :], "", True
        kept = self._beginning_of_marker()
        passed, self._held = self._held[: len(self._held) - kept], self._held[len(self._held) - kept :]
        return text + self._between(passed)

    def flush(self) -> str:
        """The rest, when no more text comes."""
        rest, self._held = self._held, ""
        return self._between(rest)

    def _between(self, text: str) -> str:
        """Text that is no marker: behind one it is held until there is a word in it."""
        if not self.is_at_end:
            return text
        self._behind += text
        if not any(character.isalnum() for character in self._behind):
            return ""
        self.is_at_end = False
        return self._behind

    def _beginning_of_marker(self) -> int:
        """How many characters at the end may be the beginning of a marker."""
        longest = min(len(self._marker) - 1, len(self._held))
        ends = (size for size in range(longest, 0, -1) if self._held[-size:].lower() == self._marker[:size])
        return next(ends, 0)
