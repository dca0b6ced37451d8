"""The model leaves the processor to the voice while the caller waits for the first sound, and loses no word by it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.link.worlds import make_runtime
from tests.services.scenes import until

from steadyline.config import Config
from steadyline.drills.simulated_engines import RuleModel
from steadyline.drills.simulated_workers import SimulatedWorkers
from steadyline.engines.llm import Message
from steadyline.link.memory import MemoryNetwork
from steadyline.link.virtual_time import run_in_virtual_time
from steadyline.services.answer import GRACE_PIECES, Answer
from steadyline.services.answering import Answerer
from steadyline.services.engine_host import SPECULATIVE_PLACES, EngineHost
from steadyline.services.engine_protocols import LanguageModel

WORD_S = 0.1
CLAUSES = [
    "One two three four five six seven eight nine ten eleven twelve.",
    "Red green blue north south west east red green blue north south.",
    "Alpha bravo charlie delta echo foxtrot alpha bravo charlie delta echo.",
]
REST_S = 5.0
SLOW_S = 0.06
"""A character that is rendered in this time takes longer than it sounds."""


class Desk:
    """A model, somebody who answers, and what is heard of the answer so far."""

    def __init__(self) -> None:
        self.model = RuleModel(lambda question: " ".join(CLAUSES), first_s=WORD_S, word_s=WORD_S)
        runtime = make_runtime(MemoryNetwork(), "llama")
        workers = SimulatedWorkers(1 + SPECULATIVE_PLACES)
        self.host: EngineHost[LanguageModel] = EngineHost("llama", lambda: self.model, workers, runtime, places=1)
        config = Config()
        config.llama.rest_s = REST_S
        self.answerer = Answerer(self.host, config, 0, 2)
        self.written: list[str] = []

    async def listen(self, answer: Answer) -> None:
        async for clause in answer.clauses():
            self.written.append(clause)

    async def is_resting(self) -> bool:
        """It writes nothing any more, though there is more to write."""
        await asyncio.sleep((GRACE_PIECES + 3) * WORD_S)
        return self.model.running == 0


def at_the_desk(scenario: Callable[[Desk], Awaitable[None]]) -> None:
    async def whole() -> None:
        desk = Desk()
        await desk.host.start()
        await scenario(desk)

    run_in_virtual_time(whole())


async def written(desk: Desk, clauses: int) -> None:
    await until(lambda: len(desk.written) >= clauses)


QUESTION = [Message("user", "alpha")]


def test_the_model_rests_until_the_first_two_clauses_are_rendered() -> None:
    async def scenario(desk: Desk) -> None:
        listening = asyncio.ensure_future(desk.listen(desk.answerer.start(QUESTION)))
        for number in (1, 2):
            await written(desk, number)
            assert await desk.is_resting() and desk.written == CLAUSES[:number]
            desk.answerer.rendered("another text")
            assert await desk.is_resting()
            desk.answerer.rendered(CLAUSES[number - 1])
            await asyncio.sleep(WORD_S)
            assert desk.model.running == 1
        await listening
        assert desk.written == CLAUSES

    at_the_desk(scenario)


def test_with_a_slow_voice_a_short_end_is_written_before_the_rest() -> None:
    """ "is Paris." is there when the voice has rendered "The capital of France"."""

    async def scenario(desk: Desk) -> None:
        await desk.host.start()
        slow_listening = asyncio.ensure_future(desk.listen(desk.answerer.start(QUESTION)))
        await written(desk, 1)
        await asyncio.sleep(len(CLAUSES[0]) * SLOW_S)
        desk.answerer.rendered(CLAUSES[0])
        slow_listening.cancel()
        desk.written.clear()
        desk.model = RuleModel(lambda question: "The capital of France is Paris.", first_s=WORD_S, word_s=WORD_S)
        await desk.host.start()
        begun_at = asyncio.get_running_loop().time()
        await desk.listen(desk.answerer.start(QUESTION))
        assert desk.written == ["The capital of France", "is Paris."]
        assert asyncio.get_running_loop().time() - begun_at < 10 * WORD_S

    run_in_virtual_time(scenario(Desk()))


def test_beside_a_fast_voice_nothing_is_written_that_can_wait() -> None:
    """The processor is the voice's alone: the end is written when the first clause is rendered, and while it sounds."""

    async def scenario(desk: Desk) -> None:
        desk.model = RuleModel(lambda question: "The capital of France is Paris.", first_s=WORD_S, word_s=WORD_S)
        await desk.host.start()
        listening = asyncio.ensure_future(desk.listen(desk.answerer.start(QUESTION)))
        await written(desk, 1)
        await asyncio.sleep(2 * WORD_S)
        assert desk.model.running == 0 and desk.written == ["The capital of France"]
        desk.answerer.rendered("The capital of France")
        await listening
        assert desk.written == ["The capital of France", "is Paris."]

    run_in_virtual_time(scenario(Desk()))


