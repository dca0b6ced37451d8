"""What comes from the line: codecs of other rates, a change of codec, no ACK, long speech, long silence."""

import asyncio
from itertools import groupby
from pathlib import Path
from typing import Any

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
    remains,
    silence,
    started,
    until,
)

from steadyline.drills.simulated_engines import RuleModel


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 48_000])
def test_every_rate_of_the_line(journal: Path, rate_hz: int) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = system.dial(rate_hz)
        await silence(call)
        assert call.heard_text == GREETING
        assert await ask(call, "alpha bravo") == answer_to("alpha bravo")
        assert all(0.108 <= heard.duration_s <= 0.132 for heard in call.heard)
        assert journaled(system, call).codec == call.codec

    play(scene, journal)


def test_a_codec_that_is_known_after_the_answer_is_journaled(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        codec = type(system.dial(8_000)).codec
        monkeypatch.setattr(
            SimulatedCall, "codec", property(lambda call: codec.fget(call) if now() > known_at else None)
        )
        known_at = now() + 1.0
        call = system.dial(8_000)
        await silence(call)
        await asyncio.sleep(2.0)
        assert (call.heard_text, journaled(system, call).codec) == (GREETING, "PCMU")

    play(scene, journal)


@pytest.mark.parametrize("rates_hz", [(8_000, 48_000), (48_000, 8_000), (16_000, 8_000)])
def test_a_change_of_codec_between_answers(journal: Path, rates_hz: tuple[int, int]) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = system.dial(rates_hz[0])
        await silence(call)
        assert await ask(call, "alpha") == answer_to("alpha")
        call.change_rate(rates_hz[1])
        await asyncio.sleep(0.3)
        assert await ask(call, "bravo") == answer_to("bravo")
        call.change_rate(rates_hz[0])
        assert await ask(call, "charlie") == answer_to("charlie")

    play(scene, journal)


def test_a_change_of_codec_before_the_first_word(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = system.dial()
        await until(lambda: call.is_answered)
        call.change_rate(16_000)
        await asyncio.sleep(3)
        assert await ask(call, "bravo") == answer_to("bravo")

    play(scene, journal)


@pytest.mark.parametrize("held_s", [0.02, 2.0, 8.0])
def test_a_call_on_hold_hears_the_rest_of_the_answer_when_it_is_taken_back(journal: Path, held_s: float) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("alpha")
        await until(lambda: "three" in call.heard_text)
        call.hold(True)
        await asyncio.sleep(held_s)
        call.hold(False)
        await until(lambda: "ten" in call.heard_text)
        await silence(call)
        # The word in the middle of which the call was put on hold may be heard in two pieces.
        heard = [word for word, _ in groupby(call.heard_text.split())]
        assert heard == [*GREETING.split(), *answer_to("alpha").split()]
        assert await ask(call, "bravo") == answer_to("bravo")

    play(scene, journal)


def test_whoever_has_the_call_on_hold_waits_for_nothing(journal: Path) -> None:
    """Neither for an answer nor to be asked whether they are there: they hear nothing, and the call goes on afterwards."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("alpha")
        await until(lambda: not call.is_saying)
        call.hold(True)
        await asyncio.sleep(60)
        call.hold(False)
        await until(lambda: "ten" in call.heard_text)
        await silence(call)
        words = call.heard_text.removeprefix(f"{GREETING} ").split()
        assert [word for word in words if word != "winter"] == answer_to("alpha").split(), words
        assert await ask(call, "bravo") == answer_to("bravo")

    play(scene, journal)


def test_streams_that_are_replaced_at_the_same_rate_cost_no_word(journal: Path) -> None:
    """A PBX that hands the media over to somebody else sends a re-INVITE in the middle of an answer."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("alpha")
        await until(lambda: "three" in call.heard_text)
        call.flush()
        await silence(call)
        heard = [word for word, _ in groupby(call.heard_text.split())]
        assert heard == [*GREETING.split(), *answer_to("alpha").split()]

    play(scene, journal)


def test_a_phone_that_never_acknowledges_is_given_up(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        before, dialed_at = remains(system), now()
        call = system.dial(is_acknowledged=False)
        await until(call.closed.done)
        assert now() - dialed_at == pytest.approx(10.0, abs=0.5)
        await asyncio.sleep(1)
        assert remains(system) == before
        assert (journaled(system, call).end_reason or "").startswith("not established")

    play(scene, journal)


def test_a_caller_who_is_gone_when_the_call_is_answered(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        before = remains(system)
        call = system.dial()

        async def answer() -> None:
            raise ConnectionError("the call ended before it was answered")

        monkeypatch.setattr(call, "answer", answer)
        await until(call.closed.done, 2)
        await asyncio.sleep(1)
        assert remains(system) == before
        assert "ended before it was answered" in (journaled(system, call).end_reason or "")

    play(scene, journal)


def test_speech_that_does_not_stop_is_cut_between_words_and_none_is_lost(journal: Path) -> None:
    """40 s without a pause: two turns, whose words are all words."""
    words = [["alpha", "bravo", "charlie", "delta"][number % 4] for number in range(250)]

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        # Words and windows (160 and 32 ms) keep step: in this one the gaps are windows, which the detector's floor needs.
        await asyncio.sleep(0.06)
        call.say(" ".join(words))
        await asyncio.sleep(45)
        texts = [turn.caller_text for turn in journaled(system, call).turns if turn.caller_text]
        assert len(texts) == 2
        assert " ".join(texts).split() == words
        assert call.heard_text == f"{GREETING} one two", "the first part of it is not answered while the caller goes on"

    play(scene, journal, engines=SimulatedEngines(model=lambda: RuleModel(lambda question: "one two.")))


def test_a_long_silence_fills_nothing(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        await asyncio.sleep(30)
        kept = [kept_audio_s(system)]
        for _ in range(4):
            await asyncio.sleep(20)
            kept.append(kept_audio_s(system))
        assert max(kept) <= 61
        assert system.running["inbound"].service.calls()[0]["kept_s"] == 0
        assert await ask(call, "alpha") == answer_to("alpha")
        await asyncio.sleep(0.5)
        assert kept_audio_s(system) < 10

    config = drill_config()
    config.outbound.silence_prompt_after_s = 0.0
    play(scene, journal, config=config)


def kept_audio_s(system: SimulatedSystem) -> float:
    """Seconds of caller audio that the gateway keeps."""
    service: Any = system.running["gateway"].service
    return float(sum(call._caller._heard.size for call in service._calls.values())) / 16_000


def test_an_answer_longer_than_the_lines_queue(journal: Path) -> None:
    """20 s of speech that are there at once are fed to the line as it plays them, none dropped."""
    answer = " ".join(["one two three four five six seven eight."] * 15)

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        assert await ask(call, "alpha") == answer.replace(".", "")
        assert call.overflowed_samples == 0

    config = drill_config()
    play(scene, journal, config=config, engines=SimulatedEngines(model=lambda: RuleModel(lambda question: answer)))
