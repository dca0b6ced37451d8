"""What the browser hears: the SIP call's audio as a WebRTC track.

The gateway's clock paces it: it sends a packet every 20 ms, whatever happens behind it, and the track gives a frame when that
much has come. Looking for it is all that is timed here.
"""

import asyncio
from fractions import Fraction
from typing import Protocol

import numpy as np
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame

from steadyline.audio.pcm import Int16, from_pcm16, to_pcm16
from steadyline.audio.resampling import StreamResampler

BROWSER_HZ = 48_000
FRAME_SAMPLES = BROWSER_HZ // 50
LOOK_S = 0.005
MOST_SAMPLES = BROWSER_HZ * 120 // 1000
"""More waits only after this process was held up: the oldest goes, down to one frame, or the delay would stay for good."""


class Heard(Protocol):
    """What is used of a `steadyline.sip.SipCall`."""

    @property
    def line_rate_hz(self) -> int: ...
    def read(self) -> Int16: ...


class LineTrack(MediaStreamTrack):
    """Frames of 20 ms, mono int16 at 48 kHz, from the call that `connect` names; none before it.

    Attributes:
        dropped_samples: what was left out to keep the delay short.
    """

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._line: asyncio.Future[Heard] = asyncio.get_running_loop().create_future()
        self._resampler = StreamResampler(BROWSER_HZ, BROWSER_HZ)
        self._rate_hz = BROWSER_HZ
        self._pending: Int16 = np.zeros(0, np.int16)
        self._sent_samples = 0
        self.dropped_samples = 0

    def connect(self, line: Heard) -> None:
        """From now on let this call be heard."""
        self._line.set_result(line)

    async def recv(self) -> AudioFrame:
        """The next frame, as soon as the line has brought it; `MediaStreamError` when the track was stopped."""
        line = await asyncio.shield(self._line)
        self._take(line)
        while self._pending.size < FRAME_SAMPLES:
            await asyncio.sleep(LOOK_S)
            if self.readyState != "live":
                raise MediaStreamError
            self._take(line)
        return self._frame()

    def _take(self, line: Heard) -> None:
        """Append what has come, at the browser's rate."""
        samples = line.read()
        if not samples.size:
            return
        if line.line_rate_hz != self._rate_hz:
            self._rate_hz = line.line_rate_hz
            self._resampler = StreamResampler(self._rate_hz, BROWSER_HZ)
        if self._rate_hz != BROWSER_HZ:
            samples = to_pcm16(self._resampler.process(from_pcm16(samples)))
        self._pending = np.concatenate([self._pending, samples])
        if self._pending.size > MOST_SAMPLES:
            self.dropped_samples += self._pending.size - FRAME_SAMPLES
            self._pending = self._pending[-FRAME_SAMPLES:]

    def _frame(self) -> AudioFrame:
        block, self._pending = np.split(self._pending, [FRAME_SAMPLES])
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(block).reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = BROWSER_HZ
        frame.time_base = Fraction(1, BROWSER_HZ)
        frame.pts = self._sent_samples
        self._sent_samples += FRAME_SAMPLES
        return frame
