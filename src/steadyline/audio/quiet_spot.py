"""Where speech may be divided: at the quietest spot."""

import numpy as np
from numpy.typing import NDArray

from steadyline.audio.endpointing import SAMPLE_RATE_HZ

SPOT_SAMPLES = SAMPLE_RATE_HZ // 5
"""0.2 s: longer than the closure of a consonant, which is quiet too."""


def quietest_spot(samples: NDArray[np.float32], first: int, last: int) -> int:
    """The middle of the quietest 0.2 s between two sample indices.

    Args:
        samples: float32, shape (n,), 16 kHz.
        first, last: where to look, 0 <= first, first + 3,200 <= last <= n; a rest of less than 0.2 s before `last` is not
            looked at.
    """
    spots = (last - first) // SPOT_SAMPLES
    stretch = samples[first : first + spots * SPOT_SAMPLES].reshape(spots, SPOT_SAMPLES)
    energies = np.square(stretch, dtype=np.float64).sum(axis=1)
    return first + int(energies.argmin()) * SPOT_SAMPLES + SPOT_SAMPLES // 2
