"""Placing a stream of received or sent samples on a clock."""

from collections import deque

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]

# One RTP packet of every codec that we offer (RFC 3551, section 4.2: the default packet time is 20 ms).
PACKET_S = 0.020
# Behind its clock by more than this, a stream has a gap that the ear hears; below it, packets were merely late.
GAP_S = 0.060
# What is below this is taken for silence, in which the alignment may be corrected unheard: -40 dBFS, peak.
SILENT_PEAK = 328
# The least delay of this many observations is the true one: packets can be seen late, never early.
OBSERVATIONS = 16
# An alignment that is as near as this is left alone.
DEADBAND_S = 0.0015


class ChannelClock:
    """One channel of a recording: samples stand where they passed the edge of the network.

    The first sample of a packet stands at the moment at which the packet passed, in both directions. Samples run on
    without a seam as long as packets do. The observer polls, so that it sees a packet late by up to its poll interval
    and sometimes by a stall of its own; hence the alignment is that of the packets seen soonest. It is corrected at
    once when the stream has fallen behind by a gap (silence is inserted), and finely, to the millisecond, while the
    stream is silent: speech is never cut or stretched.

    Args:
        rate_hz: sampling rate.
    """

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self.inserted_samples = 0
        self.dropped_samples = 0
        self._blocks: list[Samples] = []
        self._length = 0
        self._last_poll_s = 0.0
        self._seam = True
        self._lateness: deque[float] = deque(maxlen=OBSERVATIONS)

    @property
    def end_s(self) -> float:
        """Where the next sample would stand."""
        return self._length / self.rate_hz

    def passed(self, samples: Samples, now_s: float) -> None:
        """Take what has passed since the last call.

        Args:
            samples: int16, shape (n,), n may be 0.
            now_s: seconds on the clock of the recording, taken right after the samples were counted or read.
        """
        if samples.size:
            self._close_gap(samples, now_s)
            self._observe(samples, now_s)
            if np.abs(samples.astype(np.int32)).max() < SILENT_PEAK:
                samples = self._correct(samples)
            self._append(samples)
        self._last_poll_s = now_s

    def interrupted(self) -> None:
        """The stream is known to have stopped: what passes next stands where it passed, however small the gap."""
        self._seam = True

    def samples(self, until_s: float) -> Samples:
        """The channel from 0 to `until_s`, filled with silence or cut: int16, shape (until_s * rate_hz,)."""
        length = round(until_s * self.rate_hz)
        whole = np.concatenate([*self._blocks, np.zeros(max(0, length - self._length), np.int16)])
        return np.asarray(whole[:length], np.int16)

    def _close_gap(self, samples: Samples, now_s: float) -> None:
        # The packets came after the last poll. Where we polled late, they came evenly in between.
        earlier_packets_s = max(0.0, samples.size / self.rate_hz - PACKET_S)
        first_passed_s = max(self._last_poll_s, now_s - earlier_packets_s)
        behind_s = first_passed_s - self.end_s
        if behind_s > (0.0 if self._seam else GAP_S):
            self._insert_silence(behind_s)
            self._lateness.clear()
        self._seam = False

    def _observe(self, samples: Samples, now_s: float) -> None:
        newest_packet_s = self.end_s + max(0.0, samples.size / self.rate_hz - PACKET_S)
        self._lateness.append(now_s - newest_packet_s)

    def _correct(self, samples: Samples) -> Samples:
        if len(self._lateness) < OBSERVATIONS:
            return samples
        behind_s = min(self._lateness)
        if behind_s > DEADBAND_S:
            self._insert_silence(behind_s)
            self._lateness.clear()
        elif behind_s < -DEADBAND_S:
            dropped = min(samples.size, round(-behind_s * self.rate_hz))
            self.dropped_samples += dropped
            self._lateness = deque((late_s + dropped / self.rate_hz for late_s in self._lateness), OBSERVATIONS)
            return samples[dropped:]
        return samples

    def _insert_silence(self, length_s: float) -> None:
        length = round(length_s * self.rate_hz)
        self.inserted_samples += length
        self._append(np.zeros(length, np.int16))

    def _append(self, samples: Samples) -> None:
        self._blocks.append(samples)
        self._length += samples.size
