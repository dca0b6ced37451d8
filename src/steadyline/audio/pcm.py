"""16-bit PCM to float and back, without wrap-around."""

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Int16 = npt.NDArray[np.int16]

_FULL_SCALE = 32768.0


def to_pcm16(samples: Float32) -> Int16:
    """Float samples in [-1, 1] as int16, rounded to nearest; louder ones are clipped, NaN becomes silence."""
    scaled = np.rint(np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0) * _FULL_SCALE)
    clipped: Int16 = np.clip(scaled, -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)
    return clipped


def from_pcm16(samples: Int16) -> Float32:
    """int16 samples as float32 in [-1, 1); `to_pcm16` gives the same int16 back."""
    return samples.astype(np.float32) / np.float32(_FULL_SCALE)
