"""What a child writes to its standard error: cut into lines, passed on as it is, the last of it remembered."""

from collections import deque
from collections.abc import Callable

KEPT_LINES = 20
KEPT_CHARS = 500
"""Of each kept line; `steadyline status` shows them."""
MAX_LINE_BYTES = 1 << 20
"""A line that does not end gets an end here: memory stays bounded, and other children's lines stay whole."""


class LineRelay:
    """The standard error of one run of a child; bytes in, whole lines out.

    Args:
        pass_on: gets bytes that are whole lines, each with its newline; must not block.
        kept: gets the last lines as text, for people.
    """

    def __init__(self, pass_on: Callable[[bytes], None], kept: deque[str]) -> None:
        self._pass_on = pass_on
        self._kept = kept
        self._unfinished = bytearray()

    def feed(self, data: bytes) -> None:
        """The child wrote `data`, of any length."""
        whole, newline, rest = data.rpartition(b"\n")
        if newline:
            self._give(bytes(self._unfinished) + whole + newline)
            self._unfinished.clear()
        self._unfinished += rest
        while len(self._unfinished) >= MAX_LINE_BYTES:
            self._give(bytes(self._unfinished[:MAX_LINE_BYTES]) + b"\n")
            del self._unfinished[:MAX_LINE_BYTES]

    def finish(self) -> None:
        """The child is gone: what it left without a newline is a line, too."""
        if self._unfinished:
            self._give(bytes(self._unfinished) + b"\n")
            self._unfinished.clear()

    def _give(self, lines: bytes) -> None:
        self._pass_on(lines)
        for line in lines.split(b"\n")[:-1][-KEPT_LINES:]:
            self._kept.append(line[: 4 * KEPT_CHARS].decode("utf-8", "replace")[:KEPT_CHARS])
