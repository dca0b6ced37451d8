"""G.711 µ-law, as far as callers by the dozen need it: made once, and looked at without decoding."""

import numpy as np
from numpy.typing import NDArray

FRAME_SAMPLES = 160
"""20 ms at 8,000 Hz."""
SILENCE = bytes([0xFF]) * FRAME_SAMPLES
AUDIBLE_PEAK = 256
"""-42 dB below full scale: more than the gateway's comfort noise, less than any speech."""
_BIAS, _CLIP = 0x84, 32_635


def encode(samples: NDArray[np.int16]) -> bytes:
    """int16 mono at 8,000 Hz as µ-law (ITU-T G.711, table 2a)."""
    biased = np.minimum(np.abs(samples.astype(np.int32)), _CLIP) + _BIAS
    exponent = np.floor(np.log2(biased)).astype(np.int32) - 7
    mantissa = (biased >> (exponent + 3)) & 0x0F
    codes = ~((samples < 0) * 0x80 | exponent << 4 | mantissa)
    return bytes(codes.astype(np.uint8))


def frames(samples: NDArray[np.int16]) -> list[bytes]:
    """Frames of 20 ms from the first to the last that is audible, as µ-law."""
    padded = np.concatenate((samples, np.zeros(-len(samples) % FRAME_SAMPLES, np.int16)))
    encoded = encode(padded)
    every = [encoded[at : at + FRAME_SAMPLES] for at in range(0, len(encoded), FRAME_SAMPLES)]
    loud = [place for place, frame in enumerate(every) if is_audible(frame)]
    return every[loud[0] : loud[-1] + 1] if loud else []


def is_audible(payload: bytes) -> bool:
    """Something in it is louder than `AUDIBLE_PEAK`."""
    return b"\1" in payload.translate(_AUDIBLE)


def _magnitude(code: int) -> int:
    exponent, mantissa = ~code >> 4 & 0x07, ~code & 0x0F
    return ((mantissa << 3 | _BIAS) << exponent) - _BIAS


_AUDIBLE = bytes(_magnitude(code) > AUDIBLE_PEAK for code in range(256))
