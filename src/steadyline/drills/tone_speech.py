"""Speech for drills: every word is a pair of tones of its own, as telephone keys are (ITU-T Q.23), so that what was heard
can be told exactly, even from a piece of a word.

One tone is low (350 to 1,050 Hz), one high (1,400 to 2,800 Hz), both equally strong: within the telephone's band, apart
enough to be told from 10 ms at 8 kHz µ-law, and no voice sounds like it for long. A word lasts 120 ms, then comes a gap of
40 ms; neural voices do not speak a sentence twice alike, so a drill's voice varies each by up to 10 %.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

_WORDS = (
    "alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar papa quebec romeo "
    "sierra tango uniform victor whiskey xray yankee zulu zero one two three four five six seven eight nine ten "
    "eleven twelve red green blue white black hello caller sorry later stop north south east west slow silent "
    "nothing broken spring summer autumn winter"
)
VOCABULARY = tuple(_WORDS.split())
WORD_S = 0.12
GAP_S = 0.04
VARIATION = 0.1
OTHER = ""
"""The word of a sound that is none."""

_LOW_HZ = 350.0 + 100.0 * np.arange(8)
_HIGH_HZ = 1400.0 + 200.0 * np.arange(8)
_AMPLITUDE = 0.2
_EDGE_S = 0.004
# Two tones beat at their difference, 350 Hz at least: a level over this long does not show it.
_LEVEL_S = 0.005
_AUDIBLE_POWER = 0.02 * _AMPLITUDE**2
_WINDOW_S = 0.01
_HOP_S = 0.0025
# Of the power in a window so much must be that of its two tones, and the weaker must have so much of the stronger's.
_PURE = 0.7
_BALANCED = 0.2
_SHORTEST_S = 0.0075


@dataclass(frozen=True)
class SpokenWord:
    """A word as it is to be spoken: its length and that of the silence behind it, from half power to half power."""

    word: str
    length_s: float
    gap_s: float


@dataclass(frozen=True)
class HeardWord:
    """A tone pair in a recording: which word, where it begins, how long it lasts. A word in pieces is several of them."""

    word: str
    start_s: float
    duration_s: float


def words_of(text: str) -> list[str]:
    """The words of a text, without marks, in lower case.

    Raises:
        ValueError: a word that is not in `VOCABULARY`.
    """
    words = ["".join(character for character in word if character.isalnum()).lower() for word in text.split()]
    unknown = [word for word in words if word not in VOCABULARY]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not a word of the drills: take those of VOCABULARY")
    return words


def rendering(text: str, vary: random.Random | None = None) -> tuple[SpokenWord, ...]:
    """How the words of a text are to be spoken this time.

    Args:
        vary: changes every length and every gap by up to `VARIATION`; None: all are alike.

    Raises:
        ValueError: a word that is not in `VOCABULARY`.
    """

    def varied(nominal_s: float) -> float:
        return nominal_s if vary is None else nominal_s * vary.uniform(1 - VARIATION, 1 + VARIATION)

    return tuple(SpokenWord(word, varied(WORD_S), varied(GAP_S)) for word in words_of(text))


def sound(words: Sequence[SpokenWord], rate_hz: int) -> Float32:
    """Words as tones: float32, mono, [-0.4, 0.4], each with its gap behind it."""
    sounds = [_word(word.word, round(word.length_s * rate_hz), round(word.gap_s * rate_hz), rate_hz) for word in words]
    return np.concatenate(sounds) if sounds else np.zeros(0, np.float32)


def speak(text: str, rate_hz: int) -> Float32:
    """The words of a text as tones, all of them of the same length: float32, mono, [-0.4, 0.4].

    Raises:
        ValueError: a word that is not in `VOCABULARY`.
    """
    return sound(rendering(text), rate_hz)


def words_in(samples: Float32, rate_hz: int) -> list[HeardWord]:
    """The words in a recording (float32, mono), in order, without other sounds."""
    return [heard for heard in sounds_in(samples, rate_hz) if heard.word != OTHER]


def sounds_in(samples: Float32, rate_hz: int) -> list[HeardWord]:
    """The words in a recording (float32, mono) and, as `OTHER`, sounds that are none, in order.

    Edges are told to 2 ms, and to 5 ms where one word breaks off into another. What is shorter than 7.5 ms is passed over.
    """
    power = _power(samples, rate_hz)
    loud = power > _AUDIBLE_POWER
    edges = np.flatnonzero(np.diff(np.concatenate(([False], loud, [False])).astype(np.int8)))
    heard: list[HeardWord] = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        strong = start + np.flatnonzero(power[start:end] >= np.median(power[start:end]) / 2)
        heard += _words_of_stretch(samples, int(strong[0]), int(strong[-1]) + 1, rate_hz)
    return heard


@lru_cache(maxsize=128)
def _word(word: str, samples: int, gap_samples: int, rate_hz: int) -> Float32:
    edge = round(_EDGE_S * rate_hz)
    low_hz, high_hz = _pair(VOCABULARY.index(word))
    # The power rises in a line, and half of it is reached in the middle of the edges.
    count = samples + edge
    time_s = np.arange(count) / rate_hz
    tones = _AMPLITUDE * (np.sin(2 * np.pi * low_hz * time_s) + np.sin(2 * np.pi * high_hz * time_s))
    ramp = np.sqrt(np.minimum(1.0, (np.arange(count) + 0.5) / edge))
    return np.concatenate((tones * ramp * ramp[::-1], np.zeros(max(0, gap_samples - edge)))).astype(np.float32)


def _pair(index: int) -> tuple[float, float]:
    """The two tones of a word; neighbours in the vocabulary differ in the low one."""
    return float(_LOW_HZ[index % len(_LOW_HZ)]), float(_HIGH_HZ[index // len(_LOW_HZ)])


def _power(samples: Float32, rate_hz: int) -> Float64:
    """Mean power around each sample, over `_LEVEL_S`."""
    width = round(_LEVEL_S * rate_hz)
    if len(samples) < width:
        return np.zeros(len(samples))
    total = np.concatenate(([0.0], np.cumsum(np.square(samples, dtype=np.float64))))
    means = (total[width:] - total[:-width]) / width
    before = width // 2
    return np.concatenate((np.zeros(before), means, np.zeros(len(samples) - len(means) - before)))


def _words_of_stretch(samples: Float32, start: int, end: int, rate_hz: int) -> list[HeardWord]:
    """What is in a stretch of sound without a pause: mostly one word, more where one breaks off into the next."""
    window, hop = round(_WINDOW_S * rate_hz), round(_HOP_S * rate_hz)
    if end - start < round(_SHORTEST_S * rate_hz):
        return []
    starts = np.arange(start, max(start + 1, end - window + 1), hop)
    indices = _classified(samples, starts, min(window, end - start), rate_hz)
    changes = np.flatnonzero(np.diff(indices)) + 1
    runs = [run for run in np.split(np.arange(len(indices)), changes) if _counts(indices, run, hop, rate_hz)]
    if not runs:
        return [HeardWord(OTHER, start / rate_hz, (end - start) / rate_hz)]
    middles = [(int(starts[a[-1]]) + int(starts[b[0]]) + window) // 2 for a, b in pairwise(runs)]
    bounds = [start, *middles, end]
    return [
        HeardWord(VOCABULARY[indices[run[0]]], first / rate_hz, (last - first) / rate_hz)
        for run, (first, last) in zip(runs, pairwise(bounds), strict=True)
    ]


def _counts(indices: NDArray[np.int64], run: NDArray[np.int64], hop: int, rate_hz: int) -> bool:
    """Whether a run of like windows is a word, not what a window sees that lies across two."""
    return indices[run[0]] >= 0 and (len(run) == len(indices) or len(run) * hop >= _SHORTEST_S * rate_hz)


def _classified(samples: Float32, starts: NDArray[np.int64], window: int, rate_hz: int) -> NDArray[np.int64]:
    """For the window at each start the index of its word, -1 for none."""
    windows = sliding_window_view(samples, window)[np.minimum(starts, len(samples) - window)].astype(np.float64)
    low, low_power = _strongest(windows @ _waves(tuple(_LOW_HZ), window, rate_hz))
    high, high_power = _strongest(windows @ _waves(tuple(_HIGH_HZ), window, rate_hz))
    index = high * len(_LOW_HZ) + low
    is_pure = (low_power + high_power) * 2 / window >= _PURE * np.square(windows).sum(axis=1)
    is_balanced = np.minimum(low_power, high_power) >= _BALANCED * np.maximum(low_power, high_power)
    return np.where(is_pure & is_balanced & (index < len(VOCABULARY)), index, -1)


def _strongest(spectra: NDArray[np.complex128]) -> tuple[NDArray[np.int64], Float64]:
    powers = np.square(np.abs(spectra))
    return powers.argmax(axis=1), powers.max(axis=1)


@lru_cache(maxsize=64)
def _waves(frequencies_hz: tuple[float, ...], window: int, rate_hz: int) -> NDArray[np.complex128]:
    time_s = np.arange(window) / rate_hz
    waves: NDArray[np.complex128] = np.exp(-2j * np.pi * np.outer(time_s, frequencies_hz))
    return waves
