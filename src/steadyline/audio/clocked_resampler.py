"""Audio that lies on the call's clock, brought to the clock's rate."""

from steadyline.audio.pcm import Float32, Int16, from_pcm16
from steadyline.audio.resampling import StreamResampler

CLOCK_HZ = 16_000


class ClockedResampler:
    """Resamples pieces that say where on the clock they lie; after a gap, or at another rate, it begins anew.

    Attributes:
        input_end: index on the clock of what follows the newest piece; 0 before the first.
    """

    def __init__(self) -> None:
        self.input_end = 0
        self._resampler: StreamResampler | None = None
        self._rate_hz = self._output_end = 0

    def process(self, samples: Int16, rate_hz: int, start: int) -> tuple[Float32, int]:
        """What is settled by a piece, and its place.

        Args:
            samples: int16 of shape (n,), mono.
            rate_hz: their rate.
            start: index of the first on the clock.

        Returns:
            float32 of shape (m,), 16 kHz, [-1, 1], and the index of the first on the clock.
        """
        if self._resampler is None or rate_hz != self._rate_hz or start != self.input_end:
            self._resampler = StreamResampler(rate_hz, CLOCK_HZ)
            self._rate_hz, self._output_end = rate_hz, start
        self.input_end = start + len(samples) * CLOCK_HZ // rate_hz
        settled = self._resampler.process(from_pcm16(samples))
        at, self._output_end = self._output_end, self._output_end + len(settled)
        return settled, at
