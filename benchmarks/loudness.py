"""How much neighbouring clauses of a voice differ in loudness, as it speaks them and as outbound plays them."""

from collections.abc import Callable
from itertools import pairwise
from statistics import fmean
from typing import Any

import numpy as np

from benchmarks.figures import Figure, Measured
from benchmarks.k_weighting import loudness_lufs
from benchmarks.measurement import Measurement, Request
from steadyline.audio.levels import peak_dbfs
from steadyline.audio.loudness import active_level_dbfs, levelled
from steadyline.audio.resampling import resample
from steadyline.config import Config
from steadyline.engines.tts import Float32
from steadyline.engines.tts_kokoro import KokoroSynthesizer
from steadyline.engines.tts_piper import PiperSynthesizer
from steadyline.models.store import default_store, resolve_file

LINE_HZ = 8_000
CLAUSES = (
    "Hello, how can I help you today?",
    "Yes.",
    "Sure, I can help with that.",
    "The capital of France is Paris.",
    "One moment, please.",
    "No, I am sorry.",
    "I am sorry, I cannot answer that right now.",
    "Your appointment is on Thursday the twelfth at half past nine,",
    "and the doctor will call you back in the afternoon.",
    "Okay.",
    "Please spell your last name, one letter after another.",
    "The grass is green.",
    "Thank you for calling, have a good day.",
    "Five, six, seven, eight.",
    "Goodbye.",
    "If you would like to change your order, please tell me the number on your receipt.",
)

Engine = PiperSynthesizer | KokoroSynthesizer


def measure(request: Request) -> Measured:
    """Each run is all clauses by each voice; no rendering is like another."""
    raw: dict[str, Any] = {}
    figures: list[Figure] = []
    loaders: dict[str, Callable[[], Engine]] = {"piper": _piper, "kokoro": _kokoro}
    for name, load in loaders.items():
        engine = load()
        runs = [[_clause(engine, text) for text in CLAUSES] for _ in range(request.runs)]
        raw[name] = runs
        figures += _figures(name, runs)
        request.progress(f"{name}: {figures[-1].name} {figures[-1].value:g} dB")
    return Measured(raw, tuple(figures))


def _clause(engine: Engine, text: str) -> dict[str, float]:
    """Levels of one clause on a narrowband line, dB."""
    sound: Float32 = resample(np.concatenate(list(engine.synthesize(text))), engine.rate_hz, LINE_HZ)
    played = levelled(sound, LINE_HZ, Config().outbound.loudness_dbfs)
    return {
        "speech_dbfs": round(active_level_dbfs(sound, LINE_HZ), 2),
        "peak_above_speech_db": round(peak_dbfs(sound) - active_level_dbfs(sound, LINE_HZ), 2),
        "spoken_lufs": round(loudness_lufs(sound, LINE_HZ), 2),
        "played_lufs": round(loudness_lufs(played, LINE_HZ), 2),
        "played_peak_dbfs": round(peak_dbfs(played), 2),
    }


def _figures(name: str, runs: list[list[dict[str, float]]]) -> list[Figure]:
    clauses = [clause for run in runs for clause in run]
    levels = [clause["speech_dbfs"] for clause in clauses]
    count = len(clauses)
    figures = [
        Figure(f"{name}: level of speech as it speaks", round(fmean(levels), 3), "dB", "mean", count),
        Figure(
            f"{name}: peak above that", max(clause["peak_above_speech_db"] for clause in clauses), "dB", "max", count
        ),
        Figure(f"{name}: peak as played", max(clause["played_peak_dbfs"] for clause in clauses), "dB", "max", count),
    ]
    for key, title in (("spoken_lufs", "as it speaks"), ("played_lufs", "as played")):
        steps = [abs(after[key] - before[key]) for run in runs for before, after in pairwise(run)]
        figures.append(Figure(f"{name}: step to the next clause, {title}", round(fmean(steps), 3), "dB", "mean", count))
        figures.append(Figure(f"{name}: step to the next clause, {title}", round(max(steps), 3), "dB", "max", count))
    return figures


def _piper() -> PiperSynthesizer:
    return PiperSynthesizer(resolve_file(Config().piper.model, default_store(), ".onnx"))


def _kokoro() -> KokoroSynthesizer:
    kokoro, store = Config().kokoro, default_store()
    files = resolve_file(kokoro.model, store, ".onnx"), resolve_file(kokoro.voices, store, ".npz")
    return KokoroSynthesizer(*files, voice=kokoro.voice, language=kokoro.language)


MEASUREMENT = Measurement("loudness", "Loudness", "sixteen clauses by each voice", 3, measure)
