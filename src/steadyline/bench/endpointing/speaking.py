"""The list of utterances, spoken by our voices: pauses are silence between what is spoken."""

import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from steadyline.audio.levels import rms_dbfs, speech_spans
from steadyline.audio.pcm import Float32
from steadyline.audio.resampling import resample
from steadyline.bench.endpointing.recording import Recording, RecordingError
from steadyline.config import Config
from steadyline.models.store import resolve_file
from steadyline.services.assembly import model_store

SHIPPED = Path(__file__).parent / "utterances.toml"
RATE_HZ = 16_000
LEVEL_DBFS = -22.0
"""RMS of every utterance, near that of speech on the telephone."""
LOUDEST = 0.9
LONGEST_PAUSE_S = 3.0


@dataclass(frozen=True)
class Utterance:
    """Something to be spoken.

    Attributes:
        name: in the results.
        voice: "piper", or "kokoro:" and one of its voices.
        parts: texts, between each two of them a pause.
        pauses_s: the pauses, seconds, one fewer.
    """

    name: str
    voice: str
    parts: tuple[str, ...]
    pauses_s: tuple[float, ...]


def read_utterances(file: Path) -> list[Utterance]:
    """The utterances of a TOML file: name = { voice, say = [text, pause in seconds, text, …] }.

    Raises:
        RecordingError: the file is not like that; the text names the utterance.
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecordingError(f"{file} cannot be read: {error}") from error
    return [_utterance(f"{file}: {name}", name, facts) for name, facts in content.items()]


def spoken(utterances: Sequence[Utterance], config: Config) -> Iterator[Recording]:
    """Recordings of them, 16 kHz, one after another.

    Raises:
        ModelError: a voice's model has not been fetched.
    """
    voices: dict[str, Callable[[str], Float32]] = {}
    for utterance in utterances:
        if utterance.voice not in voices:
            voices[utterance.voice] = _voice(utterance.voice, config)
        sounds = [_trimmed(voices[utterance.voice](part)) for part in utterance.parts]
        for number, pause_s in enumerate(utterance.pauses_s):
            sounds.insert(2 * number + 1, np.zeros(round(pause_s * RATE_HZ), np.float32))
        samples = _levelled(np.concatenate(sounds))
        text, end_s = " ".join(utterance.parts), len(samples) / RATE_HZ
        yield Recording(utterance.name, text, samples, RATE_HZ, end_s, bool(utterance.pauses_s))


def _utterance(where: str, name: str, facts: Any) -> Utterance:
    facts = facts if isinstance(facts, dict) else {}
    voice, say = facts.get("voice"), facts.get("say")
    if not isinstance(voice, str) or not (voice == "piper" or voice.startswith("kokoro:")):
        raise RecordingError(f'{where}: voice is {voice!r}, expected "piper", or "kokoro:" and one of its voices')
    parts, pauses = (say[::2], say[1::2]) if isinstance(say, list) else ([], [])
    are_pauses = all(isinstance(pause, int | float) and 0 < pause <= LONGEST_PAUSE_S for pause in pauses)
    if len(parts) != len(pauses) + 1 or not all(isinstance(part, str) for part in parts) or not are_pauses:
        raise RecordingError(
            f"{where}: say is {say!r:.80}, expected texts with a pause between each two of them, up to {LONGEST_PAUSE_S:g} s"
        )
    return Utterance(name, voice, tuple(parts), tuple(map(float, pauses)))


def _voice(name: str, config: Config) -> Callable[[str], Float32]:
    engine, _, voice = name.partition(":")
    store = model_store(config)
    if engine == "piper":
        from steadyline.engines.tts_piper import PiperSynthesizer

        piper = PiperSynthesizer(resolve_file(config.piper.model, store, ".onnx"), threads=config.piper.threads)
        return lambda text: resample(np.concatenate(list(piper.synthesize(text))), piper.rate_hz, RATE_HZ)
    from steadyline.engines.tts_kokoro import KokoroSynthesizer

    model = resolve_file(config.kokoro.model, store, ".onnx")
    voices = resolve_file(config.kokoro.voices, store, ".npz")
    # The first letter of a Kokoro voice is its language: British English beside American.
    language = "en-gb" if voice.startswith("b") else "en-us"
    kokoro = KokoroSynthesizer(model, voices, voice=voice, language=language, threads=config.kokoro.threads)
    return lambda text: resample(np.concatenate(list(kokoro.synthesize(text))), kokoro.rate_hz, RATE_HZ)


def _trimmed(samples: Float32) -> Float32:
    """Without the silence before and after."""
    spans = speech_spans(samples, RATE_HZ)
    return samples[round(spans[0][0] * RATE_HZ) : round(spans[-1][1] * RATE_HZ)] if spans else samples


def _levelled(samples: Float32) -> Float32:
    gain = 10 ** ((LEVEL_DBFS - rms_dbfs(samples[samples != 0])) / 20)
    return samples * np.float32(min(gain, LOUDEST / float(np.abs(samples).max())))
