"""Our own part of the wait: a whole system with engines that answer at once, measured at the caller's wire, piece by piece."""

import os
import random
import sys
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import Figure, Measured, median, percentile
from benchmarks.json_child import JsonChild
from benchmarks.measurement import Measurement, Request
from benchmarks.mu_law import decoded, encoded
from benchmarks.system import BenchmarkError, MeasuredSystem
from benchmarks.wire_caller import PACKET_S, PACKET_SAMPLES, RATE_HZ, Arrival, Departure, WireCaller
from benchmarks.wire_tap import Told
from steadyline.audio.resampling import StreamResampler
from steadyline.config import Config
from steadyline.drills.tone_engines import ENGINE_SETTINGS, PACE_VARIABLE, WITHOUT_STANDBY
from steadyline.drills.tone_speech import speak

P50_BOUND_MS, P95_BOUND_MS = 60.0, 100.0
TURNS_PER_CALL = 10
"""Beside a first one that is not counted, for what a call does once."""
TURN_S = 4.0
"""A question of half a second, the silence after it, an answer of a second, and the silence that makes a call quiet."""
FIRST_S = 1.5
LEAD_S = 0.5
AUDIBLE = 0.01
"""Of full scale; as the test telephone has it."""
QUESTION = "alpha alpha alpha"
DEADLINE_S = 30.0
CALL_IDS = 2_000
CALL_CLOCK_HZ = 16_000
PARTS = (
    "packet in which the deciding sample is",
    "gateway's tick",
    "inbound",
    "whisper",
    "llama",
    "voice",
    "outbound",
    "line's queue and clock",
)
CONDITIONS = {"prepared": (), "not prepared": ("inbound.prepare_after_ms=0",)}


@dataclass(frozen=True)
class Turn:
    """What one question came to.

    Attributes:
        path_ms: from the last audible sample, as the caller's microphone has it, to the first audible one, as the caller's
            wire has it, less the silence that is configured to end an utterance.
        windows_ms: how much later than that silence the samples decide, from the first to the last one that had to be heard.
        parts_ms: the rest by `PARTS`; empty when nobody could listen.
    """

    path_ms: float
    windows_ms: float | None
    parts_ms: dict[str, float]


