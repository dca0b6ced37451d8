"""A caller who says nothing is asked whether they are there, then told goodbye. "silent" is the prompt, "stop" the goodbye."""

import asyncio
from pathlib import Path

import pytest
from tests.services.scenes import (
    GREETING,
    SimulatedCall,
    SimulatedEngines,
    SimulatedSystem,
    answer_to,
    answered,
    ask,
    drill_config,
    journaled,
    now,
    play,
    silence,
    started,
    until,
)

from steadyline.config import Config
from steadyline.drills.simulated_engines import RuleModel

AFTER_S = 12.0
FRAME_S = 0.1
"""Cursors, frames and the network take a moment."""


async def quiet_call(system: SimulatedSystem) -> tuple[SimulatedCall, float]:
    """A call whose greeting was heard; when its last sound was."""
    await started(system)
    call = await answered(system)
    assert call.last_sound_at is not None
    return call, call.last_sound_at


async def heard(call: SimulatedCall, word: str, within_s: float = 60.0) -> float:
    """Wait until a word is heard once more than now; when that was."""
    before, deadline = call.heard_text.split().count(word), now() + within_s
    while call.heard_text.split().count(word) == before:
        assert now() < deadline, f"waited {within_s:g} s in vain for {word!r}"
        await asyncio.sleep(0.05)
    return now()


@pytest.mark.parametrize("dead", [[], ["whisper", "llama", "tts"]])
def test_asked_twice_then_told_goodbye_whatever_else_is_dead(journal: Path, dead: list[str]) -> None:
    async def scene(system: SimulatedSystem) -> None:
        call, quiet_since = await quiet_call(system)
        for name in dead:
            system.kill(name)
        assert await heard(call, "silent") == pytest.approx(quiet_since + AFTER_S, abs=2 * FRAME_S)
        await until(call.closed.done, 60)
        assert call.heard_text == f"{GREETING} silent silent stop"
        assert now() == pytest.approx(quiet_since + 3 * AFTER_S + 3 * 0.12, abs=4 * FRAME_S)
        record = journaled(system, call)
        assert record.end_reason == "the caller said nothing any more"
        assert [event.detail["phrase"] for event in record.events if event.kind == "phrase"] == [4, 4, 5]

    play(scene, journal)


@pytest.mark.parametrize("killed_after_s", [0.05, 5.0, 11.0, 11.8])
def test_a_new_outbound_knows_for_how_long_the_caller_has_been_silent(journal: Path, killed_after_s: float) -> None:
    async def scene(system: SimulatedSystem) -> None:
        call, quiet_since = await quiet_call(system)
        await asyncio.sleep(max(0.0, quiet_since + killed_after_s - now()))
        system.kill("outbound")
        await asyncio.sleep(1.0)
        await system.start("outbound")
        back_at = now()
        asked_at = await heard(call, "silent")
        assert asked_at == pytest.approx(max(quiet_since + AFTER_S, back_at + 0.5), abs=3 * FRAME_S)

    play(scene, journal)


