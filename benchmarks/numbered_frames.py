"""Packets of G.711 whose sound is their number, so that the decoded sound tells which of them it is made of."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.wire_caller import PACKET_SAMPLES

BITS = 16
_SAMPLES_PER_BIT = PACKET_SAMPLES // BITS
# The loudest code words of the µ-law, ±32,124 (ITU-T G.711, table 2a).
_ONE, _ZERO = b"\x80", b"\x00"
_LOUD = 30_000
OTHER = -1
"""In place of a number: a frame of sound that was not sent, such as silence or what conceals a loss."""


def numbered_payload(number: int) -> bytes:
    """160 bytes of µ-law for a number from 0 to 65,535."""
    return b"".join((_ONE if number >> bit & 1 else _ZERO) * _SAMPLES_PER_BIT for bit in range(BITS))


def numbers_in(samples: NDArray[np.int16]) -> list[int]:
    """The number of each whole frame of 160 samples, or `OTHER`."""
    frames = samples[: len(samples) // PACKET_SAMPLES * PACKET_SAMPLES].reshape(-1, BITS, _SAMPLES_PER_BIT).astype(int)
    is_loud = (np.abs(frames) > _LOUD).all(axis=(1, 2))
    is_even = (np.abs(np.sign(frames).sum(axis=2)) == _SAMPLES_PER_BIT).all(axis=1)
    numbers = ((frames[:, :, 0] > 0) << np.arange(BITS)).sum(axis=1)
    return [int(number) if known else OTHER for number, known in zip(numbers, is_loud & is_even, strict=True)]
