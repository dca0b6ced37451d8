"""Services that are lost in a call and come back: what the caller hears then."""

import asyncio
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
    now,
    play,
    remains,
    silence,
    started,
    until,
)

from steadyline.config import Config
from steadyline.drills.tone_score import expected_words, score

BEHIND_THE_GATEWAY = ["inbound", "outbound", "whisper", "llama", "tts"]
AWAY_S = 1.0


async def lose(system: SimulatedSystem, name: str, end: str, away_s: float = AWAY_S) -> None:
    """A service goes, and comes back."""
    if end == "kill":
        system.kill(name)
    else:
        await system.stop(name)
    await asyncio.sleep(away_s)
    await system.start(name)


@pytest.mark.parametrize("end", ["kill", "stop"])
@pytest.mark.parametrize("name", BEHIND_THE_GATEWAY)
def test_lost_while_nobody_speaks(journal: Path, name: str, end: str) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        assert await ask(call, "alpha") == answer_to("alpha")
        await lose(system, name, end)
        await asyncio.sleep(1.2)
        assert not call.closed.done()
        assert await ask(call, "bravo") == answer_to("bravo")
        assert call.heard_text == f"{GREETING} {answer_to('alpha')} {answer_to('bravo')}"

    play(scene, journal)


def without_prompts() -> Config:
    """Nobody asks a caller who says nothing for long."""
    config = drill_config()
    config.outbound.silence_prompt_after_s = 0.0
    return config


@pytest.mark.parametrize("away_s", [7.0, 25.0])
@pytest.mark.parametrize("name", BEHIND_THE_GATEWAY)
def test_lost_for_longer_than_its_neighbours_keep_its_session(journal: Path, name: str, away_s: float) -> None:
    """Registrations expire and sessions end with BYE, down to connection 5; outbound, whose call lives, calls again."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        await lose(system, name, "kill", away_s)
        await asyncio.sleep(6)
        assert await ask(call, "bravo") == answer_to("bravo")
        assert call.heard_text == f"{GREETING} {answer_to('bravo')}"

    play(scene, journal, config=without_prompts())


@pytest.mark.parametrize("name", BEHIND_THE_GATEWAY)
def test_a_question_asked_while_it_is_away_is_answered_when_it_is_back(journal: Path, name: str) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        system.kill(name)
        await asyncio.sleep(0.1)
        call.say("bravo")
        # Soon enough for nobody to ask the caller to wait: within a second more it is registered again.
        await asyncio.sleep(1.5)
        await system.start(name)
        back_at = now()
        await until(lambda: (call.last_sound_at or 0) > back_at, 10)
        await silence(call)
        assert call.heard_text == f"{GREETING} {answer_to('bravo')}"

    play(scene, journal)


@pytest.mark.parametrize("name", BEHIND_THE_GATEWAY)
def test_lost_three_times(journal: Path, name: str) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        for word in ("alpha", "bravo", "charlie"):
            await lose(system, name, "kill", 0.3)
            await asyncio.sleep(1.2)
            assert await ask(call, word) == answer_to(word)
        before_end = remains(system)
        assert before_end["free slots"] == [1, 2, 3] or name == "llama"
        call.hang_up()
        await asyncio.sleep(1)
        assert all(not running.service.calls() for running in system.running.values())

    play(scene, journal)


LOST_AT_S = {
    "caller speaking": 0.3,
    "transcribing": 1.15,
    "first clause being made": 1.35,
    "first clause playing": 2.0,
    "second clause playing": 3.2,
}


@pytest.mark.parametrize("moment", LOST_AT_S)
@pytest.mark.parametrize("name", BEHIND_THE_GATEWAY)
def test_lost_in_the_middle_of_a_turn(journal: Path, name: str, moment: str) -> None:
    """Killed and back after 0.3 s: the answer is heard whole, in order, once."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("alpha bravo charlie")
        await asyncio.sleep(LOST_AT_S[moment])
        await lose(system, name, "kill", 0.3)
        await asyncio.sleep(6)
        await silence(call)
        expected = expected_words(f"{GREETING} {answer_to('alpha bravo charlie')}")
        assert str(score(expected, call.heard)) == "every word once"
        assert await ask(call, "delta") == answer_to("delta")

    play(scene, journal)


