"""What a voice gave, made fit for the way: a plugged-in one may give anything."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from steadyline.errors import EngineError
from steadyline.services.rendering import render


class Voice:
    """Gives what it was made with."""

    def __init__(self, *chunks: Any, rate_hz: Any = 16_000) -> None:
        self.rate_hz = rate_hz
        self._chunks = chunks

    def synthesize(self, text: str) -> Iterator[Any]:
        yield from self._chunks


def test_what_is_no_number_or_too_loud_is_made_playable() -> None:
    loud = np.full(1600, 0.5)
    loud[100:104] = np.nan, np.inf, -np.inf, 3.0
    samples, rate_hz = render(Voice(loud), "red")
    assert rate_hz == 16_000 and samples.dtype == np.float32
    assert np.isfinite(samples).all() and np.abs(samples).max() <= 1.0
    assert np.count_nonzero(samples) == 1599


def test_nothing_is_a_clause_without_a_sound() -> None:
    assert render(Voice(), "...")[0].shape == (0,)


@pytest.mark.parametrize("rate_hz", [0, 7_999, 96_000, 22_050.0, None])
def test_a_rate_that_cannot_be_played_is_named(rate_hz: Any) -> None:
    with pytest.raises(EngineError, match=r"rate_hz is .*, expected a whole number from 8000 to 48000"):
        render(Voice(np.zeros(10), rate_hz=rate_hz), "red")


def test_samples_of_a_wrong_shape_are_named() -> None:
    with pytest.raises(EngineError, match=r"shape \(10, 2\), expected one dimension"):
        render(Voice(np.zeros((10, 2))), "red")
