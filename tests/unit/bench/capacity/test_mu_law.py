"""G.711 µ-law against what the ITU's table says, and a question's frames."""

import numpy as np
import pytest

from steadyline.bench.capacity.mu_law import FRAME_SAMPLES, SILENCE, encode, frames, is_audible


@pytest.mark.parametrize(
    ("sample", "code"),
    # ITU-T G.711, table 2a: the ends, zero of either sign, and the edge of the first segment (values in 16 bits).
    [
        (0, 0xFF),
        (32_635, 0x80),
        (-32_635, 0x00),
        (32_767, 0x80),
        (-32_768, 0x00),
        (-1, 0x7F),
        (124, 0xEF),
        (-124, 0x6F),
    ],
)
def test_samples_have_the_codes_of_the_table(sample: int, code: int) -> None:
    assert encode(np.array([sample], np.int16)) == bytes([code])


def test_silence_and_comfort_noise_are_not_audible_and_speech_is() -> None:
    assert not is_audible(SILENCE)
    noise = np.random.default_rng(1).normal(0, 15, FRAME_SAMPLES).astype(np.int16)
    assert not is_audible(encode(noise))
    assert is_audible(SILENCE[:-1] + encode(np.array([1000], np.int16)))
    assert is_audible(encode(np.array([-1000], np.int16)))


def test_a_question_begins_and_ends_with_a_frame_that_is_audible() -> None:
    quiet, loud = np.zeros(500, np.int16), np.full(1000, 5000, np.int16)
    made = frames(np.concatenate((quiet, loud, quiet, loud, quiet)))
    assert is_audible(made[0]) and is_audible(made[-1])
    assert all(len(frame) == FRAME_SAMPLES for frame in made)
    assert len(made) == pytest.approx(2500 / FRAME_SAMPLES, abs=1.5)
    assert frames(quiet) == []
