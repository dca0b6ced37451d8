"""What callers say in the comparison with the peer: texts, voices and pauses, spoken here by three engines."""

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from benchmarks.system import BenchmarkError
from steadyline.audio.files import read_audio, write_wav
from steadyline.audio.levels import rms_dbfs, speech_spans
from steadyline.audio.pcm import Float32, to_pcm16
from steadyline.audio.resampling import resample
from steadyline.config import Config
from steadyline.engines.tts_kokoro import KokoroSynthesizer
from steadyline.engines.tts_piper import PiperSynthesizer
from steadyline.models.store import default_store, resolve_file

RATE_HZ = 16_000
LEVEL_DBFS = -22.0
"""RMS of every utterance, near that of speech on the telephone."""
LOUDEST = 0.9
ESPEAK_WORDS_PER_MINUTE = "160"
"""espeak-ng's default of 175 is faster than most people."""


@dataclass(frozen=True)
class Utterance:
    """One thing that a caller says.

    Attributes:
        name: in the results.
        voice: "engine:voice" of the caller: piper (its one voice), kokoro or espeak.
        parts: what is said; between two parts there is a pause.
        pause_s: silence between two parts, seconds; 0 for an utterance of one part.
    """

    name: str
    voice: str
    parts: tuple[str, ...]
    pause_s: float = 0.0

    @property
    def text(self) -> str:
        """All that is said."""
        return " ".join(self.parts)


UTTERANCES = (
    Utterance("capital-of-france", "kokoro:am_michael", ("What is the capital of France?",)),
    Utterance("phone-number", "piper:joe", ("My number is five five five,", "zero one nine nine."), 0.6),
    Utterance("opposite-of-hot", "kokoro:af_bella", ("What is the opposite of hot?",)),
    Utterance("days-in-a-week", "piper:joe", ("How many days are in a week?",)),
    Utterance("let-me-see", "kokoro:bm_george", ("Let me see,", "what is the capital of Italy?"), 0.8),
    Utterance("largest-ocean", "kokoro:bf_emma", ("What is the largest ocean?",)),
    Utterance("color-of-the-sky", "espeak:en-us", ("What color is the sky?",)),
    Utterance("shopping-list", "kokoro:af_sarah", ("I need apples, pears,", "and a bag of flour."), 0.5),
    Utterance("yes-please", "kokoro:bm_george", ("Yes, please.",)),
    Utterance("open-on-sunday", "kokoro:af_sarah", ("Are you open on Sunday?",)),
    Utterance("like-to-know", "espeak:en-gb", ("I would like to know", "what a cow eats."), 0.4),
    Utterance("book-a-table", "kokoro:am_fenrir", ("My name is Peter and I would like to book a table for two.",)),
    Utterance("first-man", "espeak:en-us", ("Who was the first man on the moon?",)),
    Utterance("address", "kokoro:am_michael", ("The address is forty two,", "Baker Street."), 0.7),
    Utterance("last-bill", "piper:joe", ("I would like to speak to somebody about my last bill.",)),
    Utterance("what-bees-make", "kokoro:af_bella", ("What do bees make?",)),
    Utterance("largest-animal", "piper:joe", ("Well,", "what is the largest animal in the world?"), 1.0),
    Utterance("color-of-grass", "kokoro:bf_emma", ("Can you tell me the color of grass?",)),
)
"""Not the agent's own Kokoro voice among them. Six have a pause inside, 0.4 to 1.0 s, as people make them."""


class Voice(Protocol):
    """Speaks a text: float32 mono of shape (n,), [-1, 1], 16 kHz."""

    def __call__(self, text: str) -> Float32: ...


def render(utterances: Sequence[Utterance], folder: Path) -> list[Path]:
    """Speak them into WAV files, 16 kHz mono, named after them; the files in the same order.

    Raises:
        BenchmarkError: espeak-ng is not installed.
        ModelError: a model has not been fetched.
    """
    voices = {voice: _voice(voice) for voice in {utterance.voice for utterance in utterances}}
    paths = []
    for utterance in utterances:
        spoken = [trimmed(voices[utterance.voice](part)) for part in utterance.parts]
        paths.append(folder / f"{utterance.name}.wav")
        write_wav(paths[-1], to_pcm16(levelled(joined(spoken, utterance.pause_s))), RATE_HZ)
    return paths


def spoken(voice: str, texts: Sequence[str]) -> list[Float32]:
    """Each text in this voice ("engine:voice"), 16 kHz."""
    speak = _voice(voice)
    return [speak(text) for text in texts]


def trimmed(samples: Float32) -> Float32:
    """Without the silence before and after, 16 kHz."""
    spans = speech_spans(samples, RATE_HZ)
    return samples[round(spans[0][0] * RATE_HZ) : round(spans[-1][1] * RATE_HZ)] if spans else samples


def joined(parts: Sequence[Float32], pause_s: float) -> Float32:
    """The parts with so much silence between them, 16 kHz."""
    pause = np.zeros(round(pause_s * RATE_HZ), np.float32)
    return np.concatenate([piece for part in parts for piece in (pause, part)][1:])


def levelled(samples: Float32) -> Float32:
    """At `LEVEL_DBFS` where it is not silent, or as loud as `LOUDEST` allows."""
    gain = 10 ** ((LEVEL_DBFS - rms_dbfs(samples[samples != 0])) / 20)
    return samples * np.float32(min(gain, LOUDEST / float(np.abs(samples).max())))


def _voice(name: str) -> Voice:
    engine, _, voice = name.partition(":")
    config, store = Config(), default_store()
    if engine == "espeak":
        return lambda text: _espeak(voice, text)
    if engine == "piper":
        piper = PiperSynthesizer(resolve_file(config.piper.model, store, ".onnx"))
        return lambda text: _at_rate(list(piper.synthesize(text)), piper.rate_hz)
    model, voices = resolve_file(config.kokoro.model, store, ".onnx"), resolve_file(config.kokoro.voices, store, ".npz")
    kokoro = KokoroSynthesizer(model, voices, voice=voice, language="en-gb" if voice[0] == "b" else "en-us")
    return lambda text: _at_rate(list(kokoro.synthesize(text)), kokoro.rate_hz)


def _espeak(voice: str, text: str) -> Float32:
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        try:
            subprocess.run(["espeak-ng", "-v", voice, "-s", ESPEAK_WORDS_PER_MINUTE, "-w", file.name, text], check=True)
        except FileNotFoundError as error:
            raise BenchmarkError("espeak-ng speaks for some callers; install it: apt-get install espeak-ng") from error
        samples, rate_hz = read_audio(file.name)
    return _at_rate([samples], rate_hz)


def _at_rate(pieces: Sequence[Float32], rate_hz: int) -> Float32:
    return resample(np.concatenate(pieces), rate_hz, RATE_HZ)
