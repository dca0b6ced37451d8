"""What a caller types: a turn like a spoken one, once and in order, whoever is lost; and what is not taken."""

import asyncio
import logging
from collections.abc import Callable
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
from steadyline.drills.simulated_engines import RuleModel, ToneRecognizer
from steadyline.drills.tone_score import expected_words, score
from steadyline.wire.operator_messages import TypedLine, TypedReply

BEHIND_THE_GATEWAY = ["inbound", "outbound", "whisper", "llama", "tts"]
ON_ITS_WAY = ["inbound", "whisper", "llama"]
LONG = "one two three four five. six seven eight nine ten. eleven twelve red green blue. white black north south east."
END_OF_ANSWER = "six seven eight nine ten"
"""What was said before the newest turn and not answered yet belongs to the question, too."""


def typed(system: SimulatedSystem, call: SimulatedCall, text: str, number: int = 1) -> TypedReply:
    """What the gateway says to a line that was typed, as its status port would pass it on."""
    gateway = system.running["gateway"]
    reply: TypedReply = gateway.process.run(gateway.service.type_line, TypedLine(call.sip_call_id, number, text))  # type: ignore[attr-defined]
    return reply


def turns(system: SimulatedSystem, call: SimulatedCall) -> list[str | None]:
    """What the caller said, by the journal; the greeting's is None."""
    return [turn.caller_text for turn in journaled(system, call).turns]


def without_prompts() -> Config:
    config = drill_config()
    config.outbound.silence_prompt_after_s = 0.0
    return config