def microphone(turns: int, vary: random.Random) -> tuple[NDArray[np.float32], list[int]]:
    """What the caller says in a call, 8 kHz, and the index behind the last audible sample of each question.

    Each begins at a random place within packets and within the detector's windows.
    """
    sound = np.zeros(round((FIRST_S + turns * TURN_S) * RATE_HZ), np.float32)
    ends = []
    for turn in range(turns):
        question = speak(QUESTION, RATE_HZ)
        at = round((FIRST_S + turn * TURN_S) * RATE_HZ) + vary.randrange(RATE_HZ // 10)
        sound[at : at + len(question)] = question
        ends.append(at + int(np.flatnonzero(np.abs(question) > AUDIBLE)[-1]) + 1)
    return sound, ends


def heard_from_s(arrivals: Sequence[Arrival], after_s: float) -> float:
    """When the first audible sample after a moment came, played as its packet comes.

    Raises:
        BenchmarkError: none came within a turn.
    """
    for arrival in arrivals:
        audible = np.flatnonzero(np.abs(decoded(arrival.payload)) > AUDIBLE)
        if after_s <= arrival.at_s <= after_s + TURN_S and len(audible):
            return arrival.at_s + int(audible[0]) / RATE_HZ
    raise BenchmarkError("a question had no answer")


class Listened:
    """What the services said to each other in a call, in the order in which it was said.

    Args:
        messages: as `wire_tap` tells them.
        sent: when each packet was sent.
        first_audible: index of the caller's first audible sample.
    """

    def __init__(self, messages: Sequence[Told], sent: dict[int, float], first_audible: int) -> None:
        self._messages = messages
        self._sent = sent
        first = next(facts for _, name, facts in messages if name == "CallerAudio" and facts["audible"])
        at = first["sample"] // (CALL_CLOCK_HZ // RATE_HZ) + first["audible"][0]
        self._offset = first_audible - at

    def parts(
        self, end: int, start_s: float, heard_s: float, end_silence_s: float, delay_s: float
    ) -> tuple[float, dict[str, float]]:
        """Windows and parts of a turn, milliseconds (see `Turn`).

        Args:
            end: index behind the last audible sample of the question.
            start_s: when the microphone's first sample was taken.
            heard_s: when the answer was heard.
            end_silence_s: configured.
            delay_s: of inbound's resampler.
        """
        spoken_s = start_s + end / RATE_HZ
        decided_s, decision = self._after(spoken_s, "CallerSpeech", is_speaking=False)
        deciding = decision["sample"] // (CALL_CLOCK_HZ // RATE_HZ) + self._offset
        sampled_s = start_s + deciding / RATE_HZ + delay_s
        sent_s = self._sent[int((sampled_s - start_s) * RATE_HZ - 1e-6) // PACKET_SAMPLES]
        passed_s = next(at for at, name, _ in reversed(self._messages) if name == "CallerAudio" and at <= decided_s)
        ended_s, _ = self._after(spoken_s, "SpeechEnded", final=True)
        turn_s, _ = self._after(ended_s, "Turn", final=True)
        clause_s, clause = self._after(turn_s, "Clause")
        rendered_s, _ = self._after(clause_s, "ClauseAudio", turn=clause["turn"], last=True)
        line_s, _ = self._after(rendered_s, "LineAudio", turn=clause["turn"])
        moments = (sampled_s, sent_s, passed_s, ended_s, turn_s, clause_s, rendered_s, line_s, heard_s)
        windows_ms = round((sampled_s - spoken_s - end_silence_s) * 1000, 2)
        spans = (round((after - before) * 1000, 2) for before, after in pairwise(moments))
        return windows_ms, dict(zip(PARTS, spans, strict=True))

    def _after(self, at_s: float, wanted: str, **facts: Any) -> tuple[float, dict[str, Any]]:
        place = bisect_left(self._messages, at_s, key=lambda message: message[0])
        for at, name, found in self._messages[place:]:
            if name == wanted and all(found.get(key) == value for key, value in facts.items()):
                return at, found
        raise BenchmarkError(f"nobody said {wanted} {facts}")


def measure(request: Request) -> Measured:
    """Each run is a call of ten questions, prepared and once more without preparation."""
    turns: dict[str, list[Turn]] = {}
    for condition, settings in CONDITIONS.items():
        with _at_once(), MeasuredSystem(*ENGINE_SETTINGS, WITHOUT_STANDBY, "llama.greeting=", *settings) as system:
            for run in range(request.runs):
                turns.setdefault(condition, []).extend(_call(system, random.Random(run), request))
                paths = [turn.path_ms for turn in turns[condition][-TURNS_PER_CALL:]]
                request.progress(f"{condition}: {percentile(paths, 50):.0f} ms, {max(paths):.0f} at most")
    raw = {condition: [vars(turn) for turn in group] for condition, group in turns.items()}
    return Measured({"turns": raw}, tuple(_figures(turns)))


@contextmanager
def _at_once() -> Iterator[None]:
    """Drill engines take no time."""
    former = os.environ.get(PACE_VARIABLE)
    os.environ[PACE_VARIABLE] = "0"
    try:
        yield
    finally:
        os.environ.pop(PACE_VARIABLE)
        if former is not None:
            os.environ[PACE_VARIABLE] = former


def _call(system: MeasuredSystem, vary: random.Random, request: Request) -> list[Turn]:
    sound, ends = microphone(1 + TURNS_PER_CALL, vary)
    with JsonChild(sys.executable, "benchmarks.wire_tap", *_ports(system.config)) as tap:
        is_listening = _is_listening(tap, request)
        with WireCaller(system.config.gateway.sip_port) as caller:
            start_s = time.time() + LEAD_S
            frames = sound.reshape(-1, PACKET_SAMPLES)
            packets = [
                Departure(start_s + (number + 1) * PACKET_S, number, encoded(frame))
                for number, frame in enumerate(frames)
            ]
            sent, arrivals = caller.exchange(packets, packets[-1].at_s)
        messages = tap.rest(DEADLINE_S)["messages"] if is_listening else []
    system.wait_no_calls()
    inbound = system.config.inbound
    end_silence_s, delay_s = inbound.end_silence_ms / 1000, StreamResampler(RATE_HZ, CALL_CLOCK_HZ).delay_s
    listened = Listened(messages, sent, int(np.flatnonzero(np.abs(sound) > AUDIBLE)[0])) if messages else None
    turns = []
    for end in ends[1:]:
        spoken_s = start_s + end / RATE_HZ
        heard_s = heard_from_s(arrivals, spoken_s)
        path_ms = round((heard_s - spoken_s - end_silence_s) * 1000, 2)
        windows_ms, parts = listened.parts(end, start_s, heard_s, end_silence_s, delay_s) if listened else (None, {})
        turns.append(Turn(path_ms, windows_ms, parts))
    return turns


def _is_listening(tap: JsonChild, request: Request) -> bool:
    try:
        return "listening" in tap.line(DEADLINE_S)
    except BenchmarkError:
        request.progress("only root, or who has CAP_NET_RAW, sees the parts")
        return False


def _ports(config: Config) -> list[str]:
    """The TCP ports of a system on which calls go on."""
    fixed = [config.gateway.processor_port, config.llama.port, config.tts.port]
    per_call = [
        base + call_id
        for base in (config.inbound.audio_port_base, config.outbound.audio_port_base)
        for call_id in range(config.gateway.first_call_id, min(config.gateway.last_call_id, CALL_IDS) + 1, 2)
    ]
    return [str(port) for port in (*fixed, *per_call)]


def _figures(turns: dict[str, list[Turn]]) -> Iterator[Figure]:
    for condition, group in turns.items():
        is_bound = condition == "prepared"
        paths = [turn.path_ms for turn in group]
        name = f"media path, {condition}"
        yield median(name, paths, "ms", P50_BOUND_MS if is_bound else None)
        p95 = round(percentile(paths, 95), 3)
        yield Figure(name, p95, "ms", "p95", len(paths), P95_BOUND_MS if is_bound else None)
        listened = [turn for turn in group if turn.parts_ms]
        if listened:
            yield median(f"{condition}: detector's windows", [turn.windows_ms or 0.0 for turn in listened], "ms")
        for part in PARTS if listened else ():
            yield median(f"{condition}: {part}", [turn.parts_ms[part] for turn in listened], "ms")


MEASUREMENT = Measurement("media-path", "Media path alone", "a call of ten questions under each condition", 4, measure)
