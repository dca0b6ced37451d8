"""However a sound is cut into chunks, the resampled sound is the same."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from steadyline.audio.resampling import StreamResampler, resample

RATES_HZ = [8000, 11025, 16000, 22050, 24000, 44100, 48000]


@settings(max_examples=60)
@given(
    st.sampled_from(RATES_HZ),
    st.sampled_from(RATES_HZ),
    st.lists(st.integers(0, 700), max_size=12),
    st.integers(0, 2**32 - 1),
)
def test_chunks_make_no_difference_and_no_sample_is_lost(
    from_hz: int, to_hz: int, chunks: list[int], seed: int
) -> None:
    sound = np.random.default_rng(seed).uniform(-1, 1, sum(chunks)).astype(np.float32)
    resampler, out, at = StreamResampler(from_hz, to_hz), [], 0
    for chunk in chunks:
        out.append(resampler.process(sound[at : at + chunk]))
        at += chunk
    out.append(resampler.flush())
    streamed = np.concatenate(out)
    assert len(streamed) == round(len(sound) * to_hz / from_hz)
    np.testing.assert_allclose(streamed, resample(sound, from_hz, to_hz), atol=2e-6)


@settings(max_examples=20)
@given(st.sampled_from(RATES_HZ), st.sampled_from(RATES_HZ), st.integers(1, 20_000))
def test_a_flushed_resampler_is_as_new(from_hz: int, to_hz: int, length: int) -> None:
    sound = np.random.default_rng(length).uniform(-1, 1, length).astype(np.float32)
    resampler = StreamResampler(from_hz, to_hz)
    first = np.concatenate((resampler.process(sound), resampler.flush()))
    again = np.concatenate((resampler.process(sound), resampler.flush()))
    np.testing.assert_array_equal(first, again)
