"""What every voice activity detector offers, whatever is inside."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

WINDOW_SAMPLES = 512
"""32 ms at 16 kHz."""

Float32 = NDArray[np.float32]


class VoiceActivityDetector(Protocol):
    """Judges one stream, window after window; has a memory of what went before, so one object serves one caller."""

    window_samples: int

    def probability(self, window: Float32) -> float:
        """Return the probability, 0 to 1, that somebody speaks in the window (float32, shape (512,), 16 kHz)."""
        ...

    def reset(self) -> None:
        """Forget the stream; the next window begins another."""
        ...


def check_window(window: Float32) -> None:
    """Raise `ValueError` unless the window is float32, shape (512,), and finite."""
    if not isinstance(window, np.ndarray) or window.dtype != np.float32 or window.shape != (WINDOW_SAMPLES,):
        found = f"{window.dtype} {window.shape}" if isinstance(window, np.ndarray) else type(window).__name__
        raise ValueError(f"window: found {found}, expected a float32 array of shape ({WINDOW_SAMPLES},)")
    if not np.isfinite(window).all():
        raise ValueError("window: found a value that is not finite (NaN or infinity)")
