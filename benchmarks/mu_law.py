"""G.711 µ-law (ITU-T G.711, table 2a), for telephones that we make ourselves."""

import numpy as np
from numpy.typing import NDArray

from steadyline.audio.pcm import to_pcm16

_BIAS = 132
_LARGEST = 32_635


def _expanded(code: int) -> int:
    """The 16-bit value of a code word."""
    inverted = ~code & 0xFF
    magnitude = (((inverted & 0x0F) << 3) + _BIAS << (inverted >> 4 & 7)) - _BIAS
    return -magnitude if inverted & 0x80 else magnitude


_VALUES = np.array([_expanded(code) for code in range(256)], np.int16)


def decoded(payload: bytes) -> NDArray[np.float32]:
    """Code words as float32 samples in [-1, 1]."""
    return _VALUES[np.frombuffer(payload, np.uint8)].astype(np.float32) / np.float32(32768)


def encoded(samples: NDArray[np.float32]) -> bytes:
    """Float32 samples in [-1, 1] as code words."""
    pcm = to_pcm16(samples).astype(np.int32)
    magnitude = np.minimum(np.abs(pcm), _LARGEST) + _BIAS
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = magnitude >> (exponent + 3) & 0x0F
    sign = np.where(pcm < 0, 0x80, 0)
    return bytes((~(sign | exponent << 4 | mantissa) & 0xFF).astype(np.uint8))
