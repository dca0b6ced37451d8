"""What inbound needs to know our own voice again in the caller's audio, kept by the gateway for the next inbound."""

from collections import deque
from collections.abc import Iterable, Iterator
from heapq import merge
from operator import itemgetter

import numpy as np

from steadyline.link.link import Link
from steadyline.services.line import Samples
from steadyline.wire.audio_messages import PlayedAudio
from steadyline.wire.line_messages import EchoLearned
from steadyline.wire.messages import Message

CLOCK_HZ = 16_000
QUIET_PEAK = 104
"""Largest sample of what is not told of: -50 dB below full scale, the echo of which is silence to inbound."""
LEAD = CLOCK_HZ // 50
"""Ticks by which what is played lies ahead of what is heard when it begins: a frame, for ticks that come unevenly."""
LARGEST_LEAD = CLOCK_HZ // 10
KEPT_BEFORE = 2 * CLOCK_HZ
"""Ticks before what is committed: so long ago was played what may still echo after it."""
KEPT = 62 * CLOCK_HZ
KEPT_LEARNED = 100
"""Utterances of which nothing is committed yet."""


class EchoReference:
    """What was played in one call, and what inbound has learnt of its echo.

    What is played has no clock in common with what is heard, but each runs evenly. So what is played without a pause lies on
    the call's clock without a gap, beginning a frame ahead of what is heard: it is told before the caller's audio of that
    time, always.
    """

    def __init__(self) -> None:
        self._waiting: Samples = np.zeros(0, np.int16)
        self._end = -1
        self._kept: deque[tuple[int, Message]] = deque()
        self._learned: deque[EchoLearned] = deque(maxlen=KEPT_LEARNED)

    def queued(self, samples: Samples, count: int) -> int:
        """The line has taken the first `count` of these samples; returns that."""
        self._waiting = np.concatenate((self._waiting, samples[:count]))
        return count

    def flushed(self, buffered: int) -> None:
        """The line drops so many samples, which it has not sent."""
        self._waiting = self._waiting[: max(0, len(self._waiting) - buffered)]

    def line_restarted(self) -> None:
        """What the line had not sent is lost, and it goes on at another rate."""
        self._waiting = self._waiting[:0]

    def tell(self, inbound: Link | None, buffered: int, clock: int, rate_hz: int, *, more: bool = False) -> Samples:
        """Tell what has left for the caller since the last time, if it was loud enough to be heard again; all that has left.

        Args:
            inbound: who is told.
            buffered: samples that the line still has.
            clock: index of the caller's next sample on the call's clock.
            rate_hz: the line's rate, 0 before the answer.
            more: the caller's audio follows at once.
        """
        count = max(0, len(self._waiting) - buffered)
        samples, self._waiting = self._waiting[:count], self._waiting[count:]
        if not count or not rate_hz or self._end > clock + LARGEST_LEAD:
            return samples
        start = self._end if self._end >= clock else clock + LEAD
        self._end = start + count * CLOCK_HZ // rate_hz
        if int(np.abs(samples.astype(np.int32)).max()) <= QUIET_PEAK:
            return samples
        played = PlayedAudio(start, rate_hz, samples)
        self._kept.append((clock, played))
        self._forget(clock - KEPT)
        if inbound is not None:
            inbound.send(played, more=more)
        return samples

    def learned(self, learned: EchoLearned) -> None:
        """Inbound has written down what it knows at the end of an utterance."""
        self._learned.append(learned)

    def committed(self, sample: int) -> None:
        """A new inbound begins at this sample."""
        self._forget(sample - KEPT_BEFORE)
        while len(self._learned) > 1 and self._learned[1].sample <= sample:
            self._learned.popleft()

    def for_inbound(self, heard: Iterable[tuple[int, Message]], has: int, committed: int) -> Iterator[Message]:
        """What is sent to an inbound that connects, in the order in which it was sent the first time.

        Args:
            heard: the caller's audio that it lacks, and what belongs in between, each with its place on the clock.
            has: ticks of the caller's audio that it has; 0: it is new.
            committed: where a new one begins.
        """
        if not has and self._learned and self._learned[0].sample <= committed:
            yield self._learned[0]
        lacks = ((clock, message) for clock, message in list(self._kept) if clock >= has)
        yield from map(itemgetter(1), merge(lacks, heard, key=itemgetter(0)))

    def _forget(self, before: int) -> None:
        while self._kept and self._kept[0][0] < before:
            self._kept.popleft()
