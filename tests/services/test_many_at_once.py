"""Four callers at once: in which order the engines work for them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.services.scenes import (
    SimulatedCall,
    SimulatedEngines,
    SimulatedSystem,
    answered,
    drill_config,
    now,
    play,
    silence,
    started,
    until,
)

from steadyline.drills.simulated_engines import Float32, Heard, RuleModel, ToneRecognizer, ToneSynthesizer

QUESTIONS = ("alpha", "bravo", "charlie", "delta")
CLAUSES = ("one two three four", "five six seven eight", "nine ten one two")


def three_clauses(question: str) -> str:
    """Each clause takes 0.8 s to be heard."""
    return " ".join(f"{question} {words}." for words in CLAUSES)


class Notes:
    """What whisper and the voice were asked for, in that order."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.said: list[str] = []

    def engines(self, voice_s: float) -> SimulatedEngines:
        notes = self

        class Recognizer(ToneRecognizer):
            def transcribe(self, samples: Float32) -> Heard:
                heard = super().transcribe(samples)
                notes.heard.append(heard.text)
                return heard

        class Synthesizer(ToneSynthesizer):
            def synthesize(self, text: str) -> Iterator[Float32]:
                notes.said.append(text.lower().rstrip("."))
                yield from super().synthesize(text)

        return SimulatedEngines(Recognizer, lambda: RuleModel(three_clauses), lambda: Synthesizer(voice_s))


async def ask_all(system: SimulatedSystem, apart_s: float) -> list[float]:
    """Four callers ask, one shortly after the other, and hear their answers whole; how long each waited, seconds."""
    await started(system)
    calls = [await answered(system) for _ in QUESTIONS]
    waits = await asyncio.gather(
        *(_asked(call, text, place * apart_s) for place, (call, text) in enumerate(zip(calls, QUESTIONS, strict=True)))
    )
    for call, text in zip(calls, QUESTIONS, strict=True):
        await silence(call, 3.0)
        assert call.heard_text.endswith(three_clauses(text).replace(".", ""))
    return waits


async def _asked(call: SimulatedCall, text: str, after_s: float) -> float:
    await asyncio.sleep(after_s)
    call.say(text)
    await until(lambda: not call.is_saying)
    said_at, before = now(), len(call.heard)
    await until(lambda: len(call.heard) > before)
    return now() - said_at


def test_who_hears_nothing_is_spoken_to_before_who_is_listening(journal: Path) -> None:
    """The voice takes 0.3 s for a clause of 0.8 s, and the callers ask 0.4 s apart: in the order in which they come
    the third clause of the first caller would go before the first clause of the third, and so on."""
    notes, config = Notes(), drill_config()
    config.inbound.prepare_after_ms = 0
    waits: list[float] = []

    async def scene(system: SimulatedSystem) -> None:
        waits.extend(await ask_all(system, 0.4))

    play(scene, journal, config=config, engines=notes.engines(0.3))
    begun = {clause: place for place, clause in enumerate(notes.said)}
    firsts = [begun[f"{question} {CLAUSES[0]}"] for question in QUESTIONS]
    thirds = [begun[f"{question} {CLAUSES[2]}"] for question in QUESTIONS]
    assert firsts == sorted(firsts)
    assert max(firsts) < min(thirds)
    assert max(waits) - min(waits) < 0.35, "nobody waits for more than the clause that is being rendered"


@pytest.mark.parametrize("callers_ask", ["at once", "one after another"])
def test_each_of_four_is_prepared_for_and_each_part_is_made_once(journal: Path, callers_ask: str) -> None:
    """Their drafts wait for each other, and are ready when their turns are over."""
    notes = Notes()
    waits: list[float] = []

    async def scene(system: SimulatedSystem) -> None:
        waits.extend(await ask_all(system, 0.0 if callers_ask == "at once" else 0.1))

    play(scene, journal, engines=notes.engines(0.02))
    assert sorted(notes.heard) == sorted(QUESTIONS)
    answers = [text for text in notes.said if text.split()[0] in QUESTIONS]
    assert len(answers) == len(set(answers)) == len(CLAUSES) * len(QUESTIONS)
    first_after_silence_s = 0.6
    assert min(waits) < first_after_silence_s + 0.15
    assert max(waits) < first_after_silence_s + 0.45, (
        "heard, answered and rendered one after another it were 1.2 s more"
    )


def test_the_gateway_goes_before_all_others_until_many_call(journal: Path) -> None:
    """Few calls need little of the processor, and on time; those of many would take it from whoever answers them."""
    config = drill_config()
    config.gateway.crowded_calls = 3

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        assert list(system.goes_first) == [True], "before the first call"
        calls = [await answered(system) for _ in range(2)]
        assert list(system.goes_first) == [True]
        calls.append(await answered(system))
        await until(lambda: list(system.goes_first) == [False])
        calls[0].hang_up()
        await until(lambda: list(system.goes_first) == [True])

    play(scene, journal, config=config)
