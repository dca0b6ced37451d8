"""One answer: the language model's text, as it comes, cut into clauses that can be spoken."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence

from steadyline.config_speech import LlamaSection
from steadyline.engines.llm import Message as ChatMessage
from steadyline.engines.llm import fit_history
from steadyline.services.engine_host import EngineHost
from steadyline.services.engine_protocols import LanguageModel
from steadyline.text.clauses import ClauseSplitter
from steadyline.text.speakable import speakable

TEMPLATE_TOKENS = 16
"""More than a chat template adds to a message. A token has at least a character, so shorter prompts are not counted."""


class Answer:
    """One answer that is being generated: its clauses, as soon as each is complete.

    Attributes:
        first_clause_s: how long the model took for the first one, seconds; 0 before it.

    Args:
        splitter: cuts the text.
        on_clause: told each clause when it is complete, whether somebody waits for it or not.
    """

    def __init__(self, splitter: ClauseSplitter, on_clause: Callable[[str], None] | None) -> None:
        self.on_clause = on_clause
        self.is_stopped = False
        self.first_clause_s = 0.0
        self._started_at = asyncio.get_running_loop().time()
        self._splitter = splitter
        self._clauses: asyncio.Queue[str | None] = asyncio.Queue()
        self._error: BaseException | None = None

    async def clauses(self) -> AsyncIterator[str]:
        """All of them; who stops listening stops the generation.

        Raises:
            EngineError: the model failed; what was yielded before stands.
        """
        try:
            while (clause := await self._clauses.get()) is not None:
                yield clause
        finally:
            self.is_stopped = True
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """Nobody wants it any more: the generation ends at its next token."""
        self.is_stopped = True

    def take(self, piece: str) -> None:
        """The model has written some more."""
        self._put(self._splitter.feed(piece))

    def finish(self, generation: "asyncio.Future[None]") -> None:
        """The model has written everything, or failed."""
        if not generation.cancelled():
            self._error = generation.exception()
        if self._error is None:
            self._put(self._splitter.flush())
        self._clauses.put_nowait(None)

    def _put(self, clauses: Iterable[str]) -> None:
        for text in filter(None, map(speakable, clauses)):
            self.first_clause_s = self.first_clause_s or asyncio.get_running_loop().time() - self._started_at
            self._clauses.put_nowait(text)
            if self.on_clause is not None:
                self.on_clause(text)


class Answerer:
    """Answers for one call, one at a time.

    Args:
        host: the model.
        settings: limits.
        slot: the model's slot of this call, whose KV cache is re-used from turn to turn.
    """

    def __init__(self, host: EngineHost[LanguageModel], settings: LlamaSection, slot: int) -> None:
        self._host = host
        self._settings = settings
        self._slot = slot
        self._persona = [ChatMessage("system", settings.persona)]
        self._is_stopped = False

    async def begin(self) -> None:
        """A call begins: let the model read the persona before the first turn asks for it.

        Raises:
            EngineError: the model failed.
        """
        await self._host.run(lambda model: model.prefill(self._persona, self._slot), "prefill")

    def stop(self) -> None:
        """The call is over: let the generation that is under way end at its next token, and free the slot."""
        self._is_stopped = True
        model = self._host.engine
        if model is not None:
            model.release(self._slot)

    def splitter(self) -> ClauseSplitter:
        """Cuts text as the configuration says."""
        longest = self._settings.clause_max_chars
        return ClauseSplitter(
            max_chars=longest,
            comma_chars=min(80, longest),
            first_min_chars=self._settings.clause_first_chars,
            first_max_chars=max(self._settings.clause_first_chars, min(100, longest)),
        )

    def start(
        self,
        history: Sequence[ChatMessage],
        said: Sequence[str] = (),
        on_clause: Callable[[str], None] | None = None,
    ) -> Answer:
        """Begin to answer `history` (without the persona); on one slot the model answers one after another.

        Args:
            history: the conversation, up to the question.
            said: clauses of this answer that exist already; what follows them is generated.
            on_clause: told each clause at once.
        """
        answer, loop = Answer(self.splitter(), on_clause), asyncio.get_running_loop()
        begun = [ChatMessage("assistant", " ".join(said))] if said else []
        prompt = [*self._persona, *history, *begun]

        def on_text(piece: str) -> bool:
            loop.call_soon_threadsafe(answer.take, piece)
            return self._is_stopped or answer.is_stopped

        work = self._host.run(lambda model: self._generate(model, prompt, on_text), "answer")
        generation = asyncio.ensure_future(work)
        generation.add_done_callback(lambda ended: loop.call_soon(answer.finish, ended))
        return answer

    def _generate(self, model: LanguageModel, prompt: Sequence[ChatMessage], on_text: Callable[[str], bool]) -> None:
        """In a worker: keep the newest turns that fit into the context, and generate."""
        settings = self._settings
        limit_tokens = model.context_tokens - settings.max_tokens
        if sum(TEMPLATE_TOKENS + len(message.content) for message in prompt) > limit_tokens:
            prompt = fit_history(prompt, count_tokens=model.count_tokens, limit_tokens=limit_tokens)
        model.stream(
            prompt,
            slot=self._slot,
            max_tokens=settings.max_tokens,
            temperature=settings.temperature,
            stop=(),
            on_text=on_text,
        )
