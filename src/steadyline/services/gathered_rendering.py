"""One voice's rendering of a clause, gathered from the chunks in which it comes."""

import numpy as np

from steadyline.audio.loudness import levelled
from steadyline.audio.pcm import Float32, Int16, to_pcm16
from steadyline.audio.resampling import resample
from steadyline.wire.audio_messages import ClauseAudio

LONGEST_CLAUSE_S = 60.0
"""What a voice renders beyond this of one clause is dropped, so that memory stays bounded."""


class GatheredRendering:
    """What one voice has sent of a clause so far.

    Args:
        audio: the first chunk that came of it; it is not added yet.
    """

    def __init__(self, audio: ClauseAudio) -> None:
        self.identity = (audio.turn, audio.clause)
        self.number = audio.rendering
        self._rate_hz = audio.rate_hz
        self._longest = int(LONGEST_CLAUSE_S * audio.rate_hz)
        self._next_chunk = 0
        self._pieces: list[Float32] = []
        self._length = 0

    def add(self, audio: ClauseAudio) -> bool:
        """Take the next chunk; False for one that does not follow."""
        if audio.chunk_id != self._next_chunk:
            return False
        self._next_chunk += 1
        if self._length < self._longest:
            self._pieces.append(audio.samples)
            self._length += len(audio.samples)
        return True

    def whole(self, rate_hz: int, loudness_dbfs: float) -> Int16:
        """All of it at the line's rate: int16, mono, its speech at this level (0: as it came); the same however it was cut."""
        samples = resample(np.concatenate(self._pieces)[: self._longest], self._rate_hz, rate_hz)
        return to_pcm16(levelled(samples, rate_hz, loudness_dbfs))
