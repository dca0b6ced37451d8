"""A call's audio as int16 arrays, and how much of what was written has been sent."""

from typing import Any

import numpy as np
import numpy.typing as npt
from baresip import AudioNotActive, AudioRestarted

Samples = npt.NDArray[np.int16]

_BYTES_PER_SAMPLE = 2
# One read allocates and clears so much, 43 ms of Opus and more of others; a fuller buffer takes several.
_READ_BYTES = 4096


class LineAudio:
    """PCM of one call, mono at the codec's rate; what a stereo codec (Opus) needs is done here.

    The transmit clock is in C: it takes 20 ms at a time from the queue that `write` fills, and silence when there is
    nothing. What it took counts as played; a thread of the stack sends it some 5 ms later, and later by as much as the
    machine ever kept that clock waiting in this call (measured: 300 ms with six busy processes to a core), so give
    this process precedence over those that compute.

    A re-INVITE (hold, resume, another codec) replaces the streams; what was queued in the old ones is lost and counts
    as flushed. The cursors then go on from where they stood, so they may mix samples of two rates.

    Attributes:
        rate_hz: rate of `read` and `write`, 8000, 16000 or 48000; 0 before the media was first up.
        written_samples: how many samples `write` has taken.
    """

    def __init__(self, audio: Any) -> None:
        self._audio = audio
        self._stream = None
        self._channels = 1
        self._tx_up = False
        self._rx_up = False
        # Of the current streams: the cursors when they began, and the last `played_samples` seen.
        self._flushed_before = 0
        self._played = 0
        self._counters: dict[str, float] = {}
        self._flush_asked_at: tuple[int, int, int] | None = None
        self.rate_hz = 0
        self.written_samples = 0

    @property
    def ready(self) -> bool:
        """Whether media runs in both directions; not so on hold."""
        return self._refresh() and self._tx_up and self._rx_up

    def read(self) -> Samples:
        """All that was received since the last read: int16, shape (n,), mono at `rate_hz`; n may be 0.

        Call it every 20 ms: the stack drops the oldest when half of its buffer (0.5 s to 1.4 s) waits.
        """
        if not self._rx_up and not (self._refresh() and self._rx_up):
            return np.empty(0, np.int16)
        try:
            samples = np.frombuffer(self._read_all(), np.int16)
        except (AudioNotActive, AudioRestarted):
            self._begin_streams(None)
            return np.empty(0, np.int16)
        if self._channels == 1:
            return samples
        return np.asarray(samples.reshape(-1, self._channels).mean(axis=1), np.int16)

    def _read_all(self) -> bytes:
        chunks = [self._audio.read(_READ_BYTES)]
        while len(chunks[-1]) == _READ_BYTES:
            chunks.append(self._audio.read(_READ_BYTES))
        return b"".join(chunks)

    def write(self, samples: Samples) -> int:
        """Queue int16 mono samples at `rate_hz`, shape (n,); gives how many were taken.

        Fewer when the queue is full, none before media is up, on hold, and for the 20 ms or less that a flush takes.
        """
        if not samples.size or self._flush_pending() or (not self._tx_up and not (self._refresh() and self._tx_up)):
            return 0
        pcm = np.repeat(samples, self._channels) if self._channels > 1 else samples
        try:
            taken_bytes = self._audio.write(np.asarray(pcm, np.int16).tobytes())
        except (AudioNotActive, AudioRestarted):
            self._begin_streams(None)
            return 0
        taken = int(taken_bytes) // self._frame_bytes
        self.written_samples += taken
        return taken

    def flush(self) -> None:
        """Drop what is queued and not yet sent; at most the one frame of 20 ms in the encoder still goes out."""
        try:
            self._audio.flush_tx()
            self._flush_asked_at = _ticks(self._audio.stats())
        except (AudioNotActive, AudioRestarted):
            self._begin_streams(None)

    def cursor(self) -> tuple[int, int, int]:
        """(played, buffered, flushed) in mono samples; they add up to `written_samples`.

        All three are from one look at the stack, so they agree even while it sends.
        """
        try:
            stats = self._audio.stats()
        except AudioNotActive:
            self._begin_streams(None)
            return self._played, 0, self.written_samples - self._played
        self._notice_restart()
        buffered = int(stats.tx_buffered) // self._frame_bytes
        flushed = self._flushed_before + int(stats.tx_flushed_bytes) // self._frame_bytes
        self._played = max(self._played, self.written_samples - buffered - flushed)
        self._counters = {
            "starved_frames": stats.tx_starved_frames,
            "silence_frames": stats.tx_silence_frames,
            "discarded_bytes": stats.rx_discarded_bytes + stats.rx_dropped_bytes,
        }
        return self._played, buffered, flushed

    def _flush_pending(self) -> bool:
        """Whether the transmit clock has yet to carry out a flush; it would drop what is written until then."""
        if self._flush_asked_at is None:
            return False
        try:
            stats = self._audio.stats()
        except AudioNotActive:
            self._begin_streams(None)
            return False
        self._notice_restart()
        if _ticks(stats) != self._flush_asked_at:
            self._flush_asked_at = None
        return self._flush_asked_at is not None

    def counters(self) -> dict[str, float]:
        """starved_frames, silence_frames and discarded_bytes as last seen; empty before media was up.

        After the end they are those of the last `cursor`: the stack's own final report has zeros here.
        """
        self.cursor()
        return dict(self._counters)

    @property
    def _frame_bytes(self) -> int:
        return _BYTES_PER_SAMPLE * self._channels

    def _refresh(self) -> bool:
        """Look at what runs; gives whether anything does."""
        try:
            info = self._audio.info()
        except AudioNotActive:
            self._begin_streams(None)
            return False
        self._notice_restart()
        self._tx_up, self._rx_up = bool(info.tx_ready), bool(info.rx_ready)
        rate_hz, channels = info.tx_sample_rate or info.rx_sample_rate, info.tx_channels or info.rx_channels
        self.rate_hz, self._channels = int(rate_hz) or self.rate_hz, int(channels) or self._channels
        return True

    def _notice_restart(self) -> None:
        # The binding raises AudioRestarted from read, write and flush only; info() and stats() move on silently to the
        # new streams, and the number of the streams is in no public place.
        stream = self._audio._bound_epoch
        if stream != self._stream:
            self._begin_streams(stream)

    def _begin_streams(self, stream: Any) -> None:
        if self._stream is not None and stream != self._stream:
            self._flushed_before = self.written_samples - self._played
        self._stream = stream
        self._tx_up = self._rx_up = False
        self._flush_asked_at = None


def _ticks(stats: Any) -> tuple[int, int, int]:
    """Counters of which at least one grows with each tick of the transmit clock that finds less than a frame."""
    return stats.tx_flushed_bytes, stats.tx_silence_frames, stats.tx_starved_frames