def test_a_voice_that_never_says_so_holds_nothing_up_for_long() -> None:
    async def scenario(desk: Desk) -> None:
        begun_at = asyncio.get_running_loop().time()
        await desk.listen(desk.answerer.start(QUESTION))
        assert desk.written == CLAUSES
        assert asyncio.get_running_loop().time() - begun_at < 2 * REST_S + 70 * WORD_S

    at_the_desk(scenario)


def test_without_a_voice_there_is_nothing_to_rest_for() -> None:
    async def scenario(desk: Desk) -> None:
        listening = asyncio.ensure_future(desk.listen(desk.answerer.start(QUESTION)))
        await written(desk, 1)
        assert await desk.is_resting()
        desk.answerer.rendered(None)
        begun_at = asyncio.get_running_loop().time()
        await listening
        assert desk.written == CLAUSES
        assert asyncio.get_running_loop().time() - begun_at < 30 * WORD_S < REST_S

    at_the_desk(scenario)


@pytest.mark.parametrize("is_stopped_by_the_call", [False, True])
def test_nothing_is_written_after_a_rest_that_nobody_wants_the_end_of(is_stopped_by_the_call: bool) -> None:
    async def scenario(desk: Desk) -> None:
        answer = desk.answerer.start(QUESTION)
        listening = asyncio.ensure_future(desk.listen(answer))
        await written(desk, 1)
        assert await desk.is_resting()
        if is_stopped_by_the_call:
            desk.answerer.stop()
        else:
            listening.cancel()
        await asyncio.sleep(2 * REST_S)
        assert desk.model.running == 0 and answer.said == CLAUSES[:1]

    at_the_desk(scenario)


def test_what_was_prepared_and_comes_true_while_the_model_rests_goes_on_as_due() -> None:
    async def scenario(desk: Desk) -> None:
        prepared: list[str] = []
        answer = desk.answerer.prepare(QUESTION, prepared.append)
        await until(lambda: bool(prepared))
        assert await desk.is_resting()
        desk.answerer.want(answer)
        desk.answerer.rendered(CLAUSES[0])
        listening = asyncio.ensure_future(desk.listen(answer))
        await written(desk, 2)
        assert not answer.order.is_speculative
        desk.answerer.rendered(CLAUSES[1])
        await listening
        assert desk.written == CLAUSES and prepared == CLAUSES[:1]

    at_the_desk(scenario)


def test_an_answer_is_no_longer_for_its_rests() -> None:
    """`llama.max_tokens` is of the whole answer, however often it was begun again."""
    asked: list[int] = []

    class Model(RuleModel):
        def stream(self, messages: list[Message], *, max_tokens: int, **options: object) -> None:  # type: ignore[override]
            asked.append(max_tokens)
            super().stream(messages, max_tokens=max_tokens, **options)  # type: ignore[arg-type]

    async def scenario(desk: Desk) -> None:
        desk.model = Model(lambda question: " ".join(CLAUSES), first_s=WORD_S, word_s=WORD_S)
        await desk.host.start()
        await desk.listen(desk.answerer.start(QUESTION))
        first, second, third = asked
        assert first - second >= len(CLAUSES[0].split()) and second - third >= len(CLAUSES[1].split())

    run_in_virtual_time(scenario(Desk()))
