"""Whisper's short window against its usual one of 30 s: the same utterances, in turn, by their words and their time."""

import time
from typing import Any

import jiwer
import numpy as np
from whisper_normalizer.english import EnglishTextNormalizer

from benchmarks import mu_law
from benchmarks.figures import Figure, Measured, at_percent, median
from benchmarks.measurement import Measurement, Request
from steadyline.audio.pcm import Float32
from steadyline.audio.resampling import resample
from steadyline.bench.endpointing.recording import Recording
from steadyline.bench.endpointing.speaking import SHIPPED, read_utterances, spoken
from steadyline.config import Config
from steadyline.engines.repetition import looks_looped
from steadyline.engines.stt_whisper import FULL_WINDOW_S, WhisperRecognizer
from steadyline.models.store import resolve
from steadyline.services.assembly import model_store

LINE_HZ, CLOCK_HZ = 8_000, 16_000
SILENCE_BEFORE_S, SILENCE_AFTER_S = 0.3, 0.3
"""About an utterance, as inbound leaves it: `inbound.pre_roll_ms`, and the silence that ended it."""
MOST_WORSE, LARGEST_SHARE = 1.0, 0.3
"""Bounds: percentage points of the word error rate, and the share of the usual window's time."""


def measure(request: Request) -> Measured:
    """Each run speaks the shipped utterances anew, and hears each with both windows, one after the other."""
    config = Config()
    model = resolve(config.whisper.model, model_store(config))
    windows = {"short": config.whisper.window_floor_s, "usual": FULL_WINDOW_S}
    engines = {name: WhisperRecognizer(model, workers=1, window_floor_s=floor_s) for name, floor_s in windows.items()}
    rows: list[dict[str, Any]] = []
    for run in range(request.runs):
        for number, recording in enumerate(spoken(read_utterances(SHIPPED), config), 1):
            speech = as_heard(recording)
            row: dict[str, Any] = {"run": run + 1, "name": recording.name, "text": recording.text}
            # Whoever comes second finds the caches warm: they take turns at it.
            for name in sorted(engines, reverse=bool(number % 2)):
                row[name] = _heard(engines[name], speech)
            rows.append(row)
            if not number % 10:
                request.progress(f"run {run + 1}: {number} utterances")
    return Measured({"windows_s": windows, "rows": rows}, tuple(_figures(rows)))


def as_heard(recording: Recording) -> Float32:
    """The recording as Whisper gets it: through G.711 at 8 kHz, with a little silence about it; 16 kHz."""
    before, after = (np.zeros(round(seconds * LINE_HZ), np.float32) for seconds in (SILENCE_BEFORE_S, SILENCE_AFTER_S))
    line = np.concatenate((before, resample(recording.samples, recording.rate_hz, LINE_HZ), after))
    return resample(mu_law.decoded(mu_law.encoded(line)), LINE_HZ, CLOCK_HZ)


def _heard(engine: WhisperRecognizer, speech: Float32) -> dict[str, Any]:
    began_s = time.perf_counter()
    transcript = engine.transcribe(speech)
    took_ms = round((time.perf_counter() - began_s) * 1000, 1)
    return {"text": transcript.text, "ms": took_ms, "fell_back": transcript.fell_back}


def _figures(rows: list[dict[str, Any]]) -> list[Figure]:
    figures, errors = [], {}
    for name in ("short", "usual"):
        errors[name] = _word_errors_percent(rows, name)
        figures.append(
            Figure(f"word error rate, {name} window", round(errors[name], 2), "%", "all together", len(rows))
        )
    worse = errors["short"] - errors["usual"]
    ratios = [row["short"]["ms"] / row["usual"]["ms"] for row in rows]
    loops = sum(looks_looped(row["short"]["text"]) for row in rows)
    again = sum(row["short"]["fell_back"] for row in rows)
    return [
        *figures,
        Figure("short less usual", round(worse, 2), "points", "difference", len(rows), MOST_WORSE),
        Figure("texts that loop, short window", loops, "utterances", "number", len(rows), 0.0),
        Figure("heard again with the usual window", again, "utterances", "number", len(rows)),
        *(median(f"time, {name} window", [row[name]["ms"] for row in rows], "ms") for name in ("short", "usual")),
        *(
            at_percent(f"time, {name} window", [row[name]["ms"] for row in rows], 95, "ms")
            for name in ("short", "usual")
        ),
        median("time, short by usual, of each utterance", ratios, "of the usual", LARGEST_SHARE),
    ]


def _word_errors_percent(rows: list[dict[str, Any]], name: str) -> float:
    """Of all utterances together, numbers and spelling as OpenAI's English normaliser writes them."""
    write = EnglishTextNormalizer()
    return 100 * float(jiwer.wer([write(row["text"]) for row in rows], [write(row[name]["text"]) for row in rows]))


MEASUREMENT = Measurement("whisper-window", "Whisper's window", "the shipped utterances with both windows", 3, measure)
