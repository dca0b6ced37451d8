"""The agent can end a call: when the last word of the answer that ends it was heard, and the caller has said nothing else."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.services.scenes import (
    APOLOGY,
    GREETING,
    SimulatedCall,
    SimulatedEngines,
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

from steadyline.audio.pcm import to_pcm16
from steadyline.config import Config
from steadyline.drills.simulated_engines import Float32, Heard, RuleModel, ToneRecognizer, ToneSynthesizer
from steadyline.drills.tone_score import expected_words, score
from steadyline.errors import EngineError

BEHIND_THE_GATEWAY = ("inbound", "whisper", "llama", "tts", "outbound")
LAST = "red green blue white black. One two three four five six seven eight nine ten."
"""What the model answers to "stop", with the marker behind it."""
LAST_WORDS = LAST.replace(".", "").lower()
SAYS_GOODBYE = {"stop": "Okay, thank you. Bye-bye!"}


class Recognizer(ToneRecognizer):
    """Understands "stop" as a farewell."""

    def transcribe(self, samples: Float32) -> Heard:
        text = super().transcribe(samples).text
        return Heard(SAYS_GOODBYE.get(text, text))


def marked(question: str) -> str:
    """ "stop" is answered with the marker at the end, everything else as usual."""
    return (
        f"{LAST} [hang up]"
        if question == "stop"
        else f"{question} one two three four five. {question} six seven eight nine ten."
    )


def engines(
    answer: Callable[[str], str] = marked, recognizer: Callable[[], ToneRecognizer] = ToneRecognizer
) -> SimulatedEngines:
    return SimulatedEngines(recognizer, lambda: RuleModel(answer), ToneSynthesizer)


async def ended(call: SimulatedCall, within_s: float = 30.0) -> float:
    """Wait for the end; how long the caller had heard nothing by then, seconds."""
    await until(call.closed.done, within_s)
    return call.silent_for_s()


def test_the_call_ends_when_the_last_word_was_heard(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("stop")
        assert await ended(call) < 0.3
        assert call.heard_text == f"{GREETING} {LAST_WORDS}"
        record = journaled(system, call)
        assert record.end_reason == "the agent ended the call"
        assert (record.turns[1].reply_text, record.turns[1].ends_call) == (LAST, True)
        assert not record.turns[0].ends_call

    play(scene, journal, engines=engines())


def test_the_marker_is_never_given_to_the_voice(journal: Path) -> None:
    spoken: list[str] = []

    class Voice(ToneSynthesizer):
        def synthesize(self, text: str) -> Iterator[Float32]:
            spoken.append(text)
            return super().synthesize(text)

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("stop")
        await ended(call)
        assert spoken and not any("hang" in text.lower() or "[" in text for text in spoken)

    play(scene, journal, engines=SimulatedEngines(ToneRecognizer, lambda: RuleModel(marked), Voice))


def test_one_that_is_not_at_the_end_is_not_said_and_ends_nothing(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("alpha")
        await silence(call, 3.0)
        assert call.heard_text == f"{GREETING} alpha one two"
        assert not call.closed.done()

    play(scene, journal, engines=engines(lambda question: f"{question} one [Hang up] two."))


def test_another_marker_and_none(journal: Path) -> None:
    def config(marker: str) -> Config:
        config = drill_config()
        config.llama.hang_up_marker = marker
        return config

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("alpha")
        await until(lambda: "two" in call.heard_text)
        await asyncio.sleep(2.0)
        is_off = not system.config.llama.hang_up_marker
        assert call.closed.done() != is_off
        assert call.heard_text == f"{GREETING} alpha one two" + (" zero" if is_off else "")

    for number, marker in enumerate(("zero.", "")):
        path = journal.with_name(f"{number}.sqlite")
        play(scene, path, config=config(marker), engines=engines(lambda question: f"{question} one two. Zero."))


@pytest.mark.parametrize(("answer", "last"), [("[hang up]", "later"), ("", APOLOGY)])
def test_a_model_without_a_word_for_it(journal: Path, answer: str, last: str) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("alpha")
        await silence(call, 3.0)
        assert call.heard_text == f"{GREETING} {last}"
        assert call.closed.done() == bool(answer)

    play(scene, journal, engines=engines(lambda question: answer))


LOST_AT_S = (0.3, 0.75, 0.85, 1.0, 1.2, 1.6, 2.5, 3.0, 3.4, 3.6)
"""From the question to the end, which is at 3.7 s if nothing happens."""


@pytest.mark.parametrize("at_s", LOST_AT_S)
@pytest.mark.parametrize("name", BEHIND_THE_GATEWAY)
def test_whoever_dies_every_word_is_heard_once_and_then_the_call_ends(journal: Path, name: str, at_s: float) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("stop")
        await asyncio.sleep(at_s)
        system.kill(name)
        await asyncio.sleep(0.3)
        await system.start(name)
        await ended(call)
        assert str(score(expected_words(f"{GREETING} {LAST_WORDS}"), call.heard)) == "every word once"
        assert journaled(system, call).end_reason == "the agent ended the call"

    play(scene, journal, engines=engines())


@pytest.mark.parametrize("names", [("tts", "outbound"), ("llama", "tts"), ("llama", "outbound"), BEHIND_THE_GATEWAY])
def test_all_who_know_of_it_die_in_its_last_words(journal: Path, names: tuple[str, ...]) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("stop")
        await until(lambda: "nine" in call.heard_text)
        for name in names:
            system.kill(name)
        await asyncio.sleep(0.3)
        await system.start(*names)
        await ended(call)
        assert call.heard_text.endswith("ten")
        assert journaled(system, call).end_reason == "the agent ended the call"

    play(scene, journal, engines=engines())


def test_a_caller_who_says_something_before_the_end_is_answered(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("stop")
        await until(lambda: "three" in call.heard_text)
        call.say("alpha")
        await until(lambda: "alpha six seven eight nine ten" in call.heard_text)
        await silence(call, 3.0)
        assert call.heard_text.endswith(answer_to("alpha"))
        assert not call.closed.done()
        call.say("stop")
        await ended(call)

    play(scene, journal, engines=engines())


def test_a_caller_who_is_still_speaking_is_heard_out(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("stop")
        await until(lambda: "nine" in call.heard_text)
        call.say("alpha bravo charlie delta echo foxtrot golf hotel")
        await until(lambda: "alpha" in call.heard_text)
        assert not call.closed.done()

    play(scene, journal, engines=engines())


def test_a_noise_puts_the_end_off_and_not_away(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("stop")
        await until(lambda: "nine" in call.heard_text)
        noise = np.random.default_rng(1).uniform(-0.3, 0.3, 8000).astype(np.float32)
        call._to_say = to_pcm16(noise)
        await until(lambda: not call.is_saying)
        assert not call.closed.done(), "it is not known yet what it was"
        await ended(call, 5.0)
        assert str(score(expected_words(f"{GREETING} {LAST_WORDS}"), call.heard)) == "every word once"

    play(scene, journal, engines=engines())


@pytest.mark.parametrize("ends", [True, False])
def test_the_answer_to_a_farewell_ends_the_call_unless_that_is_switched_off(journal: Path, ends: bool) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("stop")
        await until(lambda: "later" in call.heard_text)
        await asyncio.sleep(2.0)
        assert call.heard_text == f"{GREETING} later caller"
        assert call.closed.done() == ends
        assert journaled(system, call).end_reason == ("the agent ended the call" if ends else None)

    config = drill_config()
    config.llama.ends_on_goodbye = ends
    play(scene, journal, config=config, engines=engines(lambda question: "Later caller.", Recognizer))


def test_a_llama_that_is_started_anew_still_knows_that_the_caller_said_goodbye(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("stop")
        await until(lambda: "green" in call.heard_text)
        system.kill("llama")
        await system.start("llama")
        await ended(call)
        assert call.heard_text == f"{GREETING} {LAST_WORDS}"

    def slowly() -> RuleModel:
        return RuleModel(lambda question: LAST, word_s=0.2)

    play(scene, journal, engines=SimulatedEngines(Recognizer, slowly, ToneSynthesizer))


def test_a_model_that_fails_on_a_farewell_says_a_farewell(journal: Path) -> None:
    def fails(question: str) -> str:
        raise EngineError("planned")

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("stop")
        await ended(call)
        assert call.heard_text == f"{GREETING} later"

    play(scene, journal, engines=engines(fails, Recognizer))


def test_nothing_is_left_of_a_call_that_the_agent_ended(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("stop")
        await ended(call)
        hung_up_at = now()
        await until(lambda: all(not running.service.calls() for running in system.running.values()), 2.0)
        assert now() - hung_up_at < 1.0

    play(scene, journal, engines=engines())
