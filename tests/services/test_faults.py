"""When an engine or the journal fails: the call goes on, and says so where it matters."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.link.worlds import make_runtime
from tests.services.scenes import (
    APOLOGY,
    GREETING,
    SimulatedEngines,
    SimulatedSystem,
    answer_to,
    answered,
    ask,
    journaled,
    play,
    started,
    until,
)

from steadyline.calls.journal import Journal, read_only
from steadyline.drills.simulated_engines import Heard, RuleModel, ToneRecognizer, ToneSynthesizer
from steadyline.drills.simulated_workers import SimulatedWorkers
from steadyline.errors import EngineError
from steadyline.link.memory import MemoryNetwork
from steadyline.link.virtual_time import run_in_virtual_time
from steadyline.services.journal_access import JournalAccess

FAULTS = [EngineError("planned"), RuntimeError("unplanned"), MemoryError()]
FAULT_IDS = [type(fault).__name__ for fault in FAULTS]
Float32 = NDArray[np.float32]


@pytest.mark.parametrize("fault", FAULTS, ids=FAULT_IDS)
def test_a_language_model_that_fails_apologises_and_answers_the_next_question(journal: Path, fault: Exception) -> None:
    def answer(question: str) -> str:
        if "broken" in question:
            raise fault
        return answer_to(question)

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        assert await ask(call, "broken") == APOLOGY
        assert await ask(call, "alpha") == answer_to("alpha")

    play(scene, journal, engines=SimulatedEngines(model=lambda: RuleModel(answer)), plans_exceptions=True)


def test_a_language_model_that_fails_in_mid_sentence_is_heard_up_to_there(journal: Path) -> None:
    class Breaking(RuleModel):
        def stream(self, messages, *, on_text, **options):  # type: ignore[no-untyped-def]
            if "broken" in messages[-1].content:
                on_text("one two three four five. six seven ")
                raise EngineError("planned")
            super().stream(messages, on_text=on_text, **options)

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        assert await ask(call, "broken") == "one two three four five"
        assert await ask(call, "alpha") == answer_to("alpha")

    play(scene, journal, engines=SimulatedEngines(model=Breaking))


def test_a_language_model_that_says_nothing_apologises(journal: Path) -> None:
    model = RuleModel(lambda question: "" if "nothing" in question else answer_to(question))

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        assert await ask(call, "nothing") == APOLOGY
        assert await ask(call, "alpha") == answer_to("alpha")

    play(scene, journal, engines=SimulatedEngines(model=lambda: model))


def test_a_persona_that_cannot_be_read_ahead_stops_no_call(journal: Path) -> None:
    class NoPrefill(RuleModel):
        def prefill(self, messages, slot):  # type: ignore[no-untyped-def]
            raise RuntimeError("unplanned")

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        assert await ask(call, "alpha") == answer_to("alpha")

    play(scene, journal, engines=SimulatedEngines(model=NoPrefill), plans_exceptions=True)


@pytest.mark.parametrize("fault", FAULTS, ids=FAULT_IDS)
def test_a_clause_that_cannot_be_spoken_is_left_out_and_the_call_goes_on(journal: Path, fault: Exception) -> None:
    class Breaking(ToneSynthesizer):
        def synthesize(self, text: str) -> Iterator[Float32]:
            if "six" in text and "broken" in text.lower():
                raise fault
            return super().synthesize(text)

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        assert await ask(call, "broken") == "broken one two three four five"
        assert await ask(call, "alpha") == answer_to("alpha")

    play(scene, journal, engines=SimulatedEngines(synthesizer=Breaking), plans_exceptions=True)


@pytest.mark.parametrize("fault", FAULTS, ids=FAULT_IDS)
def test_an_utterance_that_cannot_be_transcribed_gets_no_answer_and_the_next_does(
    journal: Path, fault: Exception
) -> None:
    class Breaking(ToneRecognizer):
        def transcribe(self, samples: Float32) -> Heard:
            heard = super().transcribe(samples)
            if "broken" in heard.text:
                raise fault
            return heard

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("broken")
        await asyncio.sleep(4)
        assert call.heard_text == GREETING
        assert await ask(call, "alpha") == answer_to("alpha")

    play(scene, journal, engines=SimulatedEngines(recognizer=Breaking), plans_exceptions=True)


def test_an_utterance_without_words_is_committed_and_not_answered(journal: Path) -> None:
    class Deaf(ToneRecognizer):
        def transcribe(self, samples: Float32) -> Heard:
            heard = super().transcribe(samples)
            return Heard("  ") if "silent" in heard.text else heard

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("silent silent")
        await asyncio.sleep(4)
        assert call.heard_text == GREETING
        inbound = system.running["inbound"].service.calls()[0]
        assert inbound["utterances"] == 1
        assert inbound["kept_s"] == 0
        assert await ask(call, "alpha") == answer_to("alpha")
        assert [turn.caller_text for turn in journaled(system, call).turns] == [None, "alpha"]

    play(scene, journal, engines=SimulatedEngines(recognizer=Deaf))


def test_digits_are_events_of_their_call(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call, other = await answered(system), await answered(system)
        for digit in "4711#":
            call.press(digit, 80)
            await asyncio.sleep(0.1)
        other.press("*")
        await asyncio.sleep(0.5)

        def digits(of: object) -> list[tuple[object, object]]:
            events = journaled(system, of).events  # type: ignore[arg-type]
            return [(event.detail["digit"], event.detail["duration_ms"]) for event in events if event.kind == "digit"]

        assert digits(call) == [(digit, 80) for digit in "4711#"]
        assert digits(other) == [("*", 100)]

    play(scene, journal)


def test_a_journal_that_cannot_be_opened_stops_no_call(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file is where its folder should be."""
    (tmp_path / "file").write_text("in the way")

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        first, second = await answered(system), await answered(system)
        for word in ("alpha", "bravo", "charlie"):
            assert await ask(first, word) == answer_to(word)
        assert await ask(second, "delta") == answer_to("delta")
        first.hang_up()
        await asyncio.sleep(1)
        complaints = [record for record in caplog.records if "journal" in record.getMessage()]
        assert {record.name for record in complaints} == {"steadyline.gateway", "steadyline.llama"}
        assert len(complaints) == 2, "one line a service, not one a failure"

    with caplog.at_level(logging.WARNING, "steadyline"):
        play(scene, tmp_path / "file" / "journal.sqlite")


