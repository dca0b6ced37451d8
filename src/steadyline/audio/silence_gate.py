"""Spares a speech detector the windows in which nobody can be speaking: digital silence and comfort noise."""

import numpy as np

from steadyline.audio.pcm import Float32
from steadyline.audio.segmenter import VoiceActivityDetector

LISTEN_ON_WINDOWS = 16
"""Quiet windows (0.5 s) that the detector still hears: pauses within speech belong to what it remembers."""


class SilenceGate:
    """A detector that is asked only while there is sound; in lasting silence the probability is 0.

    When sound returns the detector starts anew, as at the beginning of a call. Depends on the windows alone, so a replay
    gives the same probabilities.

    Args:
        detector: the detector.
        threshold_dbfs: RMS level of a window in dB below full scale under which it is silence. Telephone speech, even far
            from the microphone, is above -50; G.711's smallest step is -72 (µ-law) or -66 (A-law).
    """

    def __init__(self, detector: VoiceActivityDetector, threshold_dbfs: float) -> None:
        self.window_samples = detector.window_samples
        self._detector = detector
        self._threshold = 10.0 ** (threshold_dbfs / 10.0) * detector.window_samples
        self._quiet_windows = LISTEN_ON_WINDOWS

    def probability(self, window: Float32) -> float:
        """Probability of speech, 0 to 1, in `window_samples` float32 samples."""
        if float(np.dot(window, window)) >= self._threshold:
            if self._quiet_windows >= LISTEN_ON_WINDOWS:
                self._detector.reset()
            self._quiet_windows = 0
        elif self._quiet_windows >= LISTEN_ON_WINDOWS:
            return 0.0
        else:
            self._quiet_windows += 1
        return self._detector.probability(window)

    def reset(self) -> None:
        """Forget what came before."""
        self._detector.reset()
        self._quiet_windows = LISTEN_ON_WINDOWS
