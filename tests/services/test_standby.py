"""Two voices: the standby takes over in the middle of an answer, the first voice comes back between two."""

import asyncio
from itertools import groupby
from pathlib import Path

import pytest
from tests.services.scenes import (
    GREETING,
    SimulatedSystem,
    answer_to,
    answered,
    ask,
    drill_config,
    play,
    remains,
    silence,
    started,
    until,
)

from steadyline.config import Config
from steadyline.drills.simulated_engines import RuleModel, SimulatedEngines


def with_standby() -> Config:
    config = drill_config()
    config.standby.engine = "piper"
    return config


def speaking(system: SimulatedSystem) -> str:
    """Which voice speaks in the one call."""
    (session,) = system.running["llama"].service._sessions.values()  # type: ignore[attr-defined]
    return str(session._voices.speaking)


@pytest.mark.parametrize("lost_at_s", [0.3, 1.15, 1.35, 1.45, 1.6, 2.0, 3.2])
def test_the_standby_takes_over_and_the_answer_is_heard_whole(journal: Path, lost_at_s: float) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        assert speaking(system) == "tts"
        call.say("alpha")
        await asyncio.sleep(lost_at_s)
        system.kill("tts")
        await until(lambda: "five" in call.heard_text)
        await silence(call)
        assert call.heard_text == f"{GREETING} {answer_to('alpha')}"
        assert speaking(system) == "standby"
        assert await ask(call, "bravo") == answer_to("bravo")

    play(scene, journal, config=with_standby())


