"""Echo of the agent's voice: how often it is taken for speech, and whether those who interrupt are heard over it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.echo_lines import CLOCK_HZ, EchoPath, Scene, scene
from benchmarks.figures import Figure, Measured, at_percent, median
from benchmarks.measurement import Measurement, Request
from benchmarks.utterances import levelled, spoken, trimmed
from steadyline.audio.echo_guard import WINDOW_SAMPLES, EchoGuard
from steadyline.audio.endpointing import Endpointer, SpeechEnded
from steadyline.audio.onset import Onset, OnsetDetector
from steadyline.audio.pcm import Float32
from steadyline.audio.silence_gate import SilenceGate
from steadyline.config import Config
from steadyline.engines.vad_silero import SileroVad
from steadyline.services.endpoint_settings import endpoint_settings
from steadyline.services.inbound import echo_settings

AGENTS = ("piper:joe", "kokoro:af_heart")
CALLERS = ("kokoro:am_michael", "kokoro:bf_emma", "piper:joe")
"""One of them has an agent's own voice."""
ANSWERS = (
    "Hello, how can I help you today?",
    "Your appointment is on Tuesday the fourteenth of March, at half past three in the afternoon.",
    "I am sorry, I could not find an invoice with that number. Could you please say it again, slowly?",
    "Bees make honey. They visit up to two million flowers for a single jar of it.",
    "The largest animal in the world is the blue whale; it can weigh as much as thirty elephants.",
)
INTERRUPTIONS = (
    "Stop.",
    "Wait a moment, please.",
    "No, that is not what I asked.",
    "Excuse me, can you repeat that?",
    "Hold on.",
    "Actually, I meant the other one.",
    "Sorry, my number is five five five.",
    "Can I ask something?",
)
PATHS = (
    EchoPath(20, 0, 0, -70),
    EchoPath(60, 0.2, -6, -60),
    EchoPath(120, 0.4, 0, -60),
    EchoPath(200, 0.4, 0, -50),
    EchoPath(300, 0, 0, -60),
)
ECHOES_DB = (-30, -20, -10)
INTERRUPTED_ECHOES_DB = (None, -20, -10)
ONSETS_PER_MINUTE_BOUND = {-30: 0.0, -20: 0.0, -10: 1.0}
ONSET_WINDOWS = 2
"""The agent pauses within so many windows of 32 ms, if all of them may be speech (`audio/onset.py`)."""
SOFTER_DB = -10
"""A caller who speaks softly, against the agent."""
Window = tuple[float, bool]
"""The probability that it is speech, and whether nothing of it can be echo."""
WINDOW_MS = WINDOW_SAMPLES * 1000 / CLOCK_HZ
SEED = 28


@dataclass(frozen=True)
class Spoken:
    """All that is said in the scenes, by voice, float32 at 16 kHz, equally loud."""

    answers: dict[str, list[Float32]]
    interruptions: list[Float32]


def measure(request: Request) -> Measured:
    """Each run goes through all lines and levels, with other pauses, places, rooms and noise; who is interrupted takes turns."""
    voices = _speak()
    rows: list[dict[str, Any]] = []
    for run in range(request.runs):
        for agent in AGENTS:
            for number, path in enumerate(PATHS):
                rng = np.random.default_rng([SEED, run, AGENTS.index(agent), number])
                rows += _echo_alone(voices, agent, path, rng)
                if AGENTS.index(agent) == (run + number) % len(AGENTS):
                    rows += _interrupted(voices, agent, path, rng)
                request.progress(f"run {run + 1}: {agent}, echo after {path.delay_ms} ms")
    return Measured({"rows": rows}, tuple(_figures(rows)))


def _speak() -> Spoken:
    answers = {agent: [levelled(trimmed(text)) for text in spoken(agent, ANSWERS)] for agent in AGENTS}
    callers = [[levelled(trimmed(text)) for text in spoken(caller, INTERRUPTIONS)] for caller in CALLERS]
    return Spoken(answers, [words for caller in callers for words in caller])


def _echo_alone(voices: Spoken, agent: str, path: EchoPath, rng: np.random.Generator) -> list[dict[str, Any]]:
    rows = []
    for echo_db in ECHOES_DB:
        line = scene(voices.answers[agent], (), path, echo_db, rng)
        windows = _heard(line.caller)
        guarded, guard_us = _guarded(line, windows)
        row = {"what": "echo alone", "agent": agent, "delay_ms": path.delay_ms, "echo_db": echo_db}
        row |= {"s": round(len(line.caller) / CLOCK_HZ, 2), "guard_us": round(guard_us, 1)}
        rows.append(row | {"onsets": len(_onsets(guarded)), "unguarded_onsets": len(_onsets(windows))})
    return rows


def _interrupted(voices: Spoken, agent: str, path: EchoPath, rng: np.random.Generator) -> list[dict[str, Any]]:
    rows = []
    for echo_db in INTERRUPTED_ECHOES_DB:
        for voice_db in (0, SOFTER_DB):
            order = rng.permutation(len(voices.interruptions))[: len(ANSWERS)]
            words = [voices.interruptions[at] * np.float32(10 ** (voice_db / 20)) for at in order]
            line = scene(voices.answers[agent], words, path, echo_db, rng)
            alone = _heard(line.caller_alone)
            guarded, _ = _guarded(line, _heard(line.caller))
            row = {"what": "interrupted", "agent": agent, "delay_ms": path.delay_ms, "echo_db": echo_db}
            late = [_late_ms(alone, guarded, span) for span in line.interruptions]
            rows.append(row | {"voice_db": voice_db, "late_ms": [value for value in late if value != NEVER_HEARD]})
    return rows


