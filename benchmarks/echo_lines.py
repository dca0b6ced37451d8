"""Telephone lines that give back what they play: the agent's sentences, their echo, and a caller who interrupts them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steadyline.audio.pcm import Float32
from steadyline.audio.resampling import resample

CLOCK_HZ = 16_000
LINE_HZ = 8_000
_MULAW_BIAS, _MULAW_CLIP = 132, 32_635
_PAUSES_S = (0.35, 0.6, 2.5)
"""Between two sentences of the agent; the last is the pause between two answers."""
_LARGEST_SLIP_S = 0.02
"""What is played is placed on the caller's clock by so much late, anew after each pause: a frame of the line."""

Spans = list[tuple[int, int]]
Generator = np.random.Generator


@dataclass(frozen=True)
class EchoPath:
    """One way of a line to give back what it plays.

    Attributes:
        delay_ms: from playing to the first of the echo.
        reverberation_s: time in which its tail decays by 60 dB; 0: a single echo.
        tail_db: power of the tail against that of the first echo.
        noise_dbfs: white noise on the line.
    """

    delay_ms: int
    reverberation_s: float
    tail_db: float
    noise_dbfs: float

    def response(self, rng: Generator) -> NDArray[np.float64]:
        """Impulse response at the line's rate, without the delay; its power is 1."""
        if not self.reverberation_s:
            return np.ones(1)
        at_s = np.arange(1, int(LINE_HZ * self.reverberation_s)) / LINE_HZ
        tail = rng.normal(size=len(at_s)) * 10 ** (-3 * at_s / self.reverberation_s)
        tail *= np.sqrt(10 ** (self.tail_db / 10) / np.square(tail).sum())
        response = np.concatenate(([1.0], tail))
        return np.asarray(response / np.sqrt(np.square(response).sum()))


@dataclass(frozen=True)
class Scene:
    """What a line carries, float32 at 16 kHz.

    Attributes:
        caller: what comes from the caller, echo included.
        caller_alone: the same without the echo.
        played: (start on the caller's clock, samples) of each sentence of the agent.
        interruptions: (first, last) sample of each of the caller's.
    """

    caller: Float32
    caller_alone: Float32
    played: list[tuple[int, Float32]]
    interruptions: Spans


def scene(
    sentences: Sequence[Float32],
    interruptions: Sequence[Float32],
    path: EchoPath,
    echo_db: float | None,
    rng: Generator,
) -> Scene:
    """The agent says its sentences one after the other; somewhere in each a caller interrupts, and it talks on.

    Args:
        sentences: float32, 16 kHz.
        interruptions: alike, one for each sentence, or none at all.
        path: of the echo.
        echo_db: its power against what was played; None: there is no echo.
        rng: for pauses, places and noise.
    """
    pauses = [round(rng.choice(_PAUSES_S) * LINE_HZ) for _ in sentences]
    spoken = [resample(sentence, CLOCK_HZ, LINE_HZ) for sentence in sentences]
    starts = LINE_HZ // 2 + np.cumsum([0, *(len(a) + b for a, b in zip(spoken, pauses, strict=True))])
    played, said = np.zeros(starts[-1], np.float32), np.zeros(starts[-1], np.float32)
    spans: Spans = []
    for at, sentence in zip(starts, spoken, strict=False):
        played[at : at + len(sentence)] = sentence
    for at, sentence, words in zip(starts, spoken, interruptions, strict=False):
        begin = int(at + rng.uniform(0.1, 0.8) * len(sentence))
        voice = resample(words, CLOCK_HZ, LINE_HZ)[: len(said) - begin]
        said[begin : begin + len(voice)] += voice
        spans.append((begin * 2, (begin + len(voice)) * 2))
    said = said + rng.normal(size=len(said)) * 10 ** (path.noise_dbfs / 20)
    heard = said + (0 if echo_db is None else 10 ** (echo_db / 20) * _echo(g711(played), path, rng))
    slips = [round(rng.uniform(0, _LARGEST_SLIP_S) * CLOCK_HZ) for _ in sentences]
    told = [(int(at) * 2 + slip, sentence) for at, slip, sentence in zip(starts, slips, sentences, strict=False)]
    return Scene(_at_clock(g711(heard)), _at_clock(g711(said)), told, spans)


def g711(samples: NDArray[np.floating]) -> Float32:
    """What µ-law makes of samples in [-1, 1] (ITU-T G.711; the segments as in its reference code, G.191)."""
    linear = np.clip(np.rint(samples * 32768), -_MULAW_CLIP, _MULAW_CLIP).astype(np.int64)
    biased = np.abs(linear) + _MULAW_BIAS
    shift = np.clip(np.floor(np.log2(biased)).astype(np.int64) - 7, 0, 7) + 3
    decoded = (((biased >> shift) << shift) | (1 << (shift - 1))) - _MULAW_BIAS
    samples_after: Float32 = (np.sign(linear) * decoded / 32768).astype(np.float32)
    return samples_after


def _echo(played: Float32, path: EchoPath, rng: Generator) -> NDArray[np.float64]:
    delay = path.delay_ms * LINE_HZ // 1000
    response = path.response(rng)
    size = 1 << (len(played) + len(response)).bit_length()
    sounding = np.fft.irfft(np.fft.rfft(played, size) * np.fft.rfft(response, size), size)
    return np.concatenate((np.zeros(delay), sounding))[: len(played)]


def _at_clock(samples: Float32) -> Float32:
    return resample(samples, LINE_HZ, CLOCK_HZ)
