"""What the line hears: the browser's frames, as samples at the rate of the SIP call, with a short and bounded wait."""

from typing import Any, Protocol

import numpy as np

from steadyline.audio.cushion import Cushion
from steadyline.audio.pcm import Int16, from_pcm16, to_pcm16
from steadyline.audio.resampling import StreamResampler
from steadyline.webphone.line_track import BROWSER_HZ


class Spoken(Protocol):
    """What is used of a `steadyline.sip.SipCall`."""

    @property
    def line_rate_hz(self) -> int: ...
    @property
    def buffered_samples(self) -> int: ...
    def write(self, samples: Int16, /) -> int: ...


class VoiceToLine:
    """Passes frames on; the browser's clock brings them, the SIP stack's takes them.

    Args:
        line: an answered call; nobody else writes to it.
    """

    def __init__(self, line: Spoken) -> None:
        self._line = line
        self._rate_hz = 0
        self._resampler = StreamResampler(BROWSER_HZ, BROWSER_HZ)
        self._cushion = Cushion(BROWSER_HZ)

    def pass_on(self, frame: Any) -> None:
        """A frame of the WebRTC stack: packed int16, mono or stereo, 48 kHz."""
        rate_hz = self._line.line_rate_hz
        if not rate_hz:
            return
        if rate_hz != self._rate_hz:
            self._rate_hz = rate_hz
            self._resampler, self._cushion = StreamResampler(BROWSER_HZ, rate_hz), Cushion(rate_hz)
        samples = np.asarray(frame.to_ndarray().reshape(-1, len(frame.layout.channels)).mean(axis=1), np.int16)
        if rate_hz != BROWSER_HZ:
            samples = to_pcm16(self._resampler.process(from_pcm16(samples)))
        self._line.write(self._cushion.admit(samples, self._line.buffered_samples))

    def figures(self) -> dict[str, int]:
        """What waits now, and what was left out and put in so far, ms."""
        per_ms = (self._rate_hz or BROWSER_HZ) / 1000
        cushion = self._cushion
        samples = {
            "waiting_ms": self._line.buffered_samples,
            "left_out_ms": cushion.dropped_samples,
            "silence_put_in_ms": cushion.inserted_samples,
        }
        return {name: round(count / per_ms) for name, count in samples.items()}
