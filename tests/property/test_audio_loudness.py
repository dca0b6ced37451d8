"""Whatever a voice makes of a clause: one gain, no clipping, the same for the same samples."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from steadyline.audio.loudness import active_level_dbfs, levelled
from steadyline.audio.pcm import Float32

RATES_HZ = [8000, 11_025, 16_000, 22_050, 24_000, 48_000]


@st.composite
def clauses(draw: st.DrawFn) -> tuple[Float32, int]:
    """Stretches of noise and silence, from nothing to beyond full scale."""
    rate_hz = draw(st.sampled_from(RATES_HZ))
    parts = draw(st.lists(st.tuples(st.integers(0, 9000), st.floats(-90, 6)), max_size=6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    made = [rng.uniform(-1, 1, length) * 10 ** (level / 20) for length, level in parts]
    return np.concatenate([np.zeros(0), *made]).astype(np.float32), rate_hz


@settings(max_examples=150)
@given(clauses(), st.floats(-40, -1))
def test_no_sample_clips_and_no_clause_is_louder_than_it_should_be(
    clause: tuple[Float32, int], target_dbfs: float
) -> None:
    samples, rate_hz = clause
    out = levelled(samples, rate_hz, target_dbfs)
    assert len(out) == len(samples) and out.dtype == np.float32
    assert np.abs(out).max(initial=0) <= 0.9 or active_level_dbfs(samples, rate_hz) <= -60
    level = active_level_dbfs(out, rate_hz)
    assert level <= max(target_dbfs, -60) + 0.01


@settings(max_examples=100)
@given(clauses(), st.floats(-30, 20))
def test_a_gain_changes_the_level_by_just_so_much(clause: tuple[Float32, int], gain_db: float) -> None:
    samples, rate_hz = clause
    level = active_level_dbfs(samples, rate_hz)
    if level > -80:
        changed = active_level_dbfs(samples * np.float32(10 ** (gain_db / 20)), rate_hz)
        assert abs(changed - level - gain_db) < 0.05


@settings(max_examples=60)
@given(clauses(), st.floats(-10, 10))
def test_a_voice_that_is_turned_up_or_down_is_heard_alike(clause: tuple[Float32, int], gain_db: float) -> None:
    samples, rate_hz = clause
    assume(active_level_dbfs(samples, rate_hz) > -30)
    turned = samples * np.float32(10 ** (gain_db / 20))
    np.testing.assert_allclose(levelled(turned, rate_hz, -22.0), levelled(samples, rate_hz, -22.0), atol=0.005)
