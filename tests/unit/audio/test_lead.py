"""A clause begins with its sound."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadyline.audio.lead import begins_at_once

RATE_HZ = 22_050


def sound(lead: int, length: int) -> np.ndarray:
    tone = 0.3 * np.sin(2 * np.pi * 300 * np.arange(1, length + 1) / RATE_HZ)
    return np.concatenate((np.full(lead, 1e-4), tone, np.zeros(2_000))).astype(np.float32)


@given(lead=st.integers(0, 5_000), length=st.integers(10, 3_000))
def test_the_sound_comes_within_5_ms_and_the_pause_after_it_stays_as_long(lead: int, length: int) -> None:
    before = sound(lead, length)
    after = begins_at_once(before, RATE_HZ)
    assert int((np.abs(after) > 1e-3).argmax()) <= round(0.005 * RATE_HZ)
    assert after.dtype == np.float32
    # Nothing is lost: the same samples, as many of them.
    assert np.array_equal(np.sort(after), np.sort(before))


def test_what_begins_with_its_sound_is_left_as_it_is() -> None:
    before = sound(50, 1_000)
    assert begins_at_once(before, RATE_HZ) is before


@pytest.mark.parametrize("samples", [0, 1, 1_000])
def test_silence_stays_silence(samples: int) -> None:
    silence = np.zeros(samples, np.float32)
    assert np.array_equal(begins_at_once(silence, RATE_HZ), silence)
