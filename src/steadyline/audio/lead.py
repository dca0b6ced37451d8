"""The silence with which voices begin: nobody waits for it."""

import numpy as np

from steadyline.audio.pcm import Float32

SOUND = np.float32(10 ** (-60 / 20))
"""Full scale is 1. Piper and Kokoro begin with 30 to 50 ms below it, and rise within 3 ms to ten times as much."""
KEPT_S = 0.005


def begins_at_once(samples: Float32, rate_hz: int) -> Float32:
    """The same sound with what is silent before it behind it, so that a pause to what follows stays as long as it was.

    Args:
        samples: float32, mono, shape (n,), [-1, 1].
        rate_hz: their rate.

    Returns:
        As many samples; the first above -60 dBFS is at most 5 ms from the beginning.
    """
    loud = np.flatnonzero(np.abs(samples) > SOUND)
    lead = int(loud[0]) - round(KEPT_S * rate_hz) if len(loud) else 0
    return np.concatenate((samples[lead:], samples[:lead])) if lead > 0 else samples
