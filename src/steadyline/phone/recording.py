"""The recording of a call: what the caller said and what the caller heard, on one clock."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from steadyline.audio.files import write_wav
from steadyline.audio.resampling import from_pcm16, resample, to_pcm16
from steadyline.phone.channel_clock import ChannelClock, Samples

# Opus comes at 48 kHz, which is more than a telephone recording needs.
HIGHEST_RATE_HZ = 16_000


class TwoChannelRecording:
    """Two channels from the moment at which the call was established.

    Both stand where they passed the edge of the network (see `ChannelClock`): a word of the left channel stands where
    its packet left, a word of the right one where the caller could hear it, that is, behind the caller's own jitter
    buffer. The time between the two is thus what a caller would measure with a stop watch.

    Args:
        line_rate_hz: rate of the samples that are given, 8000, 16000 or 48000.
    """

    def __init__(self, line_rate_hz: int) -> None:
        self.line_rate_hz = line_rate_hz
        self.rate_hz = min(line_rate_hz, HIGHEST_RATE_HZ)
        self.caller = ChannelClock(line_rate_hz)
        self.far_end = ChannelClock(line_rate_hz)

    def said(self, samples: Samples, now_s: float) -> None:
        """Take what has left since the last call, int16 mono, `now_s` seconds after the call was established."""
        self.caller.passed(samples, now_s)

    def heard(self, samples: Samples, now_s: float) -> None:
        """Take what has arrived since the last call, int16 mono, `now_s` seconds after the call was established."""
        self.far_end.passed(samples, now_s)

    @property
    def end_s(self) -> float:
        return max(self.caller.end_s, self.far_end.end_s)

    def channels(self) -> npt.NDArray[np.int16]:
        """Left: said, right: heard; int16, shape (n, 2), at `rate_hz`."""
        both = np.stack([self.caller.samples(self.end_s), self.far_end.samples(self.end_s)], axis=1)
        if self.rate_hz == self.line_rate_hz:
            return both
        # A linear-phase filter over the whole signal: nothing moves on the clock.
        resampled = [to_pcm16(resample(from_pcm16(side), self.line_rate_hz, self.rate_hz)) for side in both.T]
        return np.stack(resampled, axis=1)

    def write(self, path: Path) -> npt.NDArray[np.int16]:
        """Write a WAV file, 16 bit PCM, two channels, at `rate_hz`; gives what is in it, as `channels` does."""
        channels = self.channels()
        write_wav(path, channels, self.rate_hz)
        return channels
