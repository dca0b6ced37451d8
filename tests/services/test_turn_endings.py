"""When a turn is over: words end it sooner or later than silence, and an inbound that dies changes nothing about where."""

import asyncio
from pathlib import Path

import pytest
from tests.services.scenes import (
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
from steadyline.drills.simulated_engines import RuleModel, ToneRecognizer, ToneSynthesizer

WHOLE, UNFINISHED, NEITHER = "alpha", "bravo", "charlie"
TABLE = f'answers = ["{WHOLE}"]\ndangling = ["{UNFINISHED}"]\n'


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """`alpha` ends a turn, after `bravo` more comes, of `charlie` nothing is known."""
    (tmp_path / "en.toml").write_text(TABLE)
    config = drill_config()
    config.inbound.turn_words = str(tmp_path)
    return config


async def said(call: SimulatedCall, text: str) -> float:
    """Say something; when the last of it was said."""
    call.say(text)
    await until(lambda: not call.is_saying)
    return now()


async def waited(call: SimulatedCall, text: str) -> float:
    """Ask; how long the caller waited for the answer, seconds."""
    before, said_at = len(call.heard), await said(call, text)
    await until(lambda: len(call.heard) > before)
    heard_at = now()
    await silence(call)
    return heard_at - said_at


def turns_of(system: SimulatedSystem, call: SimulatedCall) -> list[str | None]:
    """What is journaled of the caller."""
    return [turn.caller_text for turn in journaled(system, call).turns if turn.turn]


async def all_answered(system: SimulatedSystem, call: SimulatedCall, turns: list[str]) -> None:
    """Wait until each turn has its answer in the journal, and was heard."""
    await until(lambda: turns_of(system, call)[-1:] == turns[-1:])
    await until(lambda: all(turn.clause_count for turn in journaled(system, call).turns))
    await silence(call)


def test_words_decide_how_long_the_silence_has_to_be(journal: Path, config: Config) -> None:
    """Shortest 300 ms, longest 2 s, 600 ms without knowing; the engines are done by then."""
    engines = SimulatedEngines(
        lambda: ToneRecognizer(0.03), lambda: RuleModel(first_s=0.01, word_s=0.001), lambda: ToneSynthesizer(0.01)
    )
    waits: list[float] = []

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        waits.extend([await waited(call, text) for text in (WHOLE, NEITHER, UNFINISHED)])

    play(scene, journal, config=config, engines=engines)
    whole, neither, unfinished = waits
    assert neither - whole == pytest.approx(0.6 - 0.3, abs=0.05)
    assert unfinished - neither == pytest.approx(2.0 - 0.6, abs=0.1)


def test_silence_alone_decides_where_that_is_wanted(journal: Path, config: Config) -> None:
    config.inbound.turn_end = "silence"

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        waits = [await waited(call, text) for text in (WHOLE, NEITHER, UNFINISHED)]
        assert max(waits) - min(waits) < 0.1

    play(scene, journal, config=config)


def test_a_recogniser_that_is_late_or_dead_leaves_the_silence_to_decide(journal: Path, config: Config) -> None:
    """Words that come when the turn is over change neither it nor the next one."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        late = [await waited(call, text) for text in (UNFINISHED, NEITHER)]
        assert late[0] - late[1] == pytest.approx(0.0, abs=0.1)
        system.kill("whisper")
        said_at = await said(call, UNFINISHED)
        await asyncio.sleep(0.8)
        await system.start("whisper")
        before = len(call.heard)
        await until(lambda: len(call.heard) > before)
        assert now() - said_at < 4
        await silence(call)
        assert turns_of(system, call) == [UNFINISHED, NEITHER, UNFINISHED]

    play(scene, journal, config=config, engines=SimulatedEngines(lambda: ToneRecognizer(1.2)))


@pytest.mark.parametrize("takes_s", [0.15, 0.6])
def test_a_caller_who_pauses_in_the_middle_is_waited_for(journal: Path, config: Config, takes_s: float) -> None:
    """Also where the words come after the 600 ms that end a turn of which nothing is known."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        await said(call, UNFINISHED)
        await asyncio.sleep(1.4)
        assert await ask(call, "delta") == answer_to(f"{UNFINISHED} delta")
        assert turns_of(system, call) == [f"{UNFINISHED} delta"]

    play(scene, journal, config=config, engines=SimulatedEngines(lambda: ToneRecognizer(takes_s)))


@pytest.mark.parametrize("victims", [("inbound",), ("inbound", "whisper")])
def test_a_new_inbound_cuts_where_the_former_one_did(journal: Path, config: Config, victims: tuple[str, ...]) -> None:
    """The words ended the turn before the silence would have; LLaMA is away, so that nothing is committed."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        system.kill("llama")
        await said(call, WHOLE)
        await asyncio.sleep(0.42)
        await said(call, "delta")
        await asyncio.sleep(0.1)
        for name in victims:
            system.kill(name)
        await asyncio.sleep(0.3)
        await system.start(*victims, "llama")
        await all_answered(system, call, [WHOLE, "delta"])
        assert turns_of(system, call) == [WHOLE, "delta"]
        assert await ask(call, "echo") == answer_to("echo")

    play(scene, journal, config=config)


def test_a_new_inbound_waits_where_the_former_one_waited(journal: Path, config: Config) -> None:
    """The words asked for a longer silence than the new inbound, to which they come too late, would give."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        system.kill("llama")
        await said(call, UNFINISHED)
        await asyncio.sleep(1.4)
        await said(call, "delta")
        await asyncio.sleep(1.0)
        for name in ("inbound", "whisper"):
            system.kill(name)
        await system.start("inbound", "whisper", "llama")
        await all_answered(system, call, [f"{UNFINISHED} delta"])
        assert turns_of(system, call) == [f"{UNFINISHED} delta"]

    play(scene, journal, config=config)
