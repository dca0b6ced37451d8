"""How evenly a call's packets arrive: the time from each to the next, against the 20 ms at which they should. Pure."""

FRAME_S = 0.02
BINS = 1_000
BIN_S = 0.0001
"""Deviations are counted in tenths of a millisecond, up to 100 ms and beyond."""


class Reception:
    """Counts one call's packets.

    Attributes:
        deviations: how many intervals were off by so many bins, shorter or longer.
        packets, lost: those that came, and those that are missing between them.
    """

    def __init__(self) -> None:
        self._last: tuple[int, float] | None = None
        self.reset()

    def reset(self) -> None:
        """Count anew from the next packet on."""
        self.deviations = [0] * BINS
        self.packets = self.lost = 0

    def take(self, sequence: int, arrived_at: float) -> None:
        """A packet (RFC 3550, 5.1) arrived, at this time in seconds."""
        self.packets += 1
        last = self._last
        step = 0 if last is None else (sequence - last[0]) & 0xFFFF
        if last is not None and not 0 < step < 0x8000:
            return  # it came twice, or late
        self._last = (sequence, arrived_at)
        if last is None:
            return
        if step == 1:
            off_s = abs(arrived_at - last[1] - FRAME_S)
            self.deviations[min(BINS - 1, int(off_s / BIN_S))] += 1
        else:
            self.lost += step - 1


def percentile_ms(deviations: list[int], share: float) -> float:
    """The deviation that this share of all intervals does not exceed, milliseconds; 0 without any."""
    left = share * sum(deviations)
    for place, count in enumerate(deviations):
        left -= count
        if left <= 0:
            return round((place + 1) * BIN_S * 1000, 1) if sum(deviations) else 0.0
    return BINS * BIN_S * 1000