def test_the_first_voice_speaks_again_from_the_next_answer_on(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("alpha")
        await asyncio.sleep(2.0)
        system.kill("tts")
        await system.start("tts")
        await silence(call)
        assert speaking(system) == "standby"
        await asyncio.sleep(3)
        assert await ask(call, "bravo") == answer_to("bravo")
        assert speaking(system) == "tts"
        assert call.heard_text == f"{GREETING} {answer_to('alpha')} {answer_to('bravo')}"

    play(scene, journal, config=with_standby())


def test_a_voice_that_has_just_come_back_is_not_trusted_yet(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        system.kill("tts")
        assert await ask(call, "alpha") == answer_to("alpha")
        await asyncio.sleep(5)
        call.say("bravo")
        await system.start("tts")
        await until(lambda: len(call.heard) > 20)
        assert speaking(system) == "standby"
        await silence(call)
        assert call.heard_text.endswith(answer_to("bravo"))

    play(scene, journal, config=with_standby())


@pytest.mark.parametrize("order", [("tts", "standby"), ("standby", "tts")])
def test_both_voices_lost_one_after_the_other(journal: Path, order: tuple[str, str]) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("alpha")
        await asyncio.sleep(1.9)
        for name in order:
            system.kill(name)
            await asyncio.sleep(0.4)
        await system.start(order[0])
        await silence(call, 2.0)
        assert call.heard_text == f"{GREETING} {answer_to('alpha')}"

    play(scene, journal, config=with_standby())


@pytest.mark.parametrize("missing", ["tts", "standby"])
def test_a_call_is_answered_with_one_of_the_two(journal: Path, missing: str) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await system.start("gateway", "inbound", "outbound", "whisper", "llama")
        await system.start("standby" if missing == "tts" else "tts")
        await asyncio.sleep(0.5)
        call = await answered(system)
        assert await ask(call, "alpha") == answer_to("alpha")

    play(scene, journal, config=with_standby())


def test_a_first_voice_that_hangs_up_on_llama_alone_says_nothing_twice(journal: Path) -> None:
    """Connection 4 breaks, 5 does not: both voices render the same clauses, one of them is heard."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("alpha")
        await asyncio.sleep(1.45)
        (session,) = system.running["llama"].service._sessions.values()  # type: ignore[attr-defined]
        session._voices._voices[0].dialer._link.drop("test")
        await silence(call)
        assert call.heard_text == f"{GREETING} {answer_to('alpha')}"

    play(scene, journal, config=with_standby())


def test_nothing_is_left_of_a_call_in_either_voice(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        before = remains(system)
        call = await answered(system)
        await ask(call, "alpha")
        call.hang_up()
        await asyncio.sleep(1)
        assert remains(system) == before

    play(scene, journal, config=with_standby())


@pytest.mark.parametrize("lost_at_s", [0.1, 0.3, 0.6])
def test_outbound_dies_while_it_plays_what_a_voice_rendered_that_is_gone(journal: Path, lost_at_s: float) -> None:
    """The standby has not rendered that clause, and does so: it may be heard again from its beginning, nothing is left out."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("alpha")
        await until(lambda: "one" in call.heard_text)
        system.kill("tts")
        await asyncio.sleep(lost_at_s)
        system.kill("outbound")
        await asyncio.sleep(0.3)
        await system.start("outbound")
        await until(lambda: "ten" in call.heard_text)
        await silence(call)
        words = iter(call.heard_text.removeprefix(f"{GREETING} ").split())
        assert all(word in words for word in answer_to("alpha").split()), call.heard_text
        assert await ask(call, "bravo") == answer_to("bravo")

    play(scene, journal, config=with_standby())


@pytest.mark.parametrize("away_s", [0.5, 4.7, 6.0, 8.0])
@pytest.mark.parametrize("word", ["two", "five", "eight"])
def test_the_standby_comes_first_to_a_new_outbound_and_nothing_is_said_twice(
    journal: Path, word: str, away_s: float
) -> None:
    """Outbound is away for so long that the standby gets the clause that was being played; the first voice still has it."""

    async def scene(system: SimulatedSystem) -> None:
        for path in (system.network.path("outbound", "tts"), system.network.path("tts", "outbound")):
            path.latency_s = 0.05
        await started(system)
        call = await answered(system)
        call.say("alpha")
        await until(lambda: word in call.heard_text)
        system.kill("outbound")
        await asyncio.sleep(away_s)
        await system.start("outbound")
        await until(lambda: "ten" in call.heard_text)
        await silence(call)
        # The word in the middle of which outbound was lost is heard in two pieces.
        heard = [word for word, _ in groupby(call.heard_text.split())]
        assert heard == [*GREETING.split(), *answer_to("alpha").split()]
        assert await ask(call, "bravo") == answer_to("bravo")

    play(scene, journal, config=with_standby())


@pytest.mark.parametrize("word", ["two", "five", "eight"])
def test_outbound_dies_in_an_answer_of_the_first_voice_after_the_standby_has_spoken(journal: Path, word: str) -> None:
    """What the standby rendered then was heard, and nobody has to render it: the clause that is played goes on."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("alpha")
        await asyncio.sleep(2.0)
        system.kill("tts")
        await system.start("tts")
        await silence(call)
        assert speaking(system) == "standby"
        await asyncio.sleep(3)
        heard_before = len(call.heard_text.split())
        call.say("bravo")
        await until(lambda: word in call.heard_text.split()[heard_before:])
        assert speaking(system) == "tts"
        system.kill("outbound")
        await asyncio.sleep(0.3)
        await system.start("outbound")
        await until(lambda: "ten" in call.heard_text.split()[heard_before:])
        await silence(call)
        # The word in the middle of which outbound was lost is heard in two pieces.
        assert [word for word, _ in groupby(call.heard_text.split()[heard_before:])] == answer_to("bravo").split()

    play(scene, journal, config=with_standby())


def test_outbound_dies_in_a_clause_of_the_first_voice_while_it_lacks_the_next_one_from_a_standby_that_is_gone(
    journal: Path,
) -> None:
    """The first voice goes on in the rendering that it began, and renders only what it has not."""
    long = "alpha one two three four five six seven eight nine ten eleven twelve red green blue white black."
    answer = f"{long} north south east west."

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("alpha")
        await until(lambda: "one" in call.heard_text)
        (session,) = system.running["llama"].service._sessions.values()  # type: ignore[attr-defined]
        session._voices._voices[0].dialer._link.drop("test")
        await until(lambda: "nine" in call.heard_text)
        assert speaking(system) == "standby"
        system.kill("standby")
        await until(lambda: "ten" in call.heard_text)
        assert speaking(system) == "tts"
        system.kill("outbound")
        await asyncio.sleep(0.3)
        await system.start("outbound")
        await until(lambda: "west" in call.heard_text)
        await silence(call)
        expected = f"{GREETING} {answer}".replace(".", "").split()
        assert [word for word, _ in groupby(call.heard_text.split())] == expected

    model = SimulatedEngines(model=lambda: RuleModel(lambda question: answer, word_s=0.08))
    play(scene, journal, config=with_standby(), engines=model)
