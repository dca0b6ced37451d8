"""What waits between two clocks: sound comes by one, is sent by another, and the wait must not grow.

Clocks of two machines differ by some 50 parts in a million, 3 ms a minute; a sender that was held up delivers in bursts. The
cushion takes both: it lays silence before sound that finds the queue dry, so that the next late piece does not tear it again,
and leaves out pieces when more waits than it allows, quiet ones first.
"""

import numpy as np

from steadyline.audio.pcm import Int16

# Below -45 dBFS a piece holds no speech, so that nobody misses it.
_QUIET_RMS = 10 ** (-45 / 20) * 32768


class Cushion:
    """Says what of each piece of a stream to queue, mono int16.

    Args:
        rate_hz: of the stream.
        start_ms: silence before sound that finds the queue empty.
        ample_ms: of what waits; above it quiet pieces are left out.
        most_ms: above it every piece is.

    Attributes:
        inserted_samples, dropped_samples: silence that was added, sound that was left out.
    """

    def __init__(self, rate_hz: int, *, start_ms: int = 40, ample_ms: int = 60, most_ms: int = 160) -> None:
        self._start = rate_hz * start_ms // 1000
        self._ample = rate_hz * ample_ms // 1000
        self._most = rate_hz * most_ms // 1000
        self.inserted_samples = 0
        self.dropped_samples = 0

    def admit(self, piece: Int16, waiting: int) -> Int16:
        """What to queue, int16 of shape (n,), now that `piece`, int16 of shape (m,), has come and `waiting` samples wait."""
        if waiting > self._most or (waiting > self._ample and _rms(piece) < _QUIET_RMS):
            self.dropped_samples += piece.size
            return piece[:0]
        if waiting == 0 and piece.size:
            self.inserted_samples += self._start
            return np.concatenate([np.zeros(self._start, np.int16), piece])
        return piece


def _rms(piece: Int16) -> float:
    return float(np.sqrt(np.mean(piece.astype(np.float64) ** 2))) if piece.size else 0.0
