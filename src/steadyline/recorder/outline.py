"""The wave form of a recording, as it is drawn: how low and how high each channel's sound is, in a bounded number of steps."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steadyline.recorder.channels import CLOCK_HZ, Place, plausible
from steadyline.recorder.reading import Sound

MAX_STEPS = 1000
FINE = CLOCK_HZ // 50
"""Ticks of the shortest step, which is as long as most pieces are."""
FULL_SCALE = 127


@dataclass(frozen=True, eq=False)
class Outline:
    """The wave form.

    Attributes:
        ticks: length of the recording, at 16 kHz.
        step: ticks of each step; the last one may be shorter.
        low, high: int8 of shape (2, n), n up to `MAX_STEPS`: caller and agent, of `FULL_SCALE`.
    """

    ticks: int
    step: int
    low: NDArray[np.int8]
    high: NDArray[np.int8]

    def as_dict(self) -> dict[str, Any]:
        """A JSON object."""
        channels = {
            name: {"low": self.low[place].tolist(), "high": self.high[place].tolist()}
            for place, name in enumerate(("caller", "agent"))
        }
        return {"seconds": round(self.ticks / CLOCK_HZ, 3), "step_s": self.step / CLOCK_HZ, **channels}


def outline(sounds: Iterable[Sound]) -> Outline:
    """Look through a recording; what is kept of it meanwhile is 4 bytes for each 20 ms of a channel."""
    places = Place(), Place()
    fine = _Fine()
    for sound in plausible(sounds):
        channel = int(sound.is_played)
        begins_at, _ = places[channel].put(sound)
        fine.put(channel, begins_at, sound)
    ticks = max(place.end for place in places)
    steps = -(-ticks // FINE)
    joined = max(1, -(-steps // MAX_STEPS))
    low, high = (_joined(values[:, :steps], joined) for values in (fine.low, fine.high))
    return Outline(ticks, joined * FINE, low.min(axis=2), high.max(axis=2))


class _Fine:
    """The shortest steps, int8 of shape (2, n) each; n doubles as it is needed."""

    def __init__(self) -> None:
        self.low, self.high = np.zeros((2, 1024), np.int8), np.zeros((2, 1024), np.int8)

    def put(self, channel: int, begins_at: int, sound: Sound) -> None:
        step_samples = max(1, FINE * sound.rate_hz // CLOCK_HZ)
        first, into = divmod(begins_at, FINE)
        cut = step_samples - into * sound.rate_hz // CLOCK_HZ
        for piece in (sound.samples[:cut], *_pieces(sound.samples[cut:], step_samples)):
            if len(piece):
                self._widen(channel, first, int(piece.min()), int(piece.max()))
            first += 1

    def _widen(self, channel: int, step: int, low: int, high: int) -> None:
        while step >= self.low.shape[1]:
            self.low = np.concatenate((self.low, np.zeros_like(self.low)), axis=1)
            self.high = np.concatenate((self.high, np.zeros_like(self.high)), axis=1)
        self.low[channel, step] = min(int(self.low[channel, step]), _scaled(low))
        self.high[channel, step] = max(int(self.high[channel, step]), _scaled(high))


def _pieces(samples: NDArray[np.int16], size: int) -> list[NDArray[np.int16]]:
    return [samples[start : start + size] for start in range(0, len(samples), size)]


def _scaled(value: int) -> int:
    """Of int16, full scale 32,767."""
    return max(-FULL_SCALE, round(value * FULL_SCALE / 32_767))


def _joined(values: NDArray[np.int8], count: int) -> NDArray[np.int8]:
    """Shape (2, n, count), filled up with silence."""
    missing = -values.shape[1] % count
    return np.pad(values, ((0, 0), (0, missing))).reshape(2, -1, count)
