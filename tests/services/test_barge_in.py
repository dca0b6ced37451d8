"""The caller interrupts: the agent is silent at once, answers what was said, and goes on where it was nothing."""

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
    remains,
    silence,
    started,
    until,
)

from steadyline.config import Config
from steadyline.drills.simulate.hearing import ExpectedClause, Listener
from steadyline.drills.simulate.verdict import PHRASES
from steadyline.drills.simulated_engines import RuleModel

LONG = "one two three four five. six seven eight nine ten. eleven twelve red green blue. white black north south east."
BACKCHANNEL = "yankee"
PAUSED_WITHIN_S = 0.15
SERVICES_BEHIND = ["inbound", "whisper", "llama", "tts", "outbound"]


def long_answers() -> SimulatedEngines:
    return SimulatedEngines(model=lambda: RuleModel(lambda question: f"{question} {LONG}"))


def with_backchannel() -> Config:
    config = drill_config()
    config.barge_in.backchannels = [BACKCHANNEL]
    return config


def words(answer: str) -> str:
    return answer.replace(".", "")


def whole(question: str) -> str:
    return words(f"{question} {LONG}")


async def listening_to(call: SimulatedCall, question: str, word: str) -> int:
    """Ask, and listen until a word of the answer was heard; how many words were heard before it."""
    before = len(call.heard)
    call.say(question)
    await until(lambda: word in [heard.word for heard in call.heard[before:]])
    return before


def heard_since(call: SimulatedCall, before: int) -> str:
    return " ".join(heard.word for heard in call.heard[before:] if heard.word not in PHRASES)


def misheard(call: SimulatedCall, before: int, text: str, *, until: int | None = None, is_whole: bool = True) -> str:
    """What is wrong with what was heard, "" if it is `text`; a word that was paused in counts by its pieces."""
    heard = [word for word in call.heard[before:until] if word.word not in PHRASES]
    return Listener([ExpectedClause(tuple(text.split()))], []).misheard(heard, is_whole=is_whole)


