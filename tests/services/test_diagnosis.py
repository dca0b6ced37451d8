"""Calls with a fault that was put in, and what `steadyline calls why` says of them."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.services.recorders import Recorders
from tests.services.scenes import SimulatedCall, SimulatedSystem, answered, ask, drill_config, journaled, play, started

from steadyline.config import Config
from steadyline.diagnosis.evidence import Finding, evidence_of
from steadyline.diagnosis.rules import findings
from steadyline.drills.simulated_engines import RuleModel, SimulatedEngines, ToneRecognizer, ToneSynthesizer
from steadyline.errors import EngineError
from steadyline.recorder.folders import call_folder
from steadyline.recorder.reading import Recording

Scene = Callable[[SimulatedSystem, SimulatedCall], Awaitable[None]]


class FailingModel(RuleModel):
    """Has no answer."""

    def stream(self, *arguments: Any, **options: Any) -> None:
        raise EngineError("out of memory")


def diagnosed(
    journal: Path, scene: Scene, config: Config | None = None, engines: SimulatedEngines | None = None
) -> list[Finding]:
    """What is found in a call that went so."""
    recorders = Recorders(journal.parent / "recordings")
    calls = []
    config = config or drill_config()

    async def whole(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
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
]


@pytest.mark.parametrize(("rule", "scene", "config", "engines"), SEEDED, ids=[one[0] for one in SEEDED])
def test_a_fault_that_was_put_in_is_named(
    journal: Path, rule: str, scene: Scene, config: Config | None, engines: SimulatedEngines | None
) -> None:
    found = diagnosed(journal, scene, config, engines)
    assert rule in {one.rule for one in found}, found
    assert all(one.text and one.evidence for one in found)


def test_nothing_is_found_in_a_call_that_went_well(journal: Path) -> None:
    assert diagnosed(journal, in_peace) == []
