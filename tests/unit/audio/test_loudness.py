"""The level of speech, and clauses that come out equally loud."""

from itertools import pairwise

import numpy as np
import pytest

from steadyline.audio.levels import SILENCE_DBFS, peak_dbfs, rms_dbfs
from steadyline.audio.loudness import active_level_dbfs, levelled
from steadyline.audio.pcm import Float32, from_pcm16, to_pcm16

TARGET_DBFS = -22.0


def noise(seconds: float, rms: float, rate_hz: int = 8000, seed: int = 1) -> Float32:
    return np.random.default_rng(seed).normal(0, rms, round(seconds * rate_hz)).astype(np.float32)


def spoken(*parts: tuple[float, float], rate_hz: int = 8000) -> Float32:
    """Noise with syllables of so many seconds and so much RMS, one after another."""
    made = []
    for number, (seconds, rms) in enumerate(parts):
        part = noise(seconds, rms, rate_hz, number)
        syllables = 1 + 0.6 * np.sin(2 * np.pi * 4 * np.arange(len(part)) / rate_hz)
        made.append((part * syllables).astype(np.float32))
    return np.concatenate(made)


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 22_050, 48_000])
def test_of_speech_without_pauses_it_is_the_rms(rate_hz: int) -> None:
    speech = spoken((4.0, 0.1), rate_hz=rate_hz)
    assert active_level_dbfs(speech, rate_hz) == pytest.approx(rms_dbfs(speech), abs=0.3)


def test_pauses_do_not_count() -> None:
    dense = spoken((4.0, 0.1))
    sparse = spoken((1.0, 0.1), (2.0, 0.0), (1.0, 0.1), (4.0, 0.0), (2.0, 0.1), (3.0, 0.0))
    assert rms_dbfs(sparse) < rms_dbfs(dense) - 4
    # The hangover of 200 ms counts as speech, three times here.
    assert active_level_dbfs(sparse, 8000) == pytest.approx(active_level_dbfs(dense, 8000), abs=0.9)


def test_a_soft_word_counts_and_noise_behind_it_does_not() -> None:
    level = active_level_dbfs(spoken((2.0, 0.1), (1.0, 0.03)), 8000)
    assert level == pytest.approx(rms_dbfs(spoken((2.0, 0.1), (1.0, 0.03))), abs=0.3)
    hissing = spoken((2.0, 0.1), (2.0, 0.001))
    assert active_level_dbfs(hissing, 8000) == pytest.approx(active_level_dbfs(spoken((2.0, 0.1)), 8000), abs=0.6)


def test_clauses_of_any_level_come_out_alike() -> None:
    clauses = [spoken((0.3, 0.01)), spoken((1.5, 0.05), (0.4, 0.0)), spoken((5.0, 0.16)), spoken((0.2, 0.3))]
    levels = [active_level_dbfs(levelled(clause, 8000, TARGET_DBFS), 8000) for clause in clauses]
    assert levels == pytest.approx([TARGET_DBFS] * len(clauses), abs=0.01)
    before = [active_level_dbfs(clause, 8000) for clause in clauses]
    assert max(abs(a - b) for a, b in pairwise(before)) > 9


def test_a_clause_has_one_gain_from_its_first_sample_to_its_last() -> None:
    clause = spoken((1.0, 0.02), (0.3, 0.0), (1.0, 0.1))
    out = levelled(clause, 8000, TARGET_DBFS)
    gain = out[clause != 0] / clause[clause != 0]
    np.testing.assert_allclose(gain, gain[0], rtol=1e-5)


def test_a_peak_keeps_its_shape_below_full_scale_even_where_the_level_is_not_reached() -> None:
    clause = spoken((2.0, 0.01))
    clause[5000:5008] = 0.9
    out = levelled(clause, 8000, -12.0)
    assert peak_dbfs(out) == pytest.approx(-1.0, abs=0.01)
    assert active_level_dbfs(out, 8000) < -12.0
    overshot = spoken((2.0, 0.4))
    assert np.abs(overshot).max() > 1.2, "as after resampling"
    assert np.abs(to_pcm16(levelled(overshot, 8000, TARGET_DBFS))).max() < 32767


def test_what_is_no_speech_is_not_raised_and_a_soft_voice_by_20_db_at_most() -> None:
    hiss = noise(1.0, 0.0005)
    np.testing.assert_array_equal(levelled(hiss, 8000, TARGET_DBFS), hiss)
    soft = spoken((2.0, 0.004))
    assert active_level_dbfs(levelled(soft, 8000, TARGET_DBFS), 8000) == pytest.approx(
        active_level_dbfs(soft, 8000) + 20, abs=0.01
    )
    assert active_level_dbfs(soft, 8000) + 20 < TARGET_DBFS - 1


def test_a_target_of_0_leaves_everything_as_it_was() -> None:
    clause = spoken((1.0, 0.02))
    np.testing.assert_array_equal(levelled(clause, 8000, 0.0), clause)


@pytest.mark.parametrize("clause", [np.zeros(0, np.float32), np.zeros(39, np.float32), np.zeros(8000, np.float32)])
def test_nothing_and_silence_stay_so(clause: Float32) -> None:
    assert active_level_dbfs(clause, 8000) == SILENCE_DBFS
    np.testing.assert_array_equal(levelled(clause, 8000, TARGET_DBFS), clause)


def test_a_tone_reaches_the_level_however_short() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(8000) / 8000).astype(np.float32)
    for clause in (tone, from_pcm16(to_pcm16(0.05 * tone)), tone[:100]):
        assert rms_dbfs(levelled(clause, 8000, -20.0)) == pytest.approx(-20.0, abs=1.0)