def test_a_gateway_that_dies_ends_its_calls_everywhere_within_two_seconds(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        first, second = await answered(system), await answered(system)
        second.say("alpha")
        await asyncio.sleep(1.3)
        system.kill("gateway")
        await asyncio.sleep(2)
        assert first.closed.done()
        assert all(not running.service.calls() for running in system.running.values())
        assert [entry for running in system.running.values() for entry in running.left_of_calls()["connections"]] == []
        await system.start("gateway")
        await asyncio.sleep(6)
        assert await ask(await answered(system), "bravo") == answer_to("bravo")

    play(scene, journal)


def test_a_gateway_that_stops_hangs_up_its_calls(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        await system.stop("gateway")
        assert call.closed.done()
        await asyncio.sleep(1)
        assert all(not running.service.calls() for running in system.running.values())
        assert journaled(system, call).end_reason == "the gateway is stopping"

    play(scene, journal)


def test_a_service_that_never_comes_back_leaves_nothing_when_the_call_ends(journal: Path) -> None:
    config = drill_config()
    config.llama.linger_s = config.tts.linger_s = 3.0

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        for name in BEHIND_THE_GATEWAY:
            before = remains(system)
            call = await answered(system)
            system.kill(name)
            await asyncio.sleep(1)
            assert not call.closed.done()
            call.hang_up()
            await asyncio.sleep(8)
            assert all(not running.service.calls() for running in system.running.values()), name
            await system.start(name)
            await asyncio.sleep(6)
            assert remains(system) == before, name

    play(scene, journal, config=config)


@pytest.mark.parametrize("away_s", [0.0, 0.05, 0.5, 1.4])
def test_a_gateway_that_is_back_at_once_takes_calls_while_the_old_ones_end(journal: Path, away_s: float) -> None:
    """The new gateway begins with the same call ids; their ports may still be those of the calls that died."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        await answered(system)
        second = await answered(system)
        second.say("alpha")
        await asyncio.sleep(1.3)
        system.kill("gateway")
        await asyncio.sleep(away_s)
        await system.start("gateway")
        call = system.dial()
        await until(lambda: call.is_answered, 2.5)
        await silence(call)
        assert call.heard_text == GREETING
        assert await ask(call, "bravo") == answer_to("bravo")
        assert all(len(running.service.calls()) == 1 for running in system.running.values())

    play(scene, journal)


@pytest.mark.parametrize("name", ["inbound", "whisper", "llama"])
def test_digits_pressed_while_a_service_is_away_are_journaled_once(journal: Path, name: str) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.press("1")
        await asyncio.sleep(0.5)
        system.kill(name)
        call.press("5")
        call.press("5")
        await asyncio.sleep(0.5)
        await system.start(name)
        await asyncio.sleep(3)
        call.press("7")
        assert await ask(call, "alpha") == answer_to("alpha")
        events = journaled(system, call).events
        assert [event.detail["digit"] for event in events if event.kind == "digit"] == ["1", "5", "5", "7"]

    play(scene, journal)


def test_a_change_of_codec_in_the_middle_of_an_answer_loses_no_clause(journal: Path) -> None:
    """What the line itself had queued, 80 ms, is lost with a re-INVITE; the second clause is not."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("alpha")
        await asyncio.sleep(1.7)
        call.change_rate(16_000)
        await asyncio.sleep(5)
        assert call.heard_text.endswith("alpha six seven eight nine ten")

    play(scene, journal)


@pytest.mark.parametrize("order", [("tts", "outbound"), ("outbound", "tts")])
@pytest.mark.parametrize("lost_at_s", [1.7, 2.0, 3.2])
def test_voice_and_outbound_die_together(journal: Path, order: tuple[str, str], lost_at_s: float) -> None:
    """The clause in the middle of which they die may be heard again from its beginning; nothing is left out."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("alpha bravo charlie")
        await asyncio.sleep(lost_at_s)
        for name in order:
            system.kill(name)
        await asyncio.sleep(0.3)
        for name in order:
            await system.start(name)
        await until(lambda: "ten" in call.heard_text)
        await silence(call)
        words = iter(call.heard_text.removeprefix(f"{GREETING} ").split())
        assert all(word in words for word in answer_to("alpha bravo charlie").split())

    play(scene, journal)


@pytest.mark.parametrize("said_at_s", [0.0, 0.011, 0.023])
def test_a_new_inbound_cuts_the_same_utterances_as_the_one_before(journal: Path, said_at_s: float) -> None:
    """It gets audio that LLaMA has committed already, since the news had not reached the gateway."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        assert await ask(call, "alpha") == answer_to("alpha")
        await asyncio.sleep(said_at_s)
        call.say("bravo")
        await asyncio.sleep(1.0)
        (gateway_call,) = system.running["gateway"].service._calls.values()  # type: ignore[attr-defined]
        committed = gateway_call._caller.committed
        system.kill("inbound")
        await asyncio.sleep(1.0)
        assert gateway_call._caller.committed == committed
        await system.start("inbound")
        await asyncio.sleep(6)
        await silence(call)
        assert call.heard_text == f"{GREETING} {answer_to('alpha')} {answer_to('bravo')}"
        assert len(journaled(system, call).turns) == 3

    play(scene, journal)


def test_what_was_heard_to_its_end_is_not_said_again_when_voice_and_outbound_die_later(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        assert await ask(call, "alpha") == answer_to("alpha")
        for name in ("tts", "outbound"):
            system.kill(name)
        await asyncio.sleep(0.3)
        for name in ("tts", "outbound"):
            await system.start(name)
        await asyncio.sleep(5)
        assert call.heard_text == f"{GREETING} {answer_to('alpha')}"
        assert await ask(call, "bravo") == answer_to("bravo")

    play(scene, journal)


def test_what_was_heard_while_llama_was_away_is_told_to_the_next_one(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        asking = asyncio.create_task(ask(call, "alpha"))
        await until(lambda: answer_to("alpha").split()[-1] in call.heard_text)
        system.kill("llama")
        assert await asking == answer_to("alpha")
        await system.start("llama")
        await asyncio.sleep(3)
        last = journaled(system, call).turns[-1].clauses[-1]
        assert last.heard_samples is not None and last.heard_samples == last.samples

    play(scene, journal)


def test_a_machine_that_lets_inbound_wait_costs_no_call(journal: Path) -> None:
    """Time in which it did not run is none in which the gateway was away."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        for _ in range(3):
            system.running["inbound"].process.freeze()
            await asyncio.sleep(2.0)
            system.running["inbound"].process.thaw()
            await asyncio.sleep(0.001)  # it has seen that the gateway is away, and is not back yet
        await asyncio.sleep(3.0)
        assert not call.closed.done()
        assert await ask(call, "alpha") == answer_to("alpha")

    play(scene, journal, config=without_prompts())


def test_a_voice_that_ends_its_session_in_a_call_that_lives_is_dialed_again(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        (session,) = list(system.running["tts"].service._sessions.values())  # type: ignore[attr-defined]
        system.running["tts"].process.run(session.end, "nobody is left in this call")
        assert await ask(call, "alpha") == answer_to("alpha")
        assert call.heard_text == f"{GREETING} {answer_to('alpha')}"

    play(scene, journal)


def test_a_voice_without_llama_does_not_dial_outbound_again_and_again(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        assert await ask(call, "alpha") == answer_to("alpha")
        system.kill("llama")
        await asyncio.sleep(20)
        board = system.running["tts"].runtime.board
        for _ in range(100):
            await asyncio.sleep(0.5)
            assert 5 not in [one["number"] for one in board.as_dicts()], "it has given way to a voice that has llama"
        await system.start("llama")
        await asyncio.sleep(3)
        assert await ask(call, "bravo") == answer_to("bravo")

    config = drill_config()
    config.outbound.silence_prompt_after_s = config.outbound.wait_after_s = config.outbound.goodbye_after_s = 0.0
    play(scene, journal, config=config)