def test_an_interruption_silences_the_agent_and_is_answered(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        before = await listening_to(call, "alpha", "six")
        call.say("bravo")
        interrupted_at = now()
        await until(lambda: call.silent_for_s() > 0.1)
        assert (call.last_sound_at or 0.0) - interrupted_at <= PAUSED_WITHIN_S
        await silence(call, 3)
        heard = heard_since(call, before)
        cut, _, answer = heard.partition(" bravo ")
        assert f"bravo {answer}" == whole("bravo")
        assert whole("alpha").startswith(cut) and "twelve" not in cut

    play(scene, journal, engines=long_answers())


def test_the_history_keeps_what_was_heard_and_no_more(journal: Path) -> None:
    prompts: list[list[str]] = []

    class Model(RuleModel):
        def stream(self, messages, **options) -> None:  # type: ignore[no-untyped-def]
            if messages[-1].role == "user":
                prompts.append([message.content for message in messages[1:]])
            super().stream(messages, **options)

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        before = await listening_to(call, "alpha", "seven")
        call.say("bravo")
        await silence(call, 3)
        cut = heard_since(call, before).partition(" bravo ")[0]
        question, said, interruption = prompts[-1]
        assert (question, interruption) == ("alpha", "bravo")
        # Tones are equally long, words are not equally many letters: the place is right to a word.
        assert abs(len(said.split()) - len(cut.split())) <= 1
        assert words(said) == " ".join(whole("alpha").split()[: len(said.split())])
        turns = journaled(system, call).turns
        assert [turn.caller_text for turn in turns] == [None, "alpha", "bravo"]
        assert "interrupted" in [event.kind for event in journaled(system, call).events]

    play(scene, journal, engines=SimulatedEngines(model=lambda: Model(lambda question: f"{question} {LONG}")))


@pytest.mark.parametrize("word", ["one", "six", "blue"])
def test_a_backchannel_pauses_the_agent_who_goes_on_where_it_stopped(journal: Path, word: str) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        before = await listening_to(call, "alpha", word)
        call.say(BACKCHANNEL)
        await until(lambda: call.silent_for_s() > 0.1)
        await silence(call, 3)
        assert misheard(call, before, whole("alpha")) == ""
        assert [turn.caller_text for turn in journaled(system, call).turns] == [None, "alpha"]
        assert await ask(call, "bravo") == whole("bravo")

    play(scene, journal, config=with_backchannel(), engines=long_answers())


def test_what_begins_like_a_backchannel_lets_nobody_speak_in_between(journal: Path) -> None:
    """ "Actually" is "uh" to Whisper as long as no more of it was said."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        await listening_to(call, "alpha", "six")
        call.say(BACKCHANNEL)
        await until(lambda: not call.is_saying)
        await asyncio.sleep(0.22)
        call.say("bravo")
        await asyncio.sleep(0.1)
        begun_at = now() - 0.32
        await until(lambda: not call.is_saying)
        assert (call.last_sound_at or 0.0) < begun_at

    play(scene, journal, config=with_backchannel(), engines=long_answers())


def test_the_same_word_after_the_answer_is_a_turn(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        assert await ask(call, "alpha") == answer_to("alpha")
        assert await ask(call, BACKCHANNEL) == answer_to(BACKCHANNEL)

    play(scene, journal, config=with_backchannel())


def test_the_agent_is_silent_while_the_caller_speaks_however_long(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        await listening_to(call, "alpha", "six")
        call.say("bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar papa quebec")
        await asyncio.sleep(0.3)
        before = len(call.heard)
        while call.is_saying:
            assert len(call.heard) == before
            await asyncio.sleep(0.1)
        await until(lambda: heard_since(call, before).startswith("bravo charlie"))

    play(scene, journal, engines=long_answers())


@pytest.mark.parametrize("name", SERVICES_BEHIND)
@pytest.mark.parametrize("after_s", [0.05, 0.3, 0.75, 0.95])
@pytest.mark.parametrize("said", ["bravo", BACKCHANNEL])
def test_whoever_dies_during_an_interruption_no_word_is_lost_or_doubled(
    journal: Path, name: str, after_s: float, said: str
) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        before = await listening_to(call, "alpha", "six")
        call.say(said)
        await asyncio.sleep(after_s)
        system.kill(name)
        await asyncio.sleep(0.3)
        await system.start(name)
        await silence(call, 8)
        if said == BACKCHANNEL:
            assert misheard(call, before, whole("alpha")) == ""
        else:
            answer_at = [heard.word for heard in call.heard].index("bravo")
            assert misheard(call, answer_at, whole("bravo")) == ""
            assert misheard(call, before, whole("alpha"), until=answer_at, is_whole=False) == ""
        assert await ask(call, "charlie") == whole("charlie")

    play(scene, journal, config=with_backchannel(), engines=long_answers())


def test_nobody_decides_and_the_agent_goes_on(journal: Path) -> None:
    """Whisper is away: what was said may be a noise, and the answer must not be lost for it; it is answered later."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        before = await listening_to(call, "alpha", "six")
        system.kill("whisper")
        call.say("bravo")
        await silence(call, 4)
        assert misheard(call, before, whole("alpha")) == ""
        await system.start("whisper")
        await until(lambda: "bravo" in heard_since(call, before))

    play(scene, journal, engines=long_answers())


def test_the_greeting_can_be_interrupted(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = system.dial()
        await until(lambda: call.is_answered)
        call.say("bravo")
        await silence(call, 3)
        assert call.heard_text in (f"hello {answer_to('bravo')}", f"hello caller {answer_to('bravo')}")

    play(scene, journal)


def test_nothing_of_interruptions_is_left_after_the_call(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        before = remains(system)
        call = await answered(system)
        for word in ("bravo", "charlie", "delta"):
            await listening_to(call, word, "four")
        call.hang_up()
        await asyncio.sleep(2)
        assert remains(system) == before
        assert call.heard_text.startswith(GREETING)

    play(scene, journal, engines=long_answers())


@pytest.mark.parametrize("ending", ["Xylophone.", ":)"], ids=["at which the voice fails", "which is no word"])
def test_a_yes_to_an_answer_that_ends_without_a_sound_is_answered(journal: Path, ending: str) -> None:
    """It was heard to its end, although there is nothing to hear: what is said then is no "go on"."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        assert await ask(call, "alpha") == "alpha one two three four five"
        assert await ask(call, BACKCHANNEL) == f"{BACKCHANNEL} one two three four five"

    engines = SimulatedEngines(
        model=lambda: RuleModel(lambda question: f"{question} one two three four five. {ending}")
    )
    play(scene, journal, config=with_backchannel(), engines=engines)
