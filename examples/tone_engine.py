"""A speech engine in thirty lines: every word is a tone, the pitch of its first letter.

python examples/tone_engine.py "Is there anybody there?" tones.wav
"""

import sys
from collections.abc import Iterator

import numpy as np
import soundfile
from numpy.typing import NDArray


class ToneSynthesizer:
    """Speaks in tones; fulfils `steadyline.services.engine_protocols.Synthesizer`."""

    rate_hz = 16_000

    def synthesize(self, text: str) -> Iterator[NDArray[np.float32]]:
        """One chunk a word: 120 ms of tone and 60 ms of silence, float32 mono, [-1, 1]; nothing for a text without words."""
        seconds = np.arange(round(0.12 * self.rate_hz)) / self.rate_hz
        fade = np.minimum(1, np.minimum(seconds, seconds[::-1]) / 0.005)
        pause = np.zeros(round(0.06 * self.rate_hz), np.float32)
        for word in text.split():
            pitch_hz = 220 * 2 ** (ord(word[0].lower()) % 24 / 12)
            tone = 0.3 * fade * np.sin(2 * np.pi * pitch_hz * seconds)
            yield np.concatenate([tone.astype(np.float32), pause])


if __name__ == "__main__":
    soundfile.write(
        sys.argv[2], np.concatenate(list(ToneSynthesizer().synthesize(sys.argv[1]))), ToneSynthesizer.rate_hz
    )
