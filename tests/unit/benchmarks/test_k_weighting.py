"""Loudness as ITU-R BS.1770 defines it, on signals of which it is known."""

import numpy as np
import pytest
from benchmarks.k_weighting import loudness_lufs


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 48_000])
def test_a_sine_of_997_hz_at_full_scale_has_3_lufs_below_0(rate_hz: int) -> None:
    sine = np.sin(2 * np.pi * 997 * np.arange(2 * rate_hz) / rate_hz).astype(np.float32)
    assert loudness_lufs(sine, rate_hz) == pytest.approx(-3.01, abs=0.05)
    assert loudness_lufs(0.1 * sine, rate_hz) == pytest.approx(-23.01, abs=0.05)


def test_low_tones_count_less_and_pauses_not_at_all() -> None:
    time = np.arange(16_000) / 8_000
    low, high = (np.sin(2 * np.pi * hz * time).astype(np.float32) for hz in (40, 1000))
    assert loudness_lufs(low, 8_000) < loudness_lufs(high, 8_000) - 4
    paused = np.concatenate((high, np.zeros(32_000, np.float32), high))
    assert loudness_lufs(paused, 8_000) == pytest.approx(loudness_lufs(high, 8_000), abs=0.5)
    assert loudness_lufs(np.zeros(100, np.float32), 8_000) == -np.inf