def test_what_was_noted_before_a_service_stops_is_written(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.press("7")
        await asyncio.sleep(0.004)
        await system.stop("llama")
        await system.stop("gateway")
        record = journaled(system, call)
        assert [event.detail["digit"] for event in record.events if event.kind == "digit"] == ["7"]
        assert record.end_reason == "the gateway is stopping"

    play(scene, journal)


def test_what_was_noted_at_the_very_moment_of_the_stop_is_written(journal: Path) -> None:
    async def main() -> None:
        runtime = make_runtime(MemoryNetwork(), "llama")
        access = JournalAccess(lambda: Journal(journal), SimulatedWorkers(1), runtime)
        for number in range(5):
            access.note(lambda opened, at=float(number): opened.event(None, "test", "note", {}, at))  # type: ignore[misc]
        await access.close()

    run_in_virtual_time(main())
    with read_only(journal) as reader:
        assert [event.at for event in reader.events(10)] == [4.0, 3.0, 2.0, 1.0, 0.0]


def test_one_call_whose_line_fails_takes_no_other_with_it(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        broken, sound = await answered(system), await answered(system)

        def read() -> None:
            raise OSError("the stack has lost this call")

        monkeypatch.setattr(broken, "read", read)
        await asyncio.sleep(1)
        assert await ask(sound, "alpha") == answer_to("alpha")
        await until(broken.closed.done, 2)

    play(scene, journal, plans_exceptions=True)


def test_a_line_whose_processors_are_away_has_comfort_noise(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        for name in ("inbound", "outbound"):
            system.kill(name)
        await asyncio.sleep(1.0)
        noise = np.concatenate(call._played[-25:])
        assert 5 < np.sqrt(np.mean(noise.astype(float) ** 2)) < 30
        assert np.count_nonzero(noise) > 0.9 * len(noise)
        for name in ("inbound", "outbound"):
            await system.start(name)
        await asyncio.sleep(1.2)
        assert not np.any(call._played[-1])
        assert await ask(call, "alpha") == answer_to("alpha")

    play(scene, journal)
