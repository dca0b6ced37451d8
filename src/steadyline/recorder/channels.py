"""The two channels of a recording on the call's clock, for people and programs that listen: all of it, or piece by piece."""

from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from steadyline.audio.pcm import from_pcm16, to_pcm16
from steadyline.audio.resampling import StreamResampler
from steadyline.recorder.format import Pcm16
from steadyline.recorder.reading import Sound

CLOCK_HZ = 16_000
SEAM = CLOCK_HZ // 50
"""A piece that begins within so many ticks of the end of the one before goes on where that ended."""
SLACK_S = 60.0
"""So far the call's clock may be ahead of the wall clock; what claims to lie beyond is damaged."""
LONGEST_S = 86_400
"""What claims to lie beyond that is damaged, too."""
SETTLED = 2 * CLOCK_HZ
"""The two channels are written as they pass: none is so many ticks behind the other and still comes."""
BLOCK = CLOCK_HZ
"""Ticks that are given out at a time."""
LEAD = CLOCK_HZ // 10
"""So long before what is wanted the resampling begins, so that its filter is in it: a few milliseconds would do."""


class Place:
    """Where on the call's clock the pieces of one channel lie.

    Attributes:
        end: of the newest one, ticks.
    """

    def __init__(self) -> None:
        self.end = 0
        self._rate_hz = self._start = self._taken = 0

    def put(self, sound: Sound) -> tuple[int, bool]:
        """Where the next piece begins, ticks, and whether it goes on where the one before ended."""
        begins_at = self._start + (self._taken * CLOCK_HZ // self._rate_hz if self._rate_hz else 0)
        goes_on = sound.rate_hz == self._rate_hz and abs(sound.sample - begins_at) <= SEAM
        if not goes_on:
            begins_at = self._start = max(sound.sample, self.end)
            self._rate_hz, self._taken = sound.rate_hz, 0
        self._taken += len(sound.samples)
        self.end = self._start + round(self._taken * CLOCK_HZ / sound.rate_hz)
        return begins_at, goes_on


class Channel:
    """One channel, put together at 16 kHz. Where nothing was written it is silent.

    Args:
        first: ticks before this are not made.
    """

    def __init__(self, first: int = 0) -> None:
        self._first = first
        self._place = Place()
        self._pieces: deque[tuple[int, Pcm16]] = deque()
        self._made = 0
        self._resampler: StreamResampler | None = None

    @property
    def end(self) -> int:
        """Of what was put, ticks."""
        return self._place.end

    def put(self, sound: Sound) -> None:
        """The next piece."""
        begins_at, goes_on = self._place.put(sound)
        if not goes_on:
            self.flush()
        if self._place.end < self._first - LEAD:
            return
        if self._resampler is None:
            self._resampler, self._made = StreamResampler(sound.rate_hz, CLOCK_HZ), begins_at
        self._add(to_pcm16(self._resampler.process(from_pcm16(sound.samples))))

    def flush(self) -> None:
        """Make the rest of what was put."""
        if self._resampler is not None:
            self._add(to_pcm16(self._resampler.flush()))
            self._resampler = None

    def take(self, start: int, end: int) -> Pcm16:
        """From `start` to `end`, int16 mono at 16 kHz; what lies before `end` is forgotten."""
        taken = np.zeros(end - start, np.int16)
        for begins_at, samples in self._pieces:
            low, high = max(start, begins_at), min(end, begins_at + len(samples))
            if low < high:
                taken[low - start : high - start] = samples[low - begins_at : high - begins_at]
        while self._pieces and self._pieces[0][0] + len(self._pieces[0][1]) <= end:
            self._pieces.popleft()
        return taken

    def _add(self, samples: Pcm16) -> None:
        if len(samples):
            self._pieces.append((self._made, samples))
            self._made += len(samples)


def plausible(sounds: Iterable[Sound]) -> Iterator[Sound]:
    """Without those that a damaged file puts where none can be."""
    first_at: float | None = None
    for sound in sounds:
        first_at = sound.at if first_at is None else first_at
        reach_s = min(sound.at - first_at + SLACK_S, LONGEST_S)
        if sound.rate_hz and sound.sample <= reach_s * CLOCK_HZ:
            yield sound


def blocks(sounds: Iterable[Sound], first: int = 0) -> Iterator[NDArray[np.int16]]:
    """Caller and agent from tick `first` of the call's clock on, int16 of shape (n, 2) at 16 kHz, n up to `BLOCK`.

    However long the call is, no more of it than `SETTLED` ticks and a block is in memory.
    """
    caller, agent = Channel(first), Channel(first)
    at = first
    for sound in plausible(sounds):
        (agent if sound.is_played else caller).put(sound)
        while max(caller.end, agent.end) - SETTLED >= at + BLOCK:
            yield _both(caller, agent, at, at + BLOCK)
            at += BLOCK
    caller.flush()
    agent.flush()
    end = max(caller.end, agent.end)
    for start in range(at, end, BLOCK):
        yield _both(caller, agent, start, min(start + BLOCK, end))


def two_channels(sounds: Iterable[Sound]) -> NDArray[np.int16]:
    """Caller and agent, int16 of shape (n, 2) at 16 kHz, from the answer on; n is 0 when there is no sound."""
    return np.concatenate([np.zeros((0, 2), np.int16), *blocks(sounds)])


def _both(caller: Channel, agent: Channel, start: int, end: int) -> NDArray[np.int16]:
    return np.stack((caller.take(start, end), agent.take(start, end)), axis=1)
