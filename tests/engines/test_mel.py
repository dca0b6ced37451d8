"""The log-mel front end against its definition, computed here the slow way."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steadyline.engines.mel import log_mel


def _tone(frequency_hz: float, seconds: float) -> np.ndarray:
    time_s = np.arange(int(seconds * 16000)) / 16000
    return (0.5 * np.sin(2 * np.pi * frequency_hz * time_s)).astype(np.float32)


def test_shape_type_and_range() -> None:
    for bands in (80, 128):
        mel = log_mel(_tone(1000, 1.0), 800, bands)
        assert mel.shape == (bands, 800) and mel.dtype == np.float32
        # Eight decades of range, divided by four.
        assert mel.max() - mel.min() == pytest.approx(2.0, abs=1e-5)


def test_a_higher_tone_lights_a_higher_band_and_only_while_it_sounds() -> None:
    loudest = [int(log_mel(_tone(hz, 1.0), 300)[:, 50].argmax()) for hz in (200, 500, 1000, 2000, 4000, 7000)]
    assert loudest == sorted(set(loudest))
    mel = log_mel(_tone(1000, 1.0), 300)
    assert mel[:, 110:].max() == mel.min()


@settings(max_examples=25)
@given(st.integers(0, 16000), st.integers(100, 160))
def test_leaving_out_the_silent_frames_changes_nothing(length_samples: int, frames: int) -> None:
    samples = np.random.default_rng(length_samples).uniform(-0.5, 0.5, length_samples).astype(np.float32)
    padded = np.zeros(frames * 160, dtype=np.float32)
    padded[:length_samples] = samples
    np.testing.assert_allclose(log_mel(samples, frames), log_mel(padded, frames), atol=1e-6)


def test_too_much_audio_is_refused() -> None:
    with pytest.raises(ValueError, match="found 16001, at most 16000 fit in 100 frames"):
        log_mel(np.zeros(16001, dtype=np.float32), 100)