NEVER_HEARD = -1.0
"""The detector does not hear the interruption even without an echo."""


def _late_ms(alone: list[Window], guarded: list[Window], span: tuple[int, int]) -> float | None:
    """How much later speech is found than on a line without echo or guard; None: not at all."""
    first, last = span[0] // WINDOW_SAMPLES, span[1] // WINDOW_SAMPLES + ONSET_WINDOWS
    without = _onsets(alone[first:last])
    if not without:
        return NEVER_HEARD
    found = _onsets(guarded[first:last])
    return max(0.0, (found[0] - without[0]) * WINDOW_MS) if found else None


def _heard(caller: Float32) -> list[Window]:
    """Each window, as inbound's detector has it."""
    detector = SilenceGate(SileroVad(), Config().inbound.silence_dbfs)
    return [(detector.probability(caller[at : at + WINDOW_SAMPLES]), True) for at in _windows(caller)]


def _guarded(line: Scene, windows: Sequence[Window]) -> tuple[list[Window], float]:
    """The windows as the guard leaves them, utterances cut as inbound cuts them; and its µs of CPU per window."""
    config = Config()
    guard, endpointer = EchoGuard(echo_settings(config)), Endpointer(endpoint_settings(config))
    to_play, began_at = list(line.played), time.process_time()
    left: list[Window] = []
    for at, (probability, _) in zip(_windows(line.caller), windows, strict=True):
        while to_play and to_play[0][0] <= at + WINDOW_SAMPLES:
            start, samples = to_play.pop(0)
            guard.played(samples, start)
        window = line.caller[at : at + WINDOW_SAMPLES]
        is_echo = guard.is_echo(window, at, learns=not endpointer.in_speech)
        left.append((0.0 if is_echo else probability, guard.is_clear))
        if any(isinstance(event, SpeechEnded) for event in endpointer.feed(left[-1][0], at, is_clear=guard.is_clear)):
            guard.settle()
    return left, (time.process_time() - began_at) * 1e6 / len(left)


def _windows(caller: Float32) -> range:
    return range(0, len(caller) - WINDOW_SAMPLES + 1, WINDOW_SAMPLES)


def _onsets(windows: Sequence[Window]) -> list[int]:
    """Windows at which the agent pauses."""
    detector = OnsetDetector(endpoint_settings(Config()).onset)
    told = [
        detector.feed(probability, at * WINDOW_SAMPLES, is_clear=clear)
        for at, (probability, clear) in enumerate(windows)
    ]
    return [number for number, event in enumerate(told) if isinstance(event, Onset)]


def _figures(rows: Sequence[dict[str, Any]]) -> list[Figure]:
    figures = []
    alone = [row for row in rows if row["what"] == "echo alone"]
    for echo_db in ECHOES_DB:
        lines = [row for row in alone if row["echo_db"] == echo_db]
        bound = ONSETS_PER_MINUTE_BOUND[echo_db]
        figures.append(_per_minute(f"echo at {echo_db} dB taken for speech, no guard", lines, "unguarded_onsets", None))
        figures.append(_per_minute(f"echo at {echo_db} dB taken for speech", lines, "onsets", bound))
    for echo in INTERRUPTED_ECHOES_DB:
        for voice_db in (0, SOFTER_DB):
            figures += _found([row for row in rows if row["echo_db"] == echo and row.get("voice_db") == voice_db])
    figures.append(median("guard, CPU per window of 32 ms", [row["guard_us"] / 1000 for row in alone], "ms", 0.5))
    return figures


def _per_minute(name: str, lines: Sequence[dict[str, Any]], key: str, bound: float | None) -> Figure:
    minutes = sum(row["s"] for row in lines) / 60
    return Figure(name, round(sum(row[key] for row in lines) / minutes, 2), "per minute", "mean", len(lines), bound)


def _found(rows: Sequence[dict[str, Any]]) -> list[Figure]:
    """Of the interruptions with one echo and one loudness. Bounds hold for a voice as loud as the agent's."""
    late = [value for row in rows for value in row["late_ms"]]
    found = [value for value in late if value is not None]
    echo = "no echo" if rows[0]["echo_db"] is None else f"echo at {rows[0]['echo_db']} dB"
    bounds = (5.0, WINDOW_MS) if rows[0]["voice_db"] == 0 else (None, None)
    who = "interruptions" if rows[0]["voice_db"] == 0 else f"interruptions {-SOFTER_DB} dB softer"
    missed = round(100 * (len(late) - len(found)) / len(late), 1)
    return [
        Figure(f"{who} missed, {echo}", missed, "%", "share", len(late), bounds[0]),
        median(f"{who} found later, {echo}", found, "ms", bounds[1]),
        at_percent(f"{who} found later, {echo}", found, 90, "ms"),
    ]


MEASUREMENT = Measurement("echo-guard", "Echo of our own voice", "all lines, voices and levels", 3, measure)
