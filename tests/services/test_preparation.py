"""An answer is prepared while the silence after the caller's words goes on: it comes sooner, and nothing else changes."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
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
from steadyline.drills.simulated_engines import (
    Float32,
    Heard,
    RuleModel,
    ToneRecognizer,
    ToneSynthesizer,
    two_sentences,
)
from steadyline.drills.tone_score import expected_words, score
from steadyline.engines.llm import Message
from steadyline.errors import EngineError
from steadyline.services.answering import SOME_WORDS

THINKING_PAUSE_S = 0.4
"""Longer than the pause after which an answer is prepared, shorter than the one that ends the turn."""


class Notes:
    """What the engines were asked to do."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.asked: list[str] = []
        self.read: list[list[str]] = []
        self.answered: list[str] = []
        self.spoken: list[str] = []
        self.fails_at: set[int] = set()
        self.answer = two_sentences

    def engines(self) -> SimulatedEngines:
        notes = self

        class Recognizer(ToneRecognizer):
            def transcribe(self, samples: Float32) -> Heard:
                heard = super().transcribe(samples)
                notes.heard.append(heard.text)
                if len(notes.heard) in notes.fails_at:
                    raise EngineError("planned")
                return heard

        class Model(RuleModel):
            def prefill(self, messages: Sequence[Message], slot: int) -> None:
                notes.read.append([message.content for message in messages if message.role != "system"])
                super().prefill(messages, slot)

            def stream(self, messages: Sequence[Message], *, on_text: Callable[[str], bool], **options: object) -> None:
                goes_on = messages[-1].role == "assistant"
                if not goes_on:
                    notes.asked.append(messages[-1].content)
                super().stream(messages, on_text=on_text, **options)  # type: ignore[arg-type]
                if not goes_on:
                    notes.answered.append(messages[-1].content)

        class Synthesizer(ToneSynthesizer):
            def synthesize(self, text: str) -> Iterator[Float32]:
                notes.spoken.append(text)
                yield from super().synthesize(text)

        return SimulatedEngines(Recognizer, lambda: Model(self.answer), Synthesizer)


async def think(call: SimulatedCall, first: str, second: str, pause_s: float = THINKING_PAUSE_S) -> None:
    """Say something, pause, and go on."""
    call.say(first)
    await until(lambda: not call.is_saying)
    await asyncio.sleep(pause_s)
    call.say(second)


LONG_SPEECH = " ".join(["alpha bravo charlie delta echo"] * 11)
"""9 s of tones."""


async def waited(call: SimulatedCall, question: str) -> float:
    """Ask; how long the caller waited for the answer, seconds."""
    call.say(question)
    await until(lambda: not call.is_saying)
    said_at, heard_before = now(), len(call.heard)
    await until(lambda: len(call.heard) > heard_before)
    sound_at = now()
    await silence(call)
    return sound_at - said_at


def config_with(prepare_after_ms: int) -> Config:
    config = drill_config()
    config.inbound.prepare_after_ms = prepare_after_ms
    return config


def test_the_wait_is_the_silence_and_not_the_sum(journal: Path) -> None:
    """Hearing takes 150 ms, the first clause 150 ms, its rendering 50 ms: all of it within the 600 ms of silence."""
    waits: list[float] = []

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        waits.append(await waited(await answered(system), "alpha"))

    play(scene, journal.with_name("sum.sqlite"), config=config_with(0))
    play(scene, journal.with_name("prepared.sqlite"), config=config_with(200))
    in_a_row, prepared = waits
    assert in_a_row - prepared == pytest.approx(0.15 + 0.15 + 0.05, abs=0.07)


def test_each_part_of_an_answer_is_made_once(journal: Path) -> None:
    notes = Notes()

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        for question in ("alpha", "bravo"):
            assert await ask(call, question) == answer_to(question)
        assert notes.heard == notes.asked == notes.answered == ["alpha", "bravo"]
        assert len(notes.spoken) == len(set(notes.spoken)) == 7, "four clauses; greeting, apology and farewell"

    play(scene, journal, engines=notes.engines())


def test_a_caller_who_goes_on_is_answered_once_and_hears_nothing_before(journal: Path) -> None:
    notes = Notes()

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        before = len(call.heard)
        await think(call, "alpha", "bravo")
        await until(lambda: len(call.heard) > before)
        await silence(call)
        assert " ".join(word.word for word in call.heard[before:]) == answer_to("alpha bravo")
        assert notes.asked == ["alpha", "alpha bravo"], "the first one in vain"
        (turn,) = journaled(system, call).turns[1:]
        assert (turn.caller_text, turn.reply_text.replace(".", "")) == ("alpha bravo", answer_to("alpha bravo"))
        assert await ask(call, "charlie") == answer_to("charlie")

    play(scene, journal, engines=notes.engines())


def test_a_generation_in_vain_ends_when_the_caller_goes_on(journal: Path) -> None:
    notes = Notes()
    notes.answer = lambda question: " ".join(["one two three four five six seven eight nine ten."] * 20)

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        await think(call, "alpha", "bravo charlie delta echo foxtrot")
        went_on_at = now()
        await until(lambda: notes.answered == ["alpha"])
        assert now() - went_on_at < 0.5, "to its end it takes 2 s"
        assert call.is_saying

    play(scene, journal, engines=notes.engines())


