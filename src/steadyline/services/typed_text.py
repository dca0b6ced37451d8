"""What a caller types in one call: cleaned, bounded, given its place on the call's clock, kept until it is committed."""

from collections import deque
from collections.abc import Iterable, Iterator
from heapq import merge
from operator import itemgetter

from steadyline.text.typed_line import TypedLineError, typed_line
from steadyline.wire.audio_messages import CallerAudio
from steadyline.wire.line_messages import TypedText
from steadyline.wire.messages import Message, Turn
from steadyline.wire.outbox import Outbox

MINUTE_S = 60.0
KEPT_LINES = 100


class TypedTexts:
    """The lines of one call, in the gateway, which outlives everything behind it. Pure; times are arguments, seconds.

    Args:
        max_chars: longest line; 0: none is taken.
        per_minute: so many lines are taken within a minute.
    """

    def __init__(self, max_chars: int, per_minute: int) -> None:
        self._max_chars = max_chars
        self._per_minute = per_minute
        self._taken_at: deque[float] = deque()
        self._kept: Outbox[int, tuple[int, TypedText]] = Outbox(KEPT_LINES)
        self._newest_number = -1
        self._newest_sample = 0

    def take(self, number: int, text: str, next_sample: int, now: float) -> tuple[str, TypedText | None]:
        """Take a line.

        Args:
            number: of the line within the call; one that is not above the newest was taken before.
            text: as it was typed.
            next_sample: the caller's next sample on the call's clock.
            now: seconds.

        Returns:
            The line as it counts, and what goes down to inbound; None when it was taken before.

        Raises:
            TypedLineError: it is not taken.
        """
        if not self._max_chars:
            raise TypedLineError("typing is switched off (gateway.typed_max_chars is 0)")
        line = typed_line(text, self._max_chars)
        if number <= self._newest_number:
            return line, None
        self._check_rate(now)
        # A tick of its own: after all audio so far, and two lines in one frame must differ.
        self._newest_number, self._newest_sample = number, max(next_sample, self._newest_sample) + 1
        self._taken_at.append(now)
        typed = TypedText(line, self._newest_sample)
        self._kept.put(typed.sample, (next_sample, typed))
        return line, typed

    def commit(self, sample: int) -> None:
        """LLaMA has everything through this sample."""
        self._kept.commit(sample)

    def among(self, heard: Iterable[CallerAudio]) -> Iterator[tuple[int, Message]]:
        """What is not committed, in its place among the caller's audio, each with its place on the clock."""
        typed = ((at, message) for at, message in self._kept.after(None))
        audio = ((message.sample, message) for message in heard)
        return merge(typed, audio, key=itemgetter(0))

    def _check_rate(self, now: float) -> None:
        while self._taken_at and self._taken_at[0] <= now - MINUTE_S:
            self._taken_at.popleft()
        if len(self._taken_at) >= self._per_minute:
            raise TypedLineError(
                f"there were {self._per_minute} lines within a minute, more are not taken (gateway.typed_per_minute); "
                "wait a moment"
            )
        if len(self._kept) >= KEPT_LINES:
            raise TypedLineError(f"{KEPT_LINES} lines wait to be answered already; wait until they are")


def turn_of(said: Turn | TypedText) -> Turn:
    """A typed line as the turn that it is."""
    if isinstance(said, Turn):
        return said
    return Turn(max(0, said.sample - 1), said.sample, 0, True, said.text, "", 0.0)