def test_a_typed_line_is_answered_as_a_spoken_one(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        assert typed(system, call, "  alpha\tbravo\r\n") == TypedReply(True, "alpha bravo")
        await silence(call)
        assert call.heard_text == f"{GREETING} {answer_to('alpha bravo')}"
        assert await ask(call, "charlie") == answer_to("charlie")
        assert turns(system, call) == [None, "alpha bravo", "charlie"]
        record = journaled(system, call)
        [event] = [event for event in record.events if event.kind == "typed"]
        assert event.detail["chars"] == len("alpha bravo") and "bravo" not in str(event.detail)
        assert record.turns[1].end_sample == event.detail["sample"]
        assert record.turns[1].timings_ms.keys() == {"first_clause", "first_audio"}

    play(scene, journal)


def test_it_silences_the_agent_at_once_and_ends_the_answer(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        before = len(call.heard)
        typed(system, call, "alpha")
        await until(lambda: "six" in [heard.word for heard in call.heard[before:]])
        typed_at = now()
        typed(system, call, "bravo", 2)
        await until(lambda: call.silent_for_s() > 0.1)
        assert (call.last_sound_at or 0.0) - typed_at <= 0.1
        await silence(call, 3)
        cut, _, answer = " ".join(heard.word for heard in call.heard[before:]).partition(" bravo ")
        assert answer == LONG.replace(".", "") and "twelve" not in cut
        assert turns(system, call) == [None, "alpha", "bravo"]

    play(scene, journal, engines=SimulatedEngines(model=lambda: RuleModel(lambda question: f"{question} {LONG}")))


@pytest.mark.parametrize("name", ["whisper", "llama"])
def test_it_silences_the_agent_though_nobody_is_there_to_take_it_yet(journal: Path, name: str) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        typed(system, call, "alpha")
        await until(lambda: "six" in call.heard_text)
        system.kill(name)
        typed_at = now()
        typed(system, call, "bravo", 2)
        await asyncio.sleep(1.0)
        assert (call.last_sound_at or 0.0) - typed_at <= 0.1
        await system.start(name)
        await silence(call, 3)
        assert turns(system, call) == [None, "alpha", "bravo"]

    play(scene, journal, engines=SimulatedEngines(model=lambda: RuleModel(lambda question: f"{question} {LONG}")))


def test_nobody_types_a_backchannel_in_order_to_listen_on(journal: Path) -> None:
    config = drill_config()
    config.barge_in.backchannels = ["yankee"]

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("alpha")
        await until(lambda: "five" in call.heard_text)
        typed(system, call, "yankee")
        await silence(call, 3)
        assert turns(system, call) == [None, "alpha", "yankee"]

    play(scene, journal, config=config)


def test_without_barge_in_it_waits_for_the_end_of_the_answer(journal: Path) -> None:
    config = drill_config()
    config.barge_in.enabled = False

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("alpha")
        await until(lambda: "two" in call.heard_text)
        typed(system, call, "bravo")
        await silence(call, 3)
        assert call.heard_text == f"{GREETING} {answer_to('alpha')} {answer_to('bravo')}"

    play(scene, journal, config=config)


def test_what_was_said_before_it_comes_before_it_though_it_is_still_transcribed(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("alpha")
        await asyncio.sleep(1.2)
        typed(system, call, "bravo")
        typed(system, call, "charlie", 2)
        await silence(call, 6)
        assert turns(system, call) == [None, "alpha", "bravo", "charlie"]
        assert call.heard_text.endswith(f"charlie {END_OF_ANSWER}")

    play(scene, journal, engines=SimulatedEngines(recognizer=lambda: ToneRecognizer(takes_s=2.0)))


@pytest.mark.parametrize("after_s", [0.05, 0.2, 0.5, 0.75, 0.9, 1.0, 1.3])
def test_it_ends_what_is_being_said_and_what_is_said_on_is_a_turn_of_its_own(journal: Path, after_s: float) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("alpha bravo charlie delta")
        await asyncio.sleep(after_s)
        typed(system, call, "zulu")
        await silence(call, 4)
        said = turns(system, call)[1:]
        assert said.count("zulu") == 1
        # The word in which it was typed may be lost, or cut in two; what was said before and after it is not.
        spoken = " ".join(text or "" for text in said if text != "zulu").split()
        assert len(spoken) >= 3 and spoken == sorted(spoken)
        assert call.heard_text.endswith(f"{said[-1]} {END_OF_ANSWER}")

    play(scene, journal)


@pytest.mark.parametrize("after_s", [0.0, 0.001, 0.002, 0.003, 0.004, 0.006, 0.02, 0.12, 0.2, 0.6])
@pytest.mark.parametrize("name", BEHIND_THE_GATEWAY)
def test_whoever_dies_after_it_was_typed_it_is_answered_once(journal: Path, name: str, after_s: float) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        typed(system, call, "alpha bravo charlie")
        await asyncio.sleep(after_s)
        system.kill(name)
        await asyncio.sleep(0.3)
        await system.start(name)
        await asyncio.sleep(5)
        await silence(call)
        expected = expected_words(f"{GREETING} {answer_to('alpha bravo charlie')}")
        assert str(score(expected, call.heard)) == "every word once"
        assert turns(system, call) == [None, "alpha bravo charlie"]
        assert await ask(call, "delta") == answer_to("delta")

    play(scene, journal)


@pytest.mark.parametrize("names", [ON_ITS_WAY, ["inbound", "whisper"], ["whisper", "llama"]], ids="+".join)
@pytest.mark.parametrize("after_s", [0.001, 0.003, 0.3])
def test_whoever_die_together_it_is_answered_once(journal: Path, names: list[str], after_s: float) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        typed(system, call, "alpha bravo charlie")
        await asyncio.sleep(after_s)
        for name in names:
            system.kill(name)
        await asyncio.sleep(0.3)
        await system.start(*names)
        await asyncio.sleep(6)
        await silence(call)
        expected = expected_words(f"{GREETING} {answer_to('alpha bravo charlie')}")
        assert str(score(expected, call.heard)) == "every word once"
        assert turns(system, call) == [None, "alpha bravo charlie"]

    play(scene, journal)


@pytest.mark.parametrize("name", ON_ITS_WAY)
def test_lines_typed_while_somebody_is_away_are_answered_in_order_when_it_is_back(journal: Path, name: str) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        system.kill(name)
        typed(system, call, "alpha")
        call.say("bravo")
        await asyncio.sleep(1.8)
        typed(system, call, "charlie", 2)
        await asyncio.sleep(0.2)
        await system.start(name)
        await asyncio.sleep(8)
        await silence(call)
        assert turns(system, call) == [None, "alpha", "bravo", "charlie"]
        assert call.heard_text.endswith(f"charlie {END_OF_ANSWER}")

    play(scene, journal, config=without_prompts())


@pytest.mark.parametrize("name", ON_ITS_WAY)
@pytest.mark.parametrize("after_s", [0.3, 0.7, 1.0, 1.15, 1.3, 1.6])
def test_spoken_and_typed_words_survive_a_death_between_them(journal: Path, name: str, after_s: float) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("alpha")
        await asyncio.sleep(after_s)
        system.kill(name)
        await asyncio.sleep(0.7)
        typed(system, call, "bravo")
        await asyncio.sleep(0.1)
        await system.start(name)
        await asyncio.sleep(6)
        await silence(call)
        assert turns(system, call) == [None, "alpha", "bravo"]
        assert await ask(call, "charlie") == answer_to("charlie")

    play(scene, journal, config=without_prompts())


def test_a_frozen_whisper_and_its_successor_take_it_once(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        typed(system, call, "alpha")
        await system.replace("whisper")
        await asyncio.sleep(3)
        system.ghosts[0].process.thaw()
        await silence(call)
        await asyncio.sleep(2)
        assert turns(system, call) == [None, "alpha"]
        assert call.heard_text == f"{GREETING} {answer_to('alpha')}"

    play(scene, journal)


def test_a_line_that_is_sent_again_is_taken_once(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        for _ in range(3):
            assert typed(system, call, "alpha", 7) == TypedReply(True, "alpha")
        await silence(call)
        assert turns(system, call) == [None, "alpha"]

    play(scene, journal)


@pytest.mark.parametrize(
    ("change", "text", "why"),
    [
        (lambda config: None, " \t\u200b\x00 ", "the line is empty"),
        (lambda config: None, "x" * 501, "has 501 characters; allowed are 500"),
        (lambda config: setattr(config.gateway, "typed_max_chars", 0), "alpha", "switched off"),
        (lambda config: setattr(config.gateway, "typed_per_minute", 1), "alpha", "1 lines within a minute"),
    ],
    ids=["empty", "long", "off", "many"],
)
def test_what_is_not_taken_is_refused_with_the_reason(
    journal: Path, change: Callable[[Config], None], text: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    config = drill_config()
    change(config)

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        is_first_taken = typed(system, call, "bravo", 1).taken
        await silence(call)
        caplog.clear()
        reply = typed(system, call, text, 2)
        assert not reply.taken and why in reply.text
        await asyncio.sleep(1)
        assert turns(system, call) == ([None, "bravo"] if is_first_taken else [None])
        [line] = [record for record in caplog.records if "typed" in record.getMessage()]
        assert why in line.getMessage() and line.call_id == 2  # type: ignore[attr-defined]
        assert await ask(call, "charlie") == answer_to("charlie")

    play(scene, journal, config=config)


def test_a_minute_later_there_is_room_again(journal: Path) -> None:
    config = without_prompts()
    config.gateway.typed_per_minute = 2

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        assert [typed(system, call, "alpha", number).taken for number in (1, 2, 3)] == [True, True, False]
        await asyncio.sleep(61)
        assert typed(system, call, "bravo", 3).taken

    play(scene, journal, config=config)


def test_a_call_that_nobody_has_is_told_apart(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        ringing = system.dial(is_acknowledged=False)
        stranger = TypedLine("no such call", 1, "alpha")
        gateway = system.running["gateway"]
        assert not typed(system, ringing, "alpha").taken
        assert not gateway.service.type_line(stranger).taken  # type: ignore[attr-defined]

    play(scene, journal)


@pytest.mark.parametrize("is_shown", [False, True])
def test_the_log_has_its_words_where_words_are_logged(
    journal: Path, caplog: pytest.LogCaptureFixture, is_shown: bool
) -> None:
    config = drill_config()
    config.log.heard_text = is_shown
    caplog.set_level(logging.INFO)

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        typed(system, call, "zulu zulu")
        await silence(call)
        [line] = [record for record in caplog.records if record.getMessage().startswith("typed ")]
        assert line.getMessage() == ("typed 'zulu zulu'" if is_shown else "typed 2 words")
        assert line.call_id == 2  # type: ignore[attr-defined]

    play(scene, journal, config=config)
    assert ("zulu" in caplog.text) == is_shown