@pytest.mark.parametrize("fails_at", [{1}, {2}])
def test_a_draft_that_fails_is_made_again(journal: Path, fails_at: set[int]) -> None:
    notes = Notes()
    notes.fails_at = fails_at

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        assert await ask(call, "alpha") == answer_to("alpha")
        assert await ask(call, "bravo") == answer_to("bravo")
        assert sorted(notes.heard) == ["alpha", "alpha", "bravo"] if fails_at == {1} else ["alpha", "bravo", "bravo"]

    play(scene, journal, engines=notes.engines())


def test_what_is_due_goes_before_what_may_be_in_vain(journal: Path) -> None:
    """While one caller is being answered the other one's pause starts nothing."""
    notes = Notes()

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        first, second = await answered(system), await answered(system)
        system.running["whisper"].host.engine._takes_s = 2.0  # type: ignore[union-attr]
        first.say("alpha")
        await asyncio.sleep(1.0)
        await think(second, "bravo", "charlie")
        await until(lambda: len(notes.asked) == 2)
        assert sorted(notes.heard) == ["alpha", "bravo charlie"]

    play(scene, journal, engines=notes.engines())


@pytest.mark.parametrize("at_s", [0.15, 0.3, 0.45, 0.58])
@pytest.mark.parametrize("name", ["inbound", "whisper", "llama", "tts", "outbound"])
def test_whoever_dies_while_an_answer_is_prepared_the_turn_is_answered_once(
    journal: Path, name: str, at_s: float
) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        before = len(call.heard)
        call.say("alpha")
        await until(lambda: not call.is_saying)
        await asyncio.sleep(at_s)
        system.kill(name)
        await asyncio.sleep(0.3)
        await system.start(name)
        await until(lambda: len(call.heard) > before)
        await silence(call)
        # Where the answer had begun when outbound died, a word of it is heard in two pieces.
        assert score(expected_words(answer_to("alpha")), call.heard[before:]).is_perfect
        assert [turn.caller_text for turn in journaled(system, call).turns[1:]] == ["alpha"]
        assert await ask(call, "bravo") == answer_to("bravo")

    play(scene, journal)


def test_the_beginning_of_a_long_utterance_is_heard_while_the_caller_still_speaks(journal: Path) -> None:
    """Only the rest is left at its end, and the turn has all of it."""
    notes = Notes()

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        await think(call, LONG_SPEECH, LONG_SPEECH)
        await until(lambda: not call.is_saying)
        assert notes.heard == [LONG_SPEECH]
        await until(lambda: notes.asked)
        await silence(call)
        assert notes.heard == [LONG_SPEECH] * 2 and notes.asked == [f"{LONG_SPEECH} {LONG_SPEECH}"]

    notes.answer = lambda _: "one two."
    play(scene, journal, config=config_with(0), engines=notes.engines())


def test_the_model_has_read_everything_up_to_the_caller_s_next_words(journal: Path) -> None:
    """Once an answer was heard, whose last clause belongs to the next prompt as it is."""
    notes = Notes()

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        said: list[str] = []
        assert notes.read == [[]], "the persona alone"
        for number, question in enumerate(("alpha", "bravo"), 1):
            said += [question, await ask(call, question)]
            await until(lambda count=number: len(notes.read) > count)  # type: ignore[misc]
            *before, next_words = notes.read[-1]
            assert " ".join(before).replace(".", "") == " ".join(said) and next_words == SOME_WORDS
        await asyncio.sleep(5)
        assert len(notes.read) == 3

    play(scene, journal, engines=notes.engines())


def test_a_model_that_cannot_read_ahead_answers_all_the_same(journal: Path) -> None:
    class Model(RuleModel):
        def prefill(self, messages: Sequence[Message], slot: int) -> None:
            raise EngineError("planned")

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        for question in ("alpha", "bravo"):
            assert await ask(call, question) == answer_to(question)

    play(scene, journal, engines=SimulatedEngines(model=lambda: Model(two_sentences)))


def test_an_answer_that_is_not_interrupted_is_known_to_what_is_prepared_after_it(journal: Path) -> None:
    # Else the next one is to both questions, and the first is answered twice.
    asked: list[str] = []

    class Slow(RuleModel):
        def stream(self, messages: Sequence[Message], **options: object) -> None:  # type: ignore[override]
            if messages[-1].role == "user":
                asked.append(messages[-1].content)
            super().stream(messages, **options)  # type: ignore[arg-type]

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        before = len(call.heard)
        call.say("alpha")
        await until(lambda: not call.is_saying)
        await asyncio.sleep(1.0)
        call.say("bravo")
        await until(lambda: len(call.heard) - before == len(f"{answer_to('alpha')} {answer_to('bravo')}".split()))
        assert asked == ["alpha", "bravo"]

    config = drill_config()
    config.barge_in.enabled = False
    play(scene, journal, config=config, engines=SimulatedEngines(model=lambda: Slow(first_s=2.0)))
