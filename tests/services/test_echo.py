"""A line that gives back what it plays: the agent does not answer itself, and callers are heard over it."""

import asyncio
from pathlib import Path

import pytest
from tests.services.scenes import (
    SimulatedCall,
    SimulatedSystem,
    answer_to,
    ask,
    drill_config,
    journaled,
    play,
    silence,
    started,
    until,
)

from steadyline.config import Config
from steadyline.drills.simulated_call import LineEcho

ECHO = LineEcho(gain_db=-20.0, delay_s=0.2)


async def called(system: SimulatedSystem, echo: LineEcho = ECHO, rate_hz: int = 8_000) -> SimulatedCall:
    """Call over a line with an echo, and listen to the greeting."""
    await started(system)
    call = system.lines["gateway"].dial(rate_hz, echo=echo)
    await silence(call)
    return call


def spoken_turns(system: SimulatedSystem, call: SimulatedCall) -> list[str]:
    """What the caller is said to have said, words or not; the greeting is turn 0."""
    return [turn.caller_text or "" for turn in journaled(system, call).turns if turn.turn > 0]


def utterances(system: SimulatedSystem) -> int:
    """How often inbound has found that the caller had said something."""
    (call,) = system.running["inbound"].service.calls()
    return int(call["utterances"])


def unguarded() -> Config:
    config = drill_config()
    config.inbound.echo_guard = False
    return config


def test_without_the_guard_the_echo_is_taken_for_the_caller(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await called(system)
        assert utterances(system) > 0

    play(scene, journal, config=unguarded())


@pytest.mark.parametrize("rate_hz", [8_000, 48_000])
@pytest.mark.parametrize(("gain_db", "delay_s"), [(-20.0, 0.2), (-12.0, 0.04), (-30.0, 0.3)])
def test_the_agent_does_not_answer_its_own_echo(journal: Path, gain_db: float, delay_s: float, rate_hz: int) -> None:
    async def scene(system: SimulatedSystem) -> None:
        call = await called(system, LineEcho(gain_db, delay_s), rate_hz)
        assert utterances(system) == 0
        assert await ask(call, "alpha") == answer_to("alpha")
        await asyncio.sleep(2.0)
        assert spoken_turns(system, call) == ["alpha"]
        assert utterances(system) == 1

    play(scene, journal)


def test_a_caller_who_speaks_over_the_echo_is_heard(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        call = await called(system)
        call.say("alpha")
        await until(lambda: "three" in call.heard_text)
        call.say("charlie delta")
        await until(lambda: answer_to("charlie delta") in call.heard_text)
        assert spoken_turns(system, call) == ["alpha", "charlie delta"]

    play(scene, journal)


@pytest.mark.parametrize("after", ["hello", "two", "seven"])
def test_a_new_inbound_knows_the_echo_too(journal: Path, after: str) -> None:
    async def scene(system: SimulatedSystem) -> None:
        call = await called(system)
        call.say("alpha")
        await until(lambda: after in call.heard_text)
        system.kill("inbound")
        await system.start("inbound")
        await until(lambda: answer_to("alpha") in call.heard_text)
        await silence(call)
        assert await ask(call, "bravo") == answer_to("bravo")
        assert spoken_turns(system, call) == ["alpha", "bravo"]

    play(scene, journal)


def test_a_new_inbound_cuts_the_same_utterance_over_the_echo(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        call = await called(system)
        call.say("alpha")
        await until(lambda: "three" in call.heard_text)
        system.kill("whisper")
        call.say("charlie delta")
        await asyncio.sleep(2.0)
        system.kill("inbound")
        await system.start("inbound", "whisper")
        await until(lambda: answer_to("charlie delta") in call.heard_text)
        await silence(call)
        assert spoken_turns(system, call) == ["alpha", "charlie delta"]

    play(scene, journal)
