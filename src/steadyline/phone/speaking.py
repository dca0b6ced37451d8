"""The caller's voice: utterances and the silence between them, fed to the line without a gap."""

from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from steadyline.audio.files import read_audio
from steadyline.audio.resampling import resample, to_pcm16

Samples = npt.NDArray[np.int16]

# What the SIP stack is given ahead: deep enough for a late tick of ours, and it delays the beginning of an utterance.
QUEUE_S = 0.100
FRAME_S = 0.020
# A recording's silent tail is not sent beyond this: the caller has finished when the voice has.
LONGEST_TAIL_S = 0.2
AUDIBLE_PEAK = 0.01


class Line(Protocol):
    """What is used of a `steadyline.sip.SipCall`."""

    @property
    def line_rate_hz(self) -> int: ...
    @property
    def written_samples(self) -> int: ...
    @property
    def buffered_samples(self) -> int: ...
    @property
    def played_samples(self) -> int: ...
    @property
    def flushed_samples(self) -> int: ...
    def write(self, samples: Samples, /) -> int: ...
    def read(self) -> Samples: ...


def load_utterance(path: Path, rate_hz: int) -> Samples:
    """An audio file of any rate as int16 mono at `rate_hz`, its silent tail shortened; `AudioFileError` if it is none."""
    samples, file_rate_hz = read_audio(path)
    audible = np.flatnonzero(np.abs(samples) > AUDIBLE_PEAK)
    end = int(audible[-1]) + round(LONGEST_TAIL_S * file_rate_hz) if audible.size else samples.size
    return to_pcm16(resample(samples[:end], file_rate_hz, rate_hz))


class Voice:
    """Keeps the line's queue filled and knows what of it has left.

    Args:
        line: the call; nobody else writes to it.
    """

    def __init__(self, line: Line) -> None:
        self._line = line
        self._rate_hz = line.line_rate_hz
        self._utterance: Samples = np.zeros(0, np.int16)
        self._utterance_end = 0
        self._queued: Samples = np.zeros(0, np.int16)
        self._played = line.played_samples
        self._flushed = line.flushed_samples

    @property
    def speaking(self) -> bool:
        """Whether samples of the utterance have still to leave."""
        return self._utterance.size > 0 or self._played + self._flushed < self._utterance_end

    def begin(self, utterance: Samples) -> None:
        """Say `utterance`, int16 mono at the rate of the line, behind what is queued."""
        self._utterance = utterance

    def top_up(self) -> None:
        """Fill the line's queue to `QUEUE_S` with the utterance, else with silence."""
        frame = round(FRAME_S * self._rate_hz)
        while self._line.buffered_samples < QUEUE_S * self._rate_hz:
            block, self._utterance = self._utterance[:frame], self._utterance[frame:]
            padded = np.concatenate([block, np.zeros(frame - block.size, np.int16)])
            taken = self._line.write(padded)
            self._queued = np.concatenate([self._queued, padded[:taken]])
            if block.size:
                self._utterance_end = self._line.written_samples
            if taken < frame:
                return

    def departed(self) -> tuple[Samples, bool]:
        """What has left the queue since the last call, int16, and whether the queue is dry: there is a gap behind it."""
        played, flushed = self._line.played_samples, self._line.flushed_samples
        departed, rest = np.split(self._queued, [played - self._played])
        # A re-INVITE loses what was queued: it was never heard.
        self._queued = rest[flushed - self._flushed :]
        self._played, self._flushed = played, flushed
        return departed, self._line.buffered_samples == 0
