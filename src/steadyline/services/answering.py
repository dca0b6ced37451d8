"""Answers for one call, one at a time: what the language model is asked for, and when it rests or begins again."""

import asyncio
from collections.abc import Callable, Sequence

from steadyline.config import Config
from steadyline.engines.llm import Message as ChatMessage
from steadyline.engines.llm import fit_history
from steadyline.services.answer import Answer
from steadyline.services.engine_host import EngineHost
from steadyline.services.engine_protocols import LanguageModel
from steadyline.services.fair_queue import Order
from steadyline.services.fixed_texts import clause_splitter
from steadyline.services.voice_pace import VoicePace
from steadyline.text.clauses import ClauseSplitter
from steadyline.text.hang_up_marker import HangUpMarker

SOME_WORDS = "Hello"
"""Stands for what the caller will say next: all before it is the next prompt's, too, the template's marks included."""
RESTS = 2
"""Later clauses are rendered while the caller listens to those before."""
TEMPLATE_TOKENS = 16
"""More than a chat template adds to a message. A token has at least a character, so shorter prompts are not counted."""


class Answerer:
    """Answers for one call, one at a time.

    Args:
        host: the model.
        config: limits, and how answers are cut.
        slot: the model's slot of this call, whose KV cache is re-used from turn to turn.
        call_id: whose answers.
    """

    def __init__(self, host: EngineHost[LanguageModel], config: Config, slot: int, call_id: int) -> None:
        self._host = host
        self._config = config
        self._settings = config.llama
        self._slot = slot
        self._call_id = call_id
        self._persona = [ChatMessage("system", config.llama.persona)]
        self._answers: set[Answer] = set()
        self._pace = VoicePace()
        self._foreseen: asyncio.Future[None] | None = None
        self._dropped = 0
        self._is_stopped = False

    async def begin(self) -> None:
        """A call begins: let the model read the persona before the first turn asks for it.

        Raises:
            EngineError: the model failed.
        """
        order = self._host.order(self._call_id)
        await self._host.run(lambda model: model.prefill(self._persona, self._slot), "prefill", order)

    def foresee(self, history: Sequence[ChatMessage]) -> None:
        """The newest answer was heard: let the model read everything up to the caller's next words, when it has nothing else
        to do.

        Args:
            history: the conversation (without the persona), that answer and `SOME_WORDS` of the caller's included.
        """
        prompt = [*self._persona, *history]

        def read(model: LanguageModel) -> None:
            model.prefill(self._fitting(model, prompt), self._slot)

        self._forget_foreseen()
        self._foreseen = asyncio.ensure_future(self._host.run(read, "prefill", Order(self._call_id)))
        # What fails here fails again when it is due, and is told of then.
        self._foreseen.add_done_callback(lambda task: task.cancelled() or task.exception())

    def _forget_foreseen(self) -> None:
        if self._foreseen is not None:
            self._foreseen.cancel()

    def stop(self) -> None:
        """The call is over: let the generation that is under way end at its next token, and free the slot."""
        self._is_stopped = True
        self._forget_foreseen()
        for answer in list(self._answers):
            answer.stop()
        model = self._host.engine
        if model is not None:
            model.release(self._slot)

    def start(self, history: Sequence[ChatMessage], said: Sequence[str] = ()) -> Answer:
        """Begin to answer `history` (without the persona); on one slot the model answers one after another.

        Args:
            history: the conversation, up to the question.
            said: clauses of this answer that exist already; what follows them is generated.
        """
        answer = self._new_answer(self._host.order(self._call_id), said, None)
        self._generate_on(answer, history)
        return answer

    def prepare(self, history: Sequence[ChatMessage], on_clause: Callable[[str], None]) -> Answer:
        """The same for a question that may not be one yet, when the model has nothing else to do; it gives way to
        what is due in other calls, and goes on after its last clause.

        Args:
            history: the conversation, up to the question.
            on_clause: told each clause at once.
        """
        answer = self._new_answer(Order(self._call_id), (), on_clause)
        self._generate_on(answer, history)
        return answer

    def _new_answer(self, order: Order, said: Sequence[str], on_clause: Callable[[str], None] | None) -> Answer:
        rests = RESTS if self._settings.rest_s and not said else 0
        return Answer(*self._cutters(said), order, said, on_clause, rests, self._pace)

    def _cutters(self, said: Sequence[str]) -> tuple[ClauseSplitter, HangUpMarker]:
        return clause_splitter(self._config, is_begun=bool(said)), HangUpMarker(self._settings.hang_up_marker)

    def rendered(self, text: str | None) -> None:
        """See `Answer.rendered`."""
        for answer in list(self._answers):
            answer.rendered(text)

    def want(self, answer: Answer) -> None:
        """What was prepared is waited for."""
        answer.wanted()
        self._host.want(answer.order, max(self._host.now(), answer.needs_more_at()))

    def _generate_on(self, answer: Answer, history: Sequence[ChatMessage]) -> None:
        """Generate what follows the answer's clauses, now or when it is its turn."""
        self._forget_foreseen()
        loop, order, gave_way = asyncio.get_running_loop(), answer.order, False
        begun = [ChatMessage("assistant", " ".join(answer.said))] if answer.said else []
        prompt = [*self._persona, *history, *begun]

        def take(piece: str) -> None:
            had = len(answer.said)
            answer.take(piece)
            if len(answer.said) > had:
                self._host.postpone(order, answer.needs_more_at())

        def on_text(piece: str) -> bool:
            nonlocal gave_way
            answer.pieces += 1
            loop.call_soon_threadsafe(take, piece)
            gave_way = gave_way or order.gives_way or answer.is_to_rest
            return self._is_stopped or answer.is_stopped or gave_way

        def go_on() -> None:
            self._answers.discard(answer)
            if not (answer.is_stopped or self._is_stopped):
                self._generate_on(answer, history)

        def ended(generation: "asyncio.Future[str]") -> None:
            is_whole = not gave_way or answer.is_stopped or generation.cancelled() or generation.exception() is not None
            if not is_whole and generation.result() == "cancelled":
                answer.begin_again(*self._cutters(answer.said), Order(self._call_id, order.wanted_at))
                if answer.rests_for:
                    answer.rest(go_on, self._settings.rest_s)
                else:
                    go_on()
            else:
                self._answers.discard(answer)
                answer.finish(generation)

        longest = max(1, self._settings.max_tokens - answer.pieces)
        work = self._host.run(lambda model: self._generate(model, prompt, longest, on_text), "answer", order)
        answer.generation = asyncio.ensure_future(work)
        answer.generation.add_done_callback(lambda generation: loop.call_soon(ended, generation))
        self._answers.add(answer)

    def _generate(
        self, model: LanguageModel, prompt: Sequence[ChatMessage], max_tokens: int, on_text: Callable[[str], bool]
    ) -> str:
        """In a worker: generate; how it ended, as `Completion.finish`."""
        settings = self._settings
        completion = model.stream(
            self._fitting(model, prompt),
            slot=self._slot,
            max_tokens=max_tokens,
            temperature=settings.temperature,
            stop=(),
            on_text=on_text,
        )
        # Of an engine from outside nothing is asked but the text.
        return str(getattr(completion, "finish", "cancelled"))

    def _fitting(self, model: LanguageModel, prompt: Sequence[ChatMessage]) -> Sequence[ChatMessage]:
        """In a worker: the newest turns that fit into the context."""
        limit_tokens = model.context_tokens - self._settings.max_tokens
        if sum(TEMPLATE_TOKENS + len(message.content) for message in prompt) <= limit_tokens:
            return prompt
        fitted = fit_history(prompt, count_tokens=model.count_tokens, limit_tokens=limit_tokens, dropped=self._dropped)
        self._dropped = max(self._dropped, len(prompt) - len(fitted))
        return fitted
