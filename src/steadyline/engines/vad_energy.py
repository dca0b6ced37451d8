"""Voice activity by level alone: louder than the noise floor, which is learnt from the stream itself.

For drills and for machines where no neural detector is wanted. It takes every loud sound for speech.
"""

import math

import numpy as np

from steadyline.engines.vad import WINDOW_SAMPLES, Float32, check_window

_FIRST_FLOOR_DBFS = -55.0
_LOWEST_FLOOR_DBFS = -65.0
_SPEECH_ABOVE_FLOOR_DB = 9.0
_SOFTNESS_DB = 1.5
# The floor follows a fall within a few windows and a rise slowly: speech has gaps that bring it back down, noise has none.
_FALL = 0.3
_RISE_DB_PER_WINDOW = 0.05  # 1.6 dB a second


class EnergyVad:
    """A detector with an adaptive noise floor; see `VoiceActivityDetector`."""

    window_samples = WINDOW_SAMPLES

    def __init__(self) -> None:
        self._floor_dbfs = _FIRST_FLOOR_DBFS

    def probability(self, window: Float32) -> float:
        """Return how surely the window is louder than the noise: 0.5 at 9 dB above the floor.

        Args:
            window: float32, shape (512,), mono, 16 kHz, range [-1, 1].

        Raises:
            ValueError: another dtype or shape, or a value that is not finite.
        """
        check_window(window)
        power = float(np.square(window, dtype=np.float64).mean())
        level_dbfs = max(10 * math.log10(power + 1e-12), _LOWEST_FLOOR_DBFS)
        above_db = level_dbfs - self._floor_dbfs
        if above_db < 0:
            self._floor_dbfs += _FALL * above_db
        else:
            self._floor_dbfs += min(above_db, _RISE_DB_PER_WINDOW)
        return 1 / (1 + math.exp(-(above_db - _SPEECH_ABOVE_FLOOR_DB) / _SOFTNESS_DB))

    def reset(self) -> None:
        """Forget the noise floor; the next window begins another stream."""
        self._floor_dbfs = _FIRST_FLOOR_DBFS
