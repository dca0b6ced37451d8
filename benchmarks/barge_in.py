"""Barge-in over SIP, at the caller: how soon the agent is silent, and whether it stops for what it should stop for.

The caller asks for a story; while it is told, the caller interrupts, says "mhm" and its like, or coughs. What is heard is read
from the caller's own recording, what became of it from the journal. An onset counts from when it leaves the caller's telephone,
whose stack keeps what is said in a buffer that grows by 20 ms with each of its hiccups (`phone/transmit_delay.py`).
"""

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.figures import Figure, Measured, at_percent, median
from benchmarks.interruptions import BACKCHANNELS, INTERRUPTIONS, NOISES, at_line_rate, noise, spoken
from benchmarks.measurement import Measurement, Progress, Request
from benchmarks.system import MeasuredSystem
from steadyline.audio.levels import speech_spans
from steadyline.audio.pcm import Float32, from_pcm16
from steadyline.drills.caller import DrillCaller, caller_settings
from steadyline.phone.transmit_delay import TransmitDelay
from steadyline.sip import SipUserAgent

STORY = "Tell me a story about the sea."
PERSONA = "You tell stories on the telephone, in many plain sentences."
SETTINGS = (f"llama.persona={PERSONA}", "llama.max_tokens=160", "gateway.max_calls=1")
INTO_STORY_S = 2.5
"""So much of the answer is heard before the caller does anything."""
PAUSE_S = 0.35
"""So long without a sound of the agent's it has been stopped; its pauses between words are shorter."""
AFTERWARDS_S = 4.0
STORY_PATIENCE_S = 30.0
STOPS_WITHIN_MS = 150.0


@dataclass(frozen=True)
class Deed:
    """What the caller does while the agent speaks.

    Attributes:
        kind: "interruption", "backchannel" or "noise".
        name: what it is.
        sound: float32 mono, 16 kHz.
    """

    kind: str
    name: str
    sound: Float32


def measure(request: Request) -> Measured:
    """Each run is all deeds, each in a story of its own."""
    with tempfile.TemporaryDirectory() as folder, MeasuredSystem(*SETTINGS) as system:
        texts = (STORY, *INTERRUPTIONS, *BACKCHANNELS)
        sounds = dict(zip(texts, spoken(texts, Path(folder)), strict=True))
        deeds = [Deed("interruption", text, sounds[text]) for text in INTERRUPTIONS]
        deeds += [Deed("backchannel", text, sounds[text]) for text in BACKCHANNELS]
        deeds += [Deed("noise", name, noise(name)) for name in NOISES]
        raw = asyncio.run(_all(system, sounds[STORY], deeds * request.runs, request.progress))
    return Measured({"deeds": raw}, _figures(raw))


async def _all(system: MeasuredSystem, story: Float32, deeds: list[Deed], progress: Progress) -> list[dict[str, Any]]:
    agent, delay = await SipUserAgent.start(caller_settings(1)), TransmitDelay()
    try:
        await delay.attach(agent)
        results = []
        for deed in deeds:
            results.append(await _one(system, agent, delay, story, deed))
            progress(f"{deed.kind} {deed.name!r}: {results[-1]['stopped_ms']} ms, turns {results[-1]['turns']}")
        return results
    finally:
        delay.detach()
        await agent.close()


async def _one(
    system: MeasuredSystem, agent: SipUserAgent, delay: TransmitDelay, story: Float32, deed: Deed
) -> dict[str, Any]:
    """One call: asks for the story, does the deed in the middle of it, listens on, hangs up."""
    gateway = system.config.gateway
    delay.begin()
    caller = await DrillCaller.dial(agent, f"sip:steadyline@{gateway.sip_host}:{gateway.sip_port}")
    await asyncio.sleep(3.0)
    caller.say_sound(at_line_rate(story, caller.rate_hz))
    await caller.until(lambda: not caller.is_saying, STORY_PATIENCE_S)
    said_s = caller.now_s
    if not await caller.until(lambda: _speaks_since(caller, said_s) >= INTO_STORY_S, STORY_PATIENCE_S, 0.1):
        raise system.failed(f"no story was told before {deed.name!r}")
    begun_s, delay_s = caller.now_s, delay.seconds
    caller.say_sound(at_line_rate(deed.sound, caller.rate_hz))
    await asyncio.sleep(len(deed.sound) / 16_000 + AFTERWARDS_S)
    await caller.hang_up()
    record = system.recorded_calls(1)[0]
    onset_s = _onset_s(caller, begun_s) + delay_s
    return {
        "kind": deed.kind,
        "name": deed.name,
        "stopped_ms": _stopped_ms(caller, onset_s),
        "caller_delay_ms": round(delay_s * 1000),
        "turns": [turn.caller_text for turn in record.turns if turn.caller_text],
        "events": [event.kind for event in record.events],
    }


def _speaks_since(caller: DrillCaller, since_s: float) -> float:
    """Seconds of speech that were heard since then."""
    return sum(end - start for start, end in _heard(caller, since_s))


def _heard(caller: DrillCaller, since_s: float) -> list[tuple[float, float]]:
    samples = caller.recording.far_end.samples(caller.recording.end_s)[round(since_s * caller.rate_hz) :]
    return [(since_s + start, since_s + end) for start, end in speech_spans(from_pcm16(samples), caller.rate_hz)]


def _onset_s(caller: DrillCaller, since_s: float) -> float:
    """When the first audible sample of the deed was taken by the caller's stack."""
    said = np.abs(from_pcm16(caller.recording.caller.samples(caller.recording.end_s)))
    start = round(since_s * caller.rate_hz)
    return since_s + int(np.argmax(said[start:] > 0.01)) / caller.rate_hz


def _stopped_ms(caller: DrillCaller, onset_s: float) -> float | None:
    """From the onset to the last sound before the agent was silent; None when it was not silent within 2 s."""
    level = np.abs(from_pcm16(caller.recording.far_end.samples(caller.recording.end_s))) > 0.005
    places = np.flatnonzero(level) / caller.rate_hz
    after = places[(places >= onset_s - PAUSE_S) & (places <= onset_s + 2.0 + PAUSE_S)]
    for place, following in zip(after, [*after[1:], np.inf], strict=False):
        if following - place >= PAUSE_S and place >= onset_s - 0.02:
            return round(float(max(0.0, place - onset_s)) * 1000, 1)
    return None


def _figures(deeds: list[dict[str, Any]]) -> tuple[Figure, ...]:
    interruptions = [deed for deed in deeds if deed["kind"] == "interruption"]
    others = [deed for deed in deeds if deed["kind"] != "interruption"]
    stopped = [deed["stopped_ms"] if deed["stopped_ms"] is not None else 2000.0 for deed in interruptions]
    missed = [deed for deed in interruptions if len(deed["turns"]) < 2]
    cancelled = [deed for deed in others if len(deed["turns"]) > 1]
    runs = max(1, len(interruptions) // len(INTERRUPTIONS))
    return (
        median("interruption to silence", stopped, "ms"),
        Figure(
            "interruption to silence",
            at_percent("", stopped, 95, "ms").value,
            "ms",
            "p95",
            len(stopped),
            STOPS_WITHIN_MS,
        ),
        Figure("interruptions that were not answered", len(missed), "turns", "number", len(interruptions), runs),
        Figure("answers that a backchannel or a noise ended", len(cancelled), "turns", "number", len(others), runs),
    )


MEASUREMENT = Measurement(
    "barge-in", "Barge-in", "20 interruptions, 10 backchannels and 10 noises, each in a call of its own", 1, measure
)
