"""What a caller hears: the greeting, whole answers, in order, once, and nobody else's."""

import asyncio
import itertools
from pathlib import Path

import pytest
from tests.services.scenes import (
    GREETING,
    SimulatedSystem,
    answer_to,
    answered,
    ask,
    drill_config,
    journaled,
    play,
    silence,
    started,
    until,
)

from steadyline.config import Config


def test_the_greeting_is_heard_and_each_answer_whole_in_order_once(journal: Path) -> None:
    questions = ["alpha bravo", "charlie", "delta echo foxtrot"]

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        for question in questions:
            assert await ask(call, question) == answer_to(question)
        assert call.heard_text == " ".join([GREETING, *map(answer_to, questions)])
        assert all(0.108 <= heard.duration_s <= 0.132 for heard in call.heard), "a word was cut or torn"
        assert call.overflowed_samples == 0
        call.hang_up()
        await asyncio.sleep(1)
        turns = journaled(system, call).turns
        assert [turn.caller_text for turn in turns] == [None, *questions]
        assert [turn.reply_text for turn in turns][1:] == [
            answer_to(question).replace("five", "five.").replace("ten", "ten.") for question in questions
        ]

    play(scene, journal)


def test_answers_have_no_holes(journal: Path) -> None:
    """From the first word of a clause to its last the words follow each other as they were rendered: 160 ms apart."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        before = len(call.heard)
        await ask(call, "alpha")
        onsets = [heard.start_s for heard in call.heard[before:]]
        gaps = [later - earlier for earlier, later in itertools.pairwise(onsets)]
        assert all(0.15 <= gap <= 0.19 for gap in gaps), gaps

    play(scene, journal)


def test_calls_at_once_hear_their_own_answers_only(journal: Path) -> None:
    async def one(system: SimulatedSystem, name: str) -> None:
        call = await answered(system)
        for question in (f"{name} one", f"{name} two", f"{name}"):
            assert await ask(call, question) == answer_to(question)
        assert call.heard_text.startswith(GREETING)
        call.hang_up()

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        async with asyncio.TaskGroup() as callers:
            for delay_s, name in enumerate(("alpha", "bravo", "charlie", "delta")):
                await asyncio.sleep(delay_s * 0.013)
                callers.create_task(one(system, name))

    play(scene, journal)


def test_ten_calls_one_after_another(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        for word in ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett"]:
            call = await answered(system)
            assert await ask(call, word) == answer_to(word)
            call.hang_up()
            await asyncio.sleep(0.02)

    play(scene, journal)


def without_barge_in() -> Config:
    config = drill_config()
    config.barge_in.enabled = False
    return config


def test_what_is_said_during_the_greeting_is_answered_after_it_without_barge_in(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = system.dial()
        await until(lambda: call.is_answered)
        call.say("bravo")
        await silence(call, 3)
        assert call.heard_text == f"{GREETING} {answer_to('bravo')}"

    play(scene, journal, config=without_barge_in())


def test_two_questions_in_one_breath_are_answered_in_order_without_barge_in(journal: Path) -> None:
    """The second is asked while the first is being answered."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("alpha")
        await asyncio.sleep(1.5)
        call.say("bravo")
        await silence(call, 3)
        assert call.heard_text == f"{GREETING} {answer_to('alpha')} {answer_to('bravo')}"

    play(scene, journal, config=without_barge_in())


def test_no_greeting_when_none_is_configured(journal: Path) -> None:
    config = drill_config()
    config.llama.greeting = ""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = system.dial()
        await until(lambda: call.is_answered)
        await asyncio.sleep(5)
        assert call.heard_text == ""
        assert await ask(call, "alpha") == answer_to("alpha")

    play(scene, journal, config=config)


@pytest.mark.parametrize("latency_s", [0.0, 0.005, 0.02])
def test_a_slow_network_delays_but_loses_nothing(journal: Path, latency_s: float) -> None:
    from steadyline.link.memory import MemoryNetwork

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        assert await ask(call, "alpha bravo") == answer_to("alpha bravo")

    play(scene, journal, network=MemoryNetwork(latency_s=latency_s))
