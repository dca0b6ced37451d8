"""The two channels put together on the call's clock."""

import numpy as np
import pytest

from steadyline.recorder.channels import CLOCK_HZ, two_channels
from steadyline.recorder.reading import Sound


def tone(rate_hz: int, seconds: float, first: int = 0) -> np.ndarray:
    """A part of a tone of 440 Hz that begins with its sample `first`."""
    at = np.arange(first, first + round(seconds * rate_hz)) / rate_hz
    return np.round(8000 * np.sin(2 * np.pi * 440 * at)).astype(np.int16)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 48_000])
def test_pieces_make_one_sound_at_their_places(rate_hz: int) -> None:
    piece = rate_hz // 50
    sounds = [
        Sound(
            at, is_played, (CLOCK_HZ if is_played else 0) + number * 320, rate_hz, tone(rate_hz, 0.02, number * piece)
        )
        for is_played in (False, True)
        for number, at in enumerate(np.arange(50) * 0.02)
    ]
    both = two_channels(sounds)
    assert both.shape == (2 * CLOCK_HZ, 2)
    expected = tone(CLOCK_HZ, 1.0).astype(int)
    inner = slice(200, CLOCK_HZ - 200)
    assert np.abs(both[:CLOCK_HZ, 0] - expected)[inner].max() < 80
    assert np.abs(both[CLOCK_HZ:, 1] - expected)[inner].max() < 80
    assert not both[CLOCK_HZ + 200 :, 0].any() and not both[: CLOCK_HZ - 200, 1].any()


def test_another_rate_goes_on_where_the_first_ended() -> None:
    both = two_channels(
        [
            Sound(0.0, False, 0, 8_000, tone(8_000, 1.0)),
            Sound(1.0, False, CLOCK_HZ, 48_000, tone(48_000, 1.0)),
        ]
    )
    assert len(both) == 2 * CLOCK_HZ
    assert np.abs(both[CLOCK_HZ + 200 : -200, 0] - tone(CLOCK_HZ, 1.0).astype(int)[200:-200]).max() < 80


def test_what_claims_to_lie_far_ahead_takes_no_memory() -> None:
    wild = Sound(1.0, True, 1 << 62, 8_000, tone(8_000, 0.02))
    assert len(two_channels([Sound(0.0, False, 0, 8_000, tone(8_000, 0.02)), wild])) == 320


def test_nothing_is_nothing() -> None:
    assert two_channels([]).shape == (0, 2)
