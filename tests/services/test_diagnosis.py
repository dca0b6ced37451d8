"""Calls with a fault that was put in, and what `steadyline calls why` says of them."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.services.recorders import Recorders
from tests.services.scenes import (
    SimulatedCall,
    SimulatedSystem,
    answered,
    ask,
    drill_config,
    journaled,
    play,
    started,
    until,
)

from steadyline.config import Config
from steadyline.diagnosis.evidence import Finding, evidence_of
from steadyline.diagnosis.rules import findings
from steadyline.drills.simulated_call import LineEcho
from steadyline.drills.simulated_engines import Heard, RuleModel, SimulatedEngines, ToneRecognizer, ToneSynthesizer
from steadyline.drills.simulated_workers import engine_sleep
from steadyline.drills.tone_speech import speak
from steadyline.errors import EngineError
from steadyline.recorder.folders import call_folder
from steadyline.recorder.reading import Recording

Float32 = NDArray[np.float32]
WORD_S = 0.4
"""A word and the pause after it."""
Scene = Callable[[SimulatedSystem, SimulatedCall], Awaitable[None]]


class FailingModel(RuleModel):
    """Has no answer."""

    def stream(self, *arguments: Any, **options: Any) -> None:
        raise EngineError("out of memory")


class SlowVoice(ToneSynthesizer):
    """Takes twice as long to render a clause as it takes to speak it."""

    def synthesize(self, text: str) -> Iterator[Float32]:
        spoken = speak(text, self.rate_hz)
        engine_sleep(2 * len(spoken) / self.rate_hz)
        yield spoken


class DeafRecognizer(ToneRecognizer):
    """Understands nothing."""

    def transcribe(self, samples: Float32) -> Heard:
        return Heard("")


def diagnosed(
    journal: Path,
    scene: Scene,
    config: Config | None = None,
    engines: SimulatedEngines | None = None,
    call_up: Callable[[SimulatedSystem], Awaitable[SimulatedCall]] = answered,
) -> list[Finding]:
    """What is found in a call that went so."""
    recorders = Recorders(journal.parent / "recordings")
    calls = []
    config = config or drill_config()

    async def whole(system: SimulatedSystem) -> None:
        await started(system)
        call = await call_up(system)
        await scene(system, call)
        call.hang_up()
        await asyncio.sleep(1)
        calls.append(journaled(system, call))

    play(whole, journal, config=config, engines=engines, recorder=recorders)
    recorders.close()
    recording = Recording(call_folder(recorders.directory, calls[0].call_uuid))
    return findings(evidence_of(calls[0], recording, config.llama.apology))


async def in_peace(system: SimulatedSystem, call: SimulatedCall) -> None:
    await ask(call, "alpha bravo")
    await ask(call, "charlie")


def killed(name: str, away_s: float = 0.3, after_s: float = 2.0) -> Scene:
    async def scene(system: SimulatedSystem, call: SimulatedCall) -> None:
        asking = asyncio.ensure_future(ask(call, "alpha"))
        await asyncio.sleep(after_s)
        system.kill(name)
        await asyncio.sleep(away_s)
        await system.start(name)
        await asking
        await asyncio.sleep(2.0)

    return scene


async def in_silence(system: SimulatedSystem, call: SimulatedCall) -> None:
    await asyncio.sleep(16.0)


async def hung_up_on(system: SimulatedSystem, call: SimulatedCall) -> None:
    call.say("alpha")
    await asyncio.sleep(1.15)


async def said_in_two_pieces(system: SimulatedSystem, call: SimulatedCall) -> None:
    call.say("alpha")
    await asyncio.sleep(1.0)
    call.say("bravo")
    await asyncio.sleep(6.0)


async def over_a_lossy_network(system: SimulatedSystem, call: SimulatedCall) -> None:
    call.lost_share = 0.08
    await in_peace(system, call)


async def in_noise(system: SimulatedSystem, call: SimulatedCall) -> None:
    call.say("alpha bravo charlie delta " * 3)
    await asyncio.sleep(8.0)


async def with_a_gateway_that_died(system: SimulatedSystem, call: SimulatedCall) -> None:
    await ask(call, "alpha")
    system.kill("gateway")
    await asyncio.sleep(2.0)


async def over_an_echo(system: SimulatedSystem) -> SimulatedCall:
    call = system.lines["gateway"].dial(echo=LineEcho(gain_db=-6.0, delay_s=2.0))
    await until(lambda: call.is_answered)
    return call


async def in_vain(system: SimulatedSystem) -> SimulatedCall:
    """Call a system without a voice."""
    system.kill("tts")
    call = system.dial()
    await asyncio.sleep(1.0)
    call.signal(1.0, False, "INVITE sip:agent@simulated SIP/2.0\r\n")
    await until(lambda: call.closed.done())
    call.signal(20.0, True, "SIP/2.0 486 Busy Here\r\n")
    return call


async def nothing(system: SimulatedSystem, call: SimulatedCall) -> None:
    """That is all."""


def unguarded() -> Config:
    config = drill_config()
    config.inbound.echo_guard = False
    return config


def impatient() -> Config:
    config = drill_config()
    config.inbound.turn_end, config.inbound.end_silence_ms = "silence", 300
    return config


def slow(**times: float) -> SimulatedEngines:
    return SimulatedEngines(
        lambda: ToneRecognizer(times.get("whisper", 0.15)),
        lambda: RuleModel(first_s=times.get("llama", 0.1)),
        lambda: ToneSynthesizer(times.get("tts", 0.05)),
    )


@pytest.mark.parametrize("name", ["inbound", "whisper", "llama", "tts", "outbound"])
def test_a_service_that_was_killed_is_named(journal: Path, name: str) -> None:
    [found] = [one for one in diagnosed(journal, killed(name)) if one.rule == "service-lost"]
    assert found.text.startswith(f"{name} was lost and was there again"), found
    assert f"{name} was started 2 times during the call" in found.evidence
    assert found.at_s == pytest.approx(5.0, abs=2.5)


SEEDED: list[tuple[str, Scene, Config | None, SimulatedEngines | None]] = [
    ("slow-transcription", in_peace, None, slow(whisper=3.0)),
    ("slow-first-clause", in_peace, None, slow(llama=2.0)),
    ("slow-voice", in_peace, None, slow(tts=3.0)),
    ("model-failed", in_peace, None, SimulatedEngines(model=FailingModel)),
    ("no-answer-in-time", killed("llama", away_s=6.0, after_s=0.4), None, None),
    ("silent-caller", in_silence, None, None),
    ("one-way-audio", in_silence, None, None),
    ("never-answered", hung_up_on, None, slow(llama=5.0)),
    ("cut-off", said_in_two_pieces, impatient(), None),
    ("nothing-understood", in_noise, None, SimulatedEngines(DeafRecognizer)),
    ("packet-loss", over_a_lossy_network, None, None),
    ("no-end", with_a_gateway_that_died, None, None),
]


@pytest.mark.parametrize(("rule", "scene", "config", "engines"), SEEDED, ids=[one[0] for one in SEEDED])
def test_a_fault_that_was_put_in_is_named(
    journal: Path, rule: str, scene: Scene, config: Config | None, engines: SimulatedEngines | None
) -> None:
    found = diagnosed(journal, scene, config, engines)
    assert rule in {one.rule for one in found}, found
    assert all(one.text and one.evidence for one in found)


@pytest.mark.parametrize(
    ("engines", "who", "side"),
    [
        (SimulatedEngines(synthesizer=SlowVoice), "voice", "before"),
        (SimulatedEngines(model=lambda: RuleModel(word_s=0.6)), "language model", "after"),
    ],
    ids=["voice", "model"],
)
def test_an_answer_that_runs_dry_is_named_with_the_silence_that_the_caller_heard(
    journal: Path, engines: SimulatedEngines, who: str, side: str
) -> None:
    silences: list[float] = []

    async def scene(system: SimulatedSystem, call: SimulatedCall) -> None:
        before = len(call.heard)
        await ask(call, "alpha")
        await asyncio.sleep(8.0)
        starts = [word.start_s for word in call.heard[before:]]
        silences.append(max(after - start for start, after in pairwise(starts)))

    found = [one for one in diagnosed(journal, scene, engines=engines) if one.rule == "starved"]
    [one] = [one for one in found if "turn 1 " in one.text]
    assert f"the {who} did not keep up" in one.text and f"s {side} the silence began" in one.evidence[0]
    told = re.search(r"([0-9.]+) s of silence before clause 1 of turn 1", one.evidence[0])
    assert told is not None and float(told[1]) == pytest.approx(silences[0], abs=WORD_S)


def test_an_echo_that_is_taken_for_the_caller_is_named(journal: Path) -> None:
    async def scene(system: SimulatedSystem, call: SimulatedCall) -> None:
        call.say("alpha")
        await asyncio.sleep(20.0)

    found = diagnosed(journal, scene, unguarded(), call_up=over_an_echo)
    assert "echo" in {one.rule for one in found}, found


def test_a_call_that_was_not_answered_is_named_with_the_answer_that_was_given(journal: Path) -> None:
    [found] = [one for one in diagnosed(journal, nothing, call_up=in_vain) if one.rule == "not-answered"]
    assert "not ready within" in found.text and "tts" in found.text
    assert "we answered 486 Busy Here" in found.evidence


def test_nothing_is_found_in_a_call_that_went_well(journal: Path) -> None:
    assert diagnosed(journal, in_peace) == []
