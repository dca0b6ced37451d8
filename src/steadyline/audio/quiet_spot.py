"""Where speech may be divided: at the quietest spot."""

import numpy as np
from numpy.typing import NDArray

from steadyline.audio.endpointing import SAMPLE_RATE_HZ

SPOT_SAMPLES = SAMPLE_RATE_HZ // 5
"""0.2 s: longer than the closure of a consonant, which is quiet too."""
INSTANT_SAMPLES = SAMPLE_RATE_HZ // 100
INSTANTS = 3
"""Within the spot the quietest 30 ms: between two words that follow each other quickly there is no more."""


def quietest_spot(samples: NDArray[np.float32], first: int, last: int) -> int:
    """The middle of the quietest 30 ms in the quietest 0.2 s between two sample indices.

    Args:
        samples: float32, shape (n,), 16 kHz.
        first, last: where to look, 0 <= first, first + 3,200 <= last <= n; a rest of less than 0.2 s before `last` is not
            looked at.
    """
    spots = (last - first) // SPOT_SAMPLES
    spot = first + SPOT_SAMPLES * int(_energies(samples[first : first + spots * SPOT_SAMPLES], SPOT_SAMPLES).argmin())
    instants = np.convolve(_energies(samples[spot : spot + SPOT_SAMPLES], INSTANT_SAMPLES), np.ones(INSTANTS), "valid")
    return spot + int(instants.argmin()) * INSTANT_SAMPLES + INSTANTS * INSTANT_SAMPLES // 2


def _energies(samples: NDArray[np.float32], size: int) -> NDArray[np.float64]:
    """Of each piece of that size."""
    energies: NDArray[np.float64] = np.square(samples.reshape(-1, size), dtype=np.float64).sum(axis=1)
    return energies
