"""Sample rates as telephones and engines have them."""

import numpy as np
import pytest

from steadyline.audio.pcm import Float32, from_pcm16, to_pcm16
from steadyline.audio.resampling import StreamResampler, resample

PAIRS = [(8000, 16000), (16000, 8000), (22050, 8000), (24000, 8000), (48000, 16000), (24000, 48000), (22050, 48000)]


def sine(hz: float, rate_hz: int, seconds: float = 0.5, phase: float = 0.0) -> Float32:
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz + phase).astype(np.float32)


def level_db(samples: Float32) -> float:
    middle = samples[len(samples) // 4 : -len(samples) // 4]
    return float(20 * np.log10(np.sqrt(2 * np.mean(np.square(middle, dtype=np.float64))) + 1e-12))


@pytest.mark.parametrize(("from_hz", "to_hz"), PAIRS)
def test_what_the_line_can_carry_comes_through_in_place(from_hz: int, to_hz: int) -> None:
    for hz in np.linspace(100, 0.45 * min(from_hz, to_hz), 12):
        out, expected = resample(sine(hz, from_hz), from_hz, to_hz), sine(hz, to_hz)
        edge = to_hz // 50
        np.testing.assert_allclose(out[edge:-edge], expected[: len(out)][edge:-edge], atol=0.003)


@pytest.mark.parametrize(("from_hz", "to_hz"), [pair for pair in PAIRS if pair[0] > pair[1]])
def test_what_the_line_cannot_carry_does_not_fold_back(from_hz: int, to_hz: int) -> None:
    for hz in np.linspace(to_hz / 2 + 1, from_hz / 2 - 1, 40):
        assert level_db(resample(sine(hz, from_hz), from_hz, to_hz)) < -55


def test_nothing_is_added_above_the_telephone_band() -> None:
    for hz in np.linspace(100, 3600, 20):
        out = resample(sine(hz, 8000, 1.0), 8000, 16000)
        spectrum = np.abs(np.fft.rfft(out * np.hanning(len(out))))
        above = int(4200 / 8000 * (len(spectrum) - 1))
        assert spectrum[above:].max() < spectrum.max() * 10 ** (-55 / 20)


@pytest.mark.parametrize(("from_hz", "to_hz"), [*PAIRS, (44100, 16000)])
def test_sound_is_delayed_by_no_more_than_5_ms_and_no_sample_is_lost(from_hz: int, to_hz: int) -> None:
    resampler, frame, out = StreamResampler(from_hz, to_hz), from_hz // 100, 0
    assert resampler.delay_s < 0.005
    for frames in range(1, 101):
        out += len(resampler.process(np.zeros(frame, np.float32)))
        assert out >= (frames * frame / from_hz - resampler.delay_s) * to_hz - 1
    out += len(resampler.flush())
    assert out == round(100 * frame * to_hz / from_hz)


def test_after_a_flush_nothing_of_the_last_sound_is_left() -> None:
    resampler = StreamResampler(22050, 8000)
    resampler.process(sine(440, 22050))
    resampler.flush()
    assert not resampler.process(np.zeros(22050, np.float32)).any() and not resampler.flush().any()


def test_equal_rates_pass_through() -> None:
    resampler, sound = StreamResampler(8000, 8000), sine(440, 8000)
    np.testing.assert_array_equal(resampler.process(sound), sound)
    assert len(resampler.flush()) == 0 and resampler.delay_s == 0


def test_a_steady_level_has_no_ripple() -> None:
    out = resample(np.full(22050, 0.5, np.float32), 22050, 8000)
    np.testing.assert_allclose(out[100:-100], 0.5, atol=1e-5)


def test_a_rate_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="0 Hz"):
        StreamResampler(0, 8000)


def test_loud_sound_is_clipped_and_never_wraps() -> None:
    loud = np.array([1.0, 1.5, -1.0, -7.0, np.inf, -np.inf, np.nan, 0.99999], np.float32)
    assert to_pcm16(loud).tolist() == [32767, 32767, -32768, -32768, 32767, -32768, 0, 32767]


def test_every_16_bit_sample_survives_the_way_to_float_and_back() -> None:
    every = np.arange(-32768, 32768).astype(np.int16)
    as_float = from_pcm16(every)
    assert as_float.dtype == np.float32 and as_float.min() >= -1 and as_float.max() < 1
    np.testing.assert_array_equal(to_pcm16(as_float), every)
