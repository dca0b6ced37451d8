"""A recording as a WAV file that is made while it is sent: its header, and any part of it that is asked for (RFC 9110, 14)."""

import re
import struct
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from steadyline.errors import SteadylineError
from steadyline.recorder.channels import CLOCK_HZ, blocks
from steadyline.recorder.reading import Sound

FRAME_BYTES = 4
"""int16 of caller and agent."""
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
_RANGE = re.compile(r"bytes=(?:(\d{1,15})-(\d{0,15})|-(\d{1,15}))")
SHOWN_CHARS = 60


class RangeError(SteadylineError):
    """A part is asked for that there is not; the text says what there is."""


def wav_size(ticks: int) -> int:
    """Bytes of the file with so many samples of each channel."""
    return _HEADER.size + ticks * FRAME_BYTES


def wav_header(ticks: int) -> bytes:
    """Two channels of 16-bit PCM at 16 kHz (RIFF WAVE, as of Microsoft's 1991 document)."""
    size = ticks * FRAME_BYTES
    head = (b"RIFF", size + _HEADER.size - 8, b"WAVE", b"fmt ", 16, 1, 2, CLOCK_HZ, CLOCK_HZ * FRAME_BYTES)
    return _HEADER.pack(*head, FRAME_BYTES, 16, b"data", size)


def wanted_part(asked: str, size: int) -> tuple[int, int]:
    """First byte, and the one after the last, of a `Range` header.

    Args:
        asked: its value.
        size: bytes of the whole.

    Raises:
        RangeError: it is no range of one part, or begins beyond the end.
    """
    found = _RANGE.fullmatch(asked.strip())
    if found is None:
        raise RangeError(f"range is {asked[:SHOWN_CHARS]!r}, expected bytes=FIRST-LAST, one part of 0 to {size - 1}")
    first, last, tail = found.groups()
    start = int(first) if tail is None else max(0, size - int(tail))
    end = min(size, int(last) + 1) if last else size
    if not start < end:
        raise RangeError(f"range is {asked[:SHOWN_CHARS]!r}, but there are bytes 0 to {size - 1}")
    return start, end


def wav_part(sounds: Iterable[Sound], ticks: int, start: int, end: int) -> Iterator[bytes]:
    """Bytes `start` to `end` of the file with `ticks` samples of each channel, in pieces of a second at most."""
    if start < _HEADER.size:
        yield wav_header(ticks)[start:end]
        start = _HEADER.size
    at = start
    first, into = divmod(start - _HEADER.size, FRAME_BYTES)
    for block in _of_length(blocks(sounds, first), ticks - first):
        if at >= end:
            return
        piece = block.astype("<i2", copy=False).tobytes()[into : into + end - at]
        into = 0
        at += len(piece)
        yield piece


def _of_length(made: Iterator[NDArray[np.int16]], ticks: int) -> Iterator[NDArray[np.int16]]:
    """What was promised, whatever has become of the recording since: cut off, or filled up with silence."""
    for block in made:
        if ticks <= 0:
            return
        yield block[:ticks]
        ticks -= len(block)
    while ticks > 0:
        yield np.zeros((min(ticks, CLOCK_HZ), 2), np.int16)
        ticks -= CLOCK_HZ
