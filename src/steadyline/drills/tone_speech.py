"""Speech for drills: every word is a tone of its own, so what was heard can be told exactly.

A word lasts 120 ms, then comes a gap of 40 ms. The words' frequencies lie 45 Hz apart from 400 Hz on, all of them within
the telephone's band; 120 ms tell frequencies apart that differ by 8 Hz.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

_WORDS = (
    "alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar papa quebec romeo "
    "sierra tango uniform victor whiskey xray yankee zulu zero one two three four five six seven eight nine ten "
    "eleven twelve red green blue white black hello caller sorry later stop north south east west slow silent "
    "nothing broken spring summer autumn winter"
)
VOCABULARY = tuple(_WORDS.split())
WORD_S = 0.12
GAP_S = 0.04

_LOWEST_HZ = 400.0
_STEP_HZ = 45.0
_AMPLITUDE = 0.3
_EDGE_S = 0.005
_HOP_S = 0.005
_AUDIBLE = 0.05
_SHORTEST_S = 0.02
_FFT_SAMPLES = 8192


@dataclass(frozen=True)
class HeardWord:
    """A tone in a recording: which word, where it begins, how long it lasts. A word in pieces is several of them."""

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


def speak(text: str, rate_hz: int) -> Float32:
    """The words of a text as tones: float32, mono, [-0.3, 0.3], each with its gap behind it.

    Raises:
        ValueError: a word that is not in `VOCABULARY`.
    """
    sounds = [_word(word, rate_hz) for word in words_of(text)]
    return np.concatenate(sounds) if sounds else np.zeros(0, np.float32)


def words_in(samples: Float32, rate_hz: int) -> list[HeardWord]:
    """The tones in a recording (float32, mono), in order."""
    hop = round(_HOP_S * rate_hz)
    count = len(samples) // hop
    levels = np.sqrt(np.square(samples[: count * hop].reshape(count, hop)).mean(axis=1)) if count else np.zeros(0)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], levels > _AUDIBLE, [0]))))
    return [
        HeardWord(_nearest_word(samples[start * hop : end * hop], rate_hz), start * _HOP_S, (end - start) * _HOP_S)
        for start, end in zip(edges[::2], edges[1::2], strict=True)
        if (end - start) * _HOP_S >= _SHORTEST_S
    ]


@lru_cache(maxsize=512)
def _word(word: str, rate_hz: int) -> Float32:
    time_s = np.arange(round(WORD_S * rate_hz)) / rate_hz
    tone = _AMPLITUDE * np.sin(2 * np.pi * (_LOWEST_HZ + _STEP_HZ * VOCABULARY.index(word)) * time_s)
    tone *= np.minimum(1.0, np.minimum(time_s, time_s[::-1]) / _EDGE_S)
    return np.concatenate((tone, np.zeros(round(GAP_S * rate_hz)))).astype(np.float32)


def _nearest_word(samples: Float32, rate_hz: int) -> str:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), _FFT_SAMPLES))
    frequency_hz = float(np.argmax(spectrum)) * rate_hz / _FFT_SAMPLES
    index = round((frequency_hz - _LOWEST_HZ) / _STEP_HZ)
    return VOCABULARY[min(max(index, 0), len(VOCABULARY) - 1)]
