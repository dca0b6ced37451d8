"""A caller who waits for an answer is not left in silence. "winter" asks to wait, "autumn" apologises, "stop" is goodbye."""

import asyncio
from pathlib import Path

import pytest
from tests.services.scenes import (
    GREETING,
    SimulatedSystem,
    answer_to,
    answered,
    drill_config,
    journaled,
    now,
    play,
    silence,
    started,
    until,
)

from steadyline.config import Config
from steadyline.drills.simulated_engines import RuleModel, SimulatedEngines, ToneRecognizer


@pytest.mark.parametrize("dead", [["whisper"], ["llama"], ["tts"], ["whisper", "llama", "tts"]])
def test_asked_to_wait_then_apologised_to_then_goodbye(journal: Path, dead: list[str]) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        for name in dead:
            system.kill(name)
        call.say("alpha")
        said_at = now()
        await until(lambda: call.heard_text.endswith("winter"), 6)
        assert 2.5 <= now() - said_at <= 4.5
        await until(call.closed.done, 60)
        assert call.heard_text == f"{GREETING} winter winter autumn stop"
        assert call.closed.result() == "hung up"
        record = journaled(system, call)
        assert record.end_reason == "no answer could be given"
        assert [event.detail["phrase"] for event in record.events if event.kind == "phrase"] == [1, 1, 2, 3]

    play(scene, journal)


@pytest.mark.parametrize("name", ["whisper", "llama", "tts", "outbound"])
def test_the_answer_comes_whole_after_the_caller_was_asked_to_wait(journal: Path, name: str) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        system.kill(name)
        call.say("alpha")
        await asyncio.sleep(6.0)
        await system.start(name)
        await until(lambda: "five" in call.heard_text, 30)
        await silence(call)
        asked = "" if name == "outbound" else "winter "
        assert call.heard_text == f"{GREETING} {asked}{answer_to('alpha')}"

    play(scene, journal)


def test_an_answer_that_stops_in_the_middle_is_waited_for_too(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("alpha")
        await until(lambda: "alpha" in call.heard_text)
        system.kill("tts")
        system.kill("llama")
        await asyncio.sleep(8)
        await system.start("tts")
        await system.start("llama")
        await until(lambda: "ten" in call.heard_text, 30)
        words = call.heard_text.removeprefix(f"{GREETING} ").split()
        assert [word for word in words if word != "winter"] == answer_to("alpha").split()
        assert "winter" in words

    play(scene, journal, engines=SimulatedEngines(model=lambda: RuleModel(word_s=0.1)))


def test_how_long_callers_waited_for_the_answer_is_journaled_apart_from_the_phrase(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        system.kill("llama")
        call.say("alpha")
        await asyncio.sleep(5)
        await system.start("llama")
        await until(lambda: "ten" in call.heard_text, 30)
        record = journaled(system, call)
        (phrase,) = (event for event in record.events if event.kind == "phrase")
        assert 2400 <= float(str(phrase.detail["waited_ms"])) <= 2600
        assert record.turns[1].timings_ms["first_audio"] > 3000

    play(scene, journal)


def test_who_was_answered_while_the_line_to_inbound_was_lost_is_not_asked_to_wait(journal: Path) -> None:
    """What LLaMA has taken is told along that line, and is told again when it is back."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        ways = [system.network.path("gateway", "inbound"), system.network.path("inbound", "gateway")]
        call.say("alpha")
        await until(lambda: not call.is_saying)
        await asyncio.sleep(0.9)
        for way in ways:
            way.cut()
        await asyncio.sleep(1.8)
        for way in ways:
            way.mend()
        await until(lambda: "ten" in call.heard_text, 10)
        await asyncio.sleep(40)
        assert call.heard_text == f"{GREETING} {answer_to('alpha')}" and not call.closed.done()

    config = drill_config()
    config.outbound.silence_prompt_after_s = 0.0
    config.inbound.turn_end = "silence"
    play(scene, journal, config=config, engines=SimulatedEngines(recognizer=lambda: ToneRecognizer(1.4)))


def test_nobody_is_asked_to_wait_who_asked_nothing(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        await asyncio.sleep(40)
        assert call.heard_text == GREETING and not call.closed.done()

    config = drill_config()
    config.outbound.silence_prompt_after_s = 0.0
    play(scene, journal, config=config)


def test_a_caller_who_speaks_is_not_spoken_over(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        system.kill("llama")
        call.say("alpha")
        await asyncio.sleep(1.5)
        call.say("bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar papa quebec")
        await until(lambda: "winter" in call.heard_text, 12)
        assert not call.is_saying

    play(scene, journal)


def test_it_can_be_switched_off(journal: Path) -> None:
    def config() -> Config:
        config = drill_config()
        config.outbound.wait_after_s = config.outbound.goodbye_after_s = 0.0
        return config

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        system.kill("whisper")
        call.say("alpha")
        await asyncio.sleep(60)
        assert call.heard_text == GREETING and not call.closed.done()

    play(scene, journal, config=config())