def test_a_new_outbound_knows_it_with_every_engine_dead(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        call, quiet_since = await quiet_call(system)
        for name in ("whisper", "llama", "tts", "outbound"):
            system.kill(name)
        await asyncio.sleep(1.0)
        await system.start("outbound")
        assert await heard(call, "silent") == pytest.approx(quiet_since + AFTER_S, abs=2 * FRAME_S)
        assert call.heard_text == f"{GREETING} silent"

    play(scene, journal)


def test_a_new_outbound_knows_that_an_answer_is_not_over(journal: Path) -> None:
    """The voice died with the former one, in the middle of the answer: it is the caller who waits."""

    async def scene(system: SimulatedSystem) -> None:
        call, _ = await quiet_call(system)
        call.say("alpha")
        await until(lambda: "three" in call.heard_text)
        system.kill("tts")
        system.kill("outbound")
        await system.start("outbound")
        await asyncio.sleep(20.0)
        assert "winter" in call.heard_text and "silent" not in call.heard_text
        await system.start("tts")
        await until(lambda: "ten" in call.heard_text)

    play(scene, journal)


def test_a_new_outbound_knows_how_often_the_caller_was_asked(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        call, _ = await quiet_call(system)
        for _ in range(2):
            await heard(call, "silent")
            await asyncio.sleep(1.0)
            system.kill("outbound")
            await asyncio.sleep(1.0)
            await system.start("outbound")
        await until(call.closed.done, 60)
        assert call.heard_text == f"{GREETING} silent silent stop"

    play(scene, journal)


@pytest.mark.parametrize("killed_after_s", [0.0, 0.05])
def test_an_outbound_that_dies_as_it_says_goodbye_has_a_successor_that_does(
    journal: Path, killed_after_s: float
) -> None:
    async def scene(system: SimulatedSystem) -> None:
        call, _ = await quiet_call(system)
        await until(lambda: "stop" in call.heard_text, 60)
        await asyncio.sleep(killed_after_s)
        system.kill("outbound")
        await asyncio.sleep(1.0)
        assert not call.closed.done()
        await system.start("outbound")
        await until(call.closed.done, 60)
        assert journaled(system, call).end_reason == "the caller said nothing any more"

    play(scene, journal)


def test_a_caller_who_says_something_is_answered_and_asked_anew(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        call, _ = await quiet_call(system)
        await heard(call, "silent")
        await heard(call, "silent")
        await asyncio.sleep(2.0)
        assert await ask(call, "alpha") == answer_to("alpha")
        assert call.last_sound_at is not None
        quiet_since = call.last_sound_at
        assert await heard(call, "silent") == pytest.approx(quiet_since + AFTER_S, abs=2 * FRAME_S)
        await until(call.closed.done, 60)
        assert call.heard_text.endswith("ten silent silent stop")

    play(scene, journal)


def test_a_key_is_a_sign_of_life(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        call, _ = await quiet_call(system)
        await heard(call, "silent")
        await asyncio.sleep(8.0)
        call.press("5")
        pressed_at = now()
        assert await heard(call, "silent") == pytest.approx(pressed_at + AFTER_S, abs=2 * FRAME_S)
        await until(call.closed.done, 60)
        assert call.heard_text == f"{GREETING} silent silent silent stop", "asked twice since the key"

    play(scene, journal)


@pytest.mark.parametrize("is_key", [False, True])
def test_nobody_is_hung_up_on_who_is_there_after_all(journal: Path, is_key: bool) -> None:
    """The caller stirs while the goodbye is being said."""

    async def scene(system: SimulatedSystem) -> None:
        call, _ = await quiet_call(system)
        await heard(call, "silent")
        await heard(call, "silent")
        await asyncio.sleep(1.0)
        quiet_since = call.last_sound_at or 0.0
        await until(lambda: (call.last_sound_at or 0.0) > quiet_since)
        if is_key:
            call.press("1")
            await asyncio.sleep(8.0)
        else:
            call.say("alpha")
            await until(lambda: "ten" in call.heard_text)
        assert call.heard_text.startswith(f"{GREETING} silent silent stop")
        assert not call.closed.done()

    play(scene, journal)


def test_nobody_is_spoken_over_who_begins_just_before_the_prompt(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        call, quiet_since = await quiet_call(system)
        await asyncio.sleep(quiet_since + AFTER_S - 0.3 - now())
        call.say("alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike")
        await until(lambda: not call.is_saying)
        assert call.heard_text == GREETING
        await silence(call, 4.0)
        assert "silent" not in call.heard_text

    play(scene, journal)


def test_an_answer_that_is_owed_or_played_is_no_silence(journal: Path) -> None:
    """It comes after 15 s and is 20 s long, with a pause in the middle."""
    clauses = " ".join(f"{word} two three four five six seven eight nine ten." for word in ("one", "red") * 6)

    async def scene(system: SimulatedSystem) -> None:
        call, _ = await quiet_call(system)
        system.running["llama"].host.engine._first_s = 15.0  # type: ignore[union-attr]
        call.say("alpha")
        await until(lambda: "two" in call.heard_text, 30)
        system.kill("tts")
        await asyncio.sleep(14.0)
        await system.start("tts")
        await until(lambda: call.heard_text.split().count("ten") == 12, 60)
        assert "silent" not in call.heard_text
        await heard(call, "silent")

    config = drill_config()
    config.outbound.goodbye_after_s = 0.0
    play(scene, journal, config=config, engines=SimulatedEngines(model=lambda: RuleModel(lambda question: clauses)))


def test_nobody_says_that_a_caller_is_silent_whom_nobody_hears(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        call, _ = await quiet_call(system)
        await asyncio.sleep(5.0)
        system.kill("inbound")
        await asyncio.sleep(60.0)
        assert call.heard_text == GREETING and not call.closed.done()
        await system.start("inbound")
        back_at = now()
        assert await heard(call, "silent") == pytest.approx(back_at + AFTER_S, abs=5 * FRAME_S)

    play(scene, journal)


def test_it_can_be_switched_off(journal: Path) -> None:
    def config() -> Config:
        config = drill_config()
        config.outbound.silence_prompt_after_s = 0.0
        return config

    async def scene(system: SimulatedSystem) -> None:
        call, _ = await quiet_call(system)
        await asyncio.sleep(50)
        assert call.heard_text == GREETING and not call.closed.done()

    play(scene, journal, config=config())
