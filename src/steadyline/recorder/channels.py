"""The two channels of a recording as one piece of sound on the call's clock, for people and programs that listen."""

from collections.abc import Iterable

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


class Channel:
    """One channel, put together at 16 kHz. Where nothing was written it is silent."""

    def __init__(self) -> None:
        self._pieces: list[Pcm16] = []
        self._length = 0
        self._resampler: StreamResampler | None = None
        self._rate_hz = 0
        self._start = self._taken = 0

    def put(self, sound: Sound) -> None:
        """The next piece."""
        end = self._start + (self._taken * CLOCK_HZ // self._rate_hz if self._rate_hz else 0)
        if self._resampler is None or sound.rate_hz != self._rate_hz or abs(sound.sample - end) > SEAM:
            self._begin(sound)
        assert self._resampler is not None
        self._taken += len(sound.samples)
        self._add(to_pcm16(self._resampler.process(from_pcm16(sound.samples))))

    def samples(self) -> Pcm16:
        """All of it, int16 mono at 16 kHz, from sample 0 of the call's clock on."""
        self._flush()
        return np.concatenate(self._pieces) if self._pieces else np.zeros(0, np.int16)

    def _begin(self, sound: Sound) -> None:
        self._flush()
        self._start = max(sound.sample, self._length)
        self._add(np.zeros(self._start - self._length, np.int16))
        self._resampler, self._rate_hz, self._taken = StreamResampler(sound.rate_hz, CLOCK_HZ), sound.rate_hz, 0

    def _flush(self) -> None:
        if self._resampler is not None:
            self._add(to_pcm16(self._resampler.flush()))
            self._resampler = None

    def _add(self, samples: Pcm16) -> None:
        self._pieces.append(samples)
        self._length += len(samples)


def two_channels(sounds: Iterable[Sound]) -> NDArray[np.int16]:
    """Caller and agent, int16 of shape (n, 2) at 16 kHz, from the answer on; n is 0 when there is no sound."""
    caller, agent = Channel(), Channel()
    first_at: float | None = None
    for sound in sounds:
        first_at = sound.at if first_at is None else first_at
        if sound.rate_hz and sound.sample <= (sound.at - first_at + SLACK_S) * CLOCK_HZ:
            (agent if sound.is_played else caller).put(sound)
    channels = caller.samples(), agent.samples()
    both = np.zeros((max(map(len, channels)), 2), np.int16)
    for place, samples in enumerate(channels):
        both[: len(samples), place] = samples
    return both
