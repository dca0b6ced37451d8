"""An answer that is prepared for nothing yet gives way to one that somebody waits for, and goes on afterwards."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.link.worlds import make_runtime

from steadyline.config import Config
from steadyline.drills.simulated_engines import RuleModel
from steadyline.drills.simulated_workers import SimulatedWorkers
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


class Desk:
    """A model with two slots, and somebody who answers on each."""

    def __init__(self) -> None:
        self.model = RuleModel(lambda question: " ".join(CLAUSES), first_s=WORD_S, word_s=WORD_S)
        workers = SimulatedWorkers(SLOTS + SPECULATIVE_PLACES)
        runtime = make_runtime(MemoryNetwork(), "llama")
        self.host: EngineHost[LanguageModel] = EngineHost("llama", lambda: self.model, workers, runtime, places=SLOTS)
        settings = Config().llama
        settings.rest_s = 0.0
        self.alice, self.bob = (Answerer(self.host, settings, slot, 2 + 2 * slot) for slot in range(SLOTS))
        self.prepared: list[str] = []

    def prepare_alice(self) -> Answer:
        return self.alice.prepare([Message("user", "alpha")], self.prepared.append)

    def answer_bob(self) -> Answer:
        return self.bob.start([Message("user", "bravo")])


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


def test_an_answer_that_is_waited_for_does_not_give_way() -> None:
    async def scenario(desk: Desk) -> None:
        alice = desk.prepare_alice()
        await asyncio.sleep(0.55)
        desk.alice.want(alice)
        desk.answer_bob()
        await asyncio.sleep(0.5)
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
