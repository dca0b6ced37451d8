"""Measuring recordings: who speaks when, in noise as telephones have it."""

import numpy as np
import pytest

from steadyline.audio.levels import SILENCE_DBFS, peak_dbfs, rms_dbfs, speech_spans
from steadyline.audio.pcm import Float32, from_pcm16, to_pcm16


def speechlike(seconds: float, rate_hz: int, level: float = 0.2) -> Float32:
    """A hoarse vowel at four syllables a second, beginning at full strength."""
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    voice = sum(np.sin(2 * np.pi * 120 * k * time) / k for k in range(1, 12))
    syllables = 0.55 + 0.45 * np.cos(2 * np.pi * 4 * time)
    return (level * voice * syllables / 2).astype(np.float32)


def recording(rate_hz: int, noise: float, *spans: tuple[float, float], length_s: float = 10.0) -> Float32:
    rng = np.random.default_rng(3)
    samples = rng.normal(0, noise, round(length_s * rate_hz)).astype(np.float32)
    for start, end in spans:
        at = round(start * rate_hz)
        speech = speechlike(end - start, rate_hz)
        samples[at : at + len(speech)] += speech
    return from_pcm16(to_pcm16(samples))


@pytest.mark.parametrize("rate_hz", [8000, 16000, 48000])
@pytest.mark.parametrize("noise", [0.0, 2e-4, 1e-3, 4e-3])
def test_starts_are_found_within_10_ms_and_ends_within_a_syllable(rate_hz: int, noise: float) -> None:
    spans = [(1.2345, 2.5), (4.0, 6.001), (7.777, 8.9)]
    found = speech_spans(recording(rate_hz, noise, *spans), rate_hz)
    assert len(found) == len(spans)
    for (start, end), (real_start, real_end) in zip(found, spans, strict=True):
        assert abs(start - real_start) <= 0.010
        assert abs(end - real_end) <= 0.125


def test_comfort_noise_that_sets_in_is_no_speech() -> None:
    samples = recording(8000, 0.0, (5.0, 6.0))
    samples[16_000:36_000] += np.random.default_rng(1).normal(0, 1.2e-3, 20_000).astype(np.float32)
    ((start, end),) = speech_spans(samples, 8000)
    assert abs(start - 5.0) <= 0.010 and abs(end - 6.0) <= 0.125


def test_a_constant_offset_and_idle_codec_noise_are_no_speech() -> None:
    idle = np.where(np.arange(80_000) % 7 < 3, 8, -8).astype(np.int16)
    assert speech_spans(from_pcm16(idle), 8000) == []
    assert speech_spans(np.full(80_000, 0.1, np.float32), 8000) == []


def test_a_click_is_no_speech() -> None:
    samples = recording(8000, 2e-4)
    samples[40_000:40_040] = 0.9
    assert speech_spans(samples, 8000) == []


def test_pauses_between_words_do_not_split_and_longer_ones_do() -> None:
    samples = recording(8000, 2e-4, (1.0, 2.0), (2.2, 3.0), (4.0, 5.0))
    assert len(speech_spans(samples, 8000)) == 2
    assert len(speech_spans(samples, 8000, join_gap_s=0.05)) == 3


def test_speech_without_a_pause_for_half_a_minute_is_one_span() -> None:
    ((start, end),) = speech_spans(recording(8000, 5e-4, (2.0, 32.0), length_s=34.0), 8000)
    assert abs(start - 2) <= 0.010 and abs(end - 32) <= 0.125


def test_nothing_and_silence_hold_no_speech() -> None:
    for samples in (np.zeros(0, np.float32), np.zeros(5, np.float32), np.zeros(80_000, np.float32)):
        assert speech_spans(samples, 8000) == []


def test_levels_are_in_db_below_full_scale() -> None:
    square = np.tile(np.array([0.5, -0.5], np.float32), 100)
    assert rms_dbfs(square) == peak_dbfs(square) == pytest.approx(-6.02, abs=0.01)
    assert rms_dbfs(np.zeros(10, np.float32)) == peak_dbfs(np.zeros(0, np.float32)) == SILENCE_DBFS
