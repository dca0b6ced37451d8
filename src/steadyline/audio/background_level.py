"""How loud a line is while nobody speaks, learnt from its quietest moments: what is much louder is somebody, or something."""

from math import log10

import numpy as np

from steadyline.audio.pcm import Float32

QUIETEST_DB = -70.0
"""No line counts as quieter, in dB below full scale (RMS): G.711's own noise is there."""
# Of the difference between a window's level and what is known, per window: down at once, up within seconds.
_FALL, _RISE = 0.3, 0.03


class BackgroundLevel:
    """Minimum statistics of one line (after R. Martin, 2001, as in `echo_guard`), in sample time.

    Args:
        margin_db: a window stands out if it is louder by so much.
    """

    def __init__(self, margin_db: float) -> None:
        self._margin_db = margin_db
        self._level_db = QUIETEST_DB

    def stands_out(self, window: Float32) -> bool:
        """Whether a window, float32 of shape (n,) in [-1, 1], is so much louder than those before; it is learnt from, too."""
        power = float(np.dot(window, window)) / len(window)
        level_db = max(QUIETEST_DB, 10.0 * log10(power)) if power > 0.0 else QUIETEST_DB
        change = level_db - self._level_db
        # Of a fall this is the first product, of a rise the second one.
        self._level_db += min(_FALL * change, _RISE * change)
        return change >= self._margin_db
