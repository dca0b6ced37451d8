"""What stands out of a line's background."""

import numpy as np
import pytest

from steadyline.audio.background_level import BackgroundLevel
from steadyline.audio.pcm import Float32

WINDOW = 512


def noise(level_db: float, seed: int = 0) -> Float32:
    """A window of white noise at this level, RMS, in dB below full scale."""
    sound = np.random.default_rng(seed).standard_normal(WINDOW)
    return np.asarray(sound / np.sqrt(np.mean(sound**2)) * 10 ** (level_db / 20), np.float32)


def settled(level_db: float, seconds: float = 10.0) -> BackgroundLevel:
    """Of a line that has sounded like that for so long."""
    background = BackgroundLevel(20.0)
    for seed in range(round(seconds * 16_000 / WINDOW)):
        background.stands_out(noise(level_db, seed))
    return background


@pytest.mark.parametrize("line_db", [-70.0, -60.0, -45.0])
def test_what_is_20_db_louder_than_the_line_stands_out(line_db: float) -> None:
    assert settled(line_db).stands_out(noise(line_db + 21.0))
    assert not settled(line_db).stands_out(noise(line_db + 18.0))


def test_on_a_silent_line_what_is_below_50_db_does_not_stand_out() -> None:
    background = BackgroundLevel(20.0)
    assert not any(background.stands_out(np.zeros(WINDOW, np.float32)) for _ in range(300))
    assert not background.stands_out(noise(-51.0))
    assert background.stands_out(noise(-49.0))


def test_a_noise_that_stays_stands_out_for_a_second_at_most() -> None:
    background = settled(-65.0)
    stood_out = [background.stands_out(noise(-30.0, seed)) for seed in range(100)]
    assert stood_out[0] and not any(stood_out[32:])


def test_when_it_is_over_a_voice_stands_out_again_soon() -> None:
    background = settled(-30.0)
    for seed in range(16):
        background.stands_out(noise(-65.0, seed))
    assert background.stands_out(noise(-35.0))
