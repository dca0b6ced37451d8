"""Sound that goes on where it ended: short pieces of one channel, gathered into one record."""

from collections.abc import Callable

import numpy as np

from steadyline.recorder.format import CLOCK_HZ, MICROSECONDS, Kind, Pcm16, pack_sound

LONGEST_TICKS = CLOCK_HZ // 5
"""A line gives a piece every 20 ms. A record for ten of them costs a tenth, and a crash no more of the sound than these."""


class SoundRun:
    """What one channel has given since its last record.

    Args:
        kind: HEARD or PLAYED.
        wall: Unix time, seconds.

    Attributes:
        end: of the newest piece on the call's clock (16 kHz), by its length.
    """

    def __init__(self, kind: Kind, wall: Callable[[], float]) -> None:
        self._kind = kind
        self._wall = wall
        self._pieces: list[Pcm16] = []
        self._began_at = 0.0
        self._start = self._rate_hz = self.end = 0

    def __repr__(self) -> str:
        return f"<SoundRun {self._kind.name} {self._start} to {self.end}>"

    def add(self, sample: int, rate_hz: int, samples: Pcm16) -> bytes:
        """The next piece, int16 mono at `rate_hz`, from `sample` of the call's clock on; nobody may change it afterwards.

        Returns:
            The record of those before it, if it is not gathered with them, else b"".
        """
        record = b""
        if sample != self.end or rate_hz != self._rate_hz or sample - self._start >= LONGEST_TICKS:
            record = self.take()
            self._began_at, self._start, self._rate_hz = self._wall(), sample, rate_hz
        self._pieces.append(samples)
        self.end = sample + len(samples) * CLOCK_HZ // rate_hz
        return record

    def take(self) -> bytes:
        """The record of what is here; b"" when nothing is."""
        pieces, self._pieces = self._pieces, []
        if not pieces:
            return b""
        at_us = int(self._began_at * MICROSECONDS)
        return pack_sound(self._kind, at_us, self._start, self._rate_hz, np.concatenate(pieces))
