"""Short pieces of sound become few records, and lie where each of them lay."""

from pathlib import Path

import numpy as np
import pytest

from steadyline.recorder.format import MAGIC, Kind
from steadyline.recorder.reading import FileReader, Sound
from steadyline.recorder.sound_run import SoundRun

PIECE = 160
TICKS = 320
"""20 ms at 8 kHz, and on the call's clock."""


def piece(number: int) -> np.ndarray:
    return np.arange(number * PIECE, (number + 1) * PIECE, dtype=np.int16)


def recorded(path: Path, starts: list[int], rates_hz: list[int] | None = None) -> list[Sound]:
    """What is read of pieces that began at these ticks, a second of wall clock apart."""
    times = iter(range(1000))
    run = SoundRun(Kind.HEARD, lambda: float(next(times)))
    rates_hz = rates_hz or [8_000] * len(starts)
    records = [
        run.add(start, rate_hz, piece(n)) for n, (start, rate_hz) in enumerate(zip(starts, rates_hz, strict=True))
    ]
    path.write_bytes(MAGIC + b"".join([*records, run.take(), run.take()]))
    return [item for item in FileReader(path).items() if isinstance(item, Sound)]


def test_what_goes_on_without_a_gap_is_a_record_for_each_fifth_of_a_second(tmp_path: Path) -> None:
    found = recorded(tmp_path / "a.rec", [n * TICKS for n in range(25)])
    assert [sound.sample for sound in found] == [0, 3_200, 6_400]
    assert np.array_equal(
        np.concatenate([sound.samples for sound in found]), np.concatenate([piece(n) for n in range(25)])
    )


@pytest.mark.parametrize("jump", [-TICKS, 1, 16_000])
def test_what_lies_elsewhere_is_a_record_of_its_own(tmp_path: Path, jump: int) -> None:
    starts = [16_000, 16_000 + TICKS, 16_000 + 2 * TICKS + jump]
    first, second = recorded(tmp_path / "a.rec", starts)
    assert (first.sample, len(first.samples), second.sample) == (16_000, 2 * PIECE, starts[2])
    assert np.array_equal(second.samples, piece(2))


def test_a_codec_that_changes_begins_a_record(tmp_path: Path) -> None:
    found = recorded(tmp_path / "a.rec", [0, TICKS, TICKS + 160], [8_000, 16_000, 16_000])
    assert [(sound.sample, sound.rate_hz, len(sound.samples)) for sound in found] == [
        (0, 8_000, PIECE),
        (TICKS, 16_000, 2 * PIECE),
    ]


def test_a_record_has_the_time_at_which_it_began(tmp_path: Path) -> None:
    assert [sound.at for sound in recorded(tmp_path / "a.rec", [0, TICKS, 5 * TICKS])] == [0.0, 1.0]
