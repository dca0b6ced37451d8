"""An answer that is prepared for nothing yet, or still being listened to, gives way to one that somebody waits for."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.link.worlds import make_runtime
from tests.services.scenes import until

from steadyline.config import Config
from steadyline.drills.simulated_engines import RuleModel
from steadyline.drills.simulated_workers import SimulatedWorkers, engine_sleep
from steadyline.engines.llm import Message
from steadyline.link.memory import MemoryNetwork
from steadyline.link.virtual_time import run_in_virtual_time
from steadyline.services.answer import Answer
from steadyline.services.answering import Answerer
from steadyline.services.engine_host import SPECULATIVE_PLACES, EngineHost
from steadyline.services.engine_protocols import LanguageModel

WORD_S = 0.1
CLAUSES = ["One two three four five six.", "Seven eight nine ten eleven twelve.", "Alpha bravo charlie delta echo."]
SLOTS = 2
LEAD_S = 0.3


LONG_S = 10.0


def spoken(question: str) -> str:
    """To "think" the first word of the answer takes long."""
    if question == "think":
        engine_sleep(LONG_S)
    return " ".join(CLAUSES)


class Desk:
    """A model with two slots, and somebody who answers on each."""

    def __init__(self) -> None:
        self.model = RuleModel(spoken, first_s=WORD_S, word_s=WORD_S)
        workers = SimulatedWorkers(SLOTS + SPECULATIVE_PLACES)
        runtime = make_runtime(MemoryNetwork(), "llama")
        self.host: EngineHost[LanguageModel] = EngineHost(
            "llama", lambda: self.model, workers, runtime, places=SLOTS, lead_s=LEAD_S
        )
        config = Config()
        config.llama.rest_s = 0.0
        self.alice, self.bob = (Answerer(self.host, config, slot, 2 + 2 * slot) for slot in range(SLOTS))
        self.prepared: list[str] = []

    def prepare_alice(self) -> Answer:
        return self.alice.prepare([Message("user", "alpha")], self.prepared.append)

    def answer_alice(self) -> Answer:
        return self.alice.start([Message("user", "alpha")])

    def answer_bob(self, question: str = "bravo") -> Answer:
        return self.bob.start([Message("user", question)])


def at_the_desk(scenario: Callable[[Desk], Awaitable[None]]) -> None:
    async def whole() -> None:
        desk = Desk()
        await desk.host.start()
        await scenario(desk)

    run_in_virtual_time(whole())


async def clauses_of(answer: Answer) -> list[str]:
    return [clause async for clause in answer.clauses()]


def test_speculation_stops_at_its_next_word_when_another_caller_waits() -> None:
    async def scenario(desk: Desk) -> None:
        desk.prepare_alice()
        await asyncio.sleep(0.55)
        desk.answer_bob()
        await asyncio.sleep(0.01)
        assert desk.model.running == 2
        await asyncio.sleep(1.5 * WORD_S)
        assert desk.model.running == 1

    at_the_desk(scenario)


@pytest.mark.parametrize("interrupted_at_s", [0.05, 0.55, 0.85, 1.55, 2.0])
def test_an_answer_that_gave_way_goes_on_after_its_last_clause(interrupted_at_s: float) -> None:
    async def scenario(desk: Desk) -> None:
        alice = desk.prepare_alice()
        await asyncio.sleep(interrupted_at_s)
        assert await clauses_of(desk.answer_bob()) == CLAUSES
        desk.alice.want(alice)
        assert await clauses_of(alice) == CLAUSES
        assert alice.said == CLAUSES

    at_the_desk(scenario)


def test_each_clause_is_prepared_once_although_it_gave_way() -> None:
    async def scenario(desk: Desk) -> None:
        desk.prepare_alice()
        await asyncio.sleep(1.0)
        await clauses_of(desk.answer_bob())
        await asyncio.sleep(5.0)
        assert desk.prepared == CLAUSES

    at_the_desk(scenario)


def test_an_answer_of_which_nothing_is_there_yet_does_not_give_way() -> None:
    async def scenario(desk: Desk) -> None:
        alice = desk.prepare_alice()
        await asyncio.sleep(0.25)
        desk.alice.want(alice)
        desk.answer_bob()
        await asyncio.sleep(2 * WORD_S)
        assert desk.model.running == 2
        assert await clauses_of(alice) == CLAUSES

    at_the_desk(scenario)


def test_an_answer_that_gave_way_and_is_not_wanted_is_not_gone_on_with() -> None:
    async def scenario(desk: Desk) -> None:
        alice = desk.prepare_alice()
        await asyncio.sleep(0.35)
        bob = desk.answer_bob()
        await asyncio.sleep(0.5)
        alice.stop()
        await clauses_of(bob)
        await asyncio.sleep(5.0)
        assert desk.model.running == 0
        assert desk.prepared == []

    at_the_desk(scenario)


def test_a_call_that_ends_leaves_nothing_waiting() -> None:
    async def scenario(desk: Desk) -> None:
        desk.answer_bob()
        await asyncio.sleep(0.1)
        desk.prepare_alice()
        await asyncio.sleep(0.1)
        desk.alice.stop()
        await asyncio.sleep(10.0)
        assert desk.prepared == [] and desk.model.running == 0

    at_the_desk(scenario)


async def is_written(answer: Answer, clauses: int) -> None:
    await until(lambda: len(answer.said) >= clauses)


async def is_interrupted(desk: Desk) -> None:
    """One of two answers gives way: within two words."""
    await asyncio.sleep(2 * WORD_S)
    assert desk.model.running == 1


def test_an_answer_to_which_the_caller_is_listening_gives_way_to_the_first_words_of_another() -> None:
    async def scenario(desk: Desk) -> None:
        alice = desk.answer_alice()
        await is_written(alice, 1)
        bob = desk.answer_bob()
        await is_interrupted(desk)
        await is_written(bob, 1)
        assert alice.said == CLAUSES[:1]
        assert await clauses_of(alice) == CLAUSES
        assert await clauses_of(bob) == CLAUSES

    at_the_desk(scenario)


def test_it_goes_on_before_the_caller_has_heard_everything_though_the_other_still_waits() -> None:
    async def scenario(desk: Desk) -> None:
        alice = desk.answer_alice()
        await is_written(alice, 1)
        desk.answer_bob("think")
        await is_interrupted(desk)
        loop = asyncio.get_running_loop()
        await asyncio.sleep(alice.sounds_until - LEAD_S + WORD_S - loop.time())
        assert desk.model.running == 2

    at_the_desk(scenario)


def test_a_slow_voice_is_given_more_time() -> None:
    async def scenario(desk: Desk) -> None:
        alice = desk.answer_alice()
        await is_written(alice, 1)
        await asyncio.sleep(0.4)
        desk.alice.rendered(CLAUSES[0])
        await is_written(alice, 2)
        desk.answer_bob("think")
        await is_interrupted(desk)
        loop = asyncio.get_running_loop()
        await asyncio.sleep(alice.sounds_until - 0.4 - LEAD_S + WORD_S - loop.time())
        assert desk.model.running == 2

    at_the_desk(scenario)


def test_what_was_prepared_and_is_being_said_gives_way_as_well() -> None:
    async def scenario(desk: Desk) -> None:
        alice = desk.prepare_alice()
        await is_written(alice, 1)
        desk.alice.want(alice)
        bob = desk.answer_bob()
        await is_interrupted(desk)
        await is_written(bob, 1)
        assert alice.said == CLAUSES[:1]
        assert await clauses_of(alice) == CLAUSES

    at_the_desk(scenario)
