"""One answer: the language model's text, as it comes, cut into clauses that can be spoken."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

from steadyline.config import LlamaSection
from steadyline.engines.llm import Message as ChatMessage
from steadyline.engines.llm import fit_history
from steadyline.services.engine_host import EngineHost
from steadyline.services.engine_protocols import LanguageModel
from steadyline.text.clauses import ClauseSplitter
from steadyline.text.speakable import speakable

TEMPLATE_TOKENS = 16
"""More than a chat template adds to a message. A token has at least a character, so shorter prompts are not counted."""


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

    async def answer(self, history: Sequence[ChatMessage], said: Sequence[str] = ()) -> AsyncIterator[str]:
        """The clauses of the answer to `history` (without the persona), as soon as each is complete.

        Args:
            history: the conversation, up to the question.
            said: clauses of this answer that exist already; what follows them is generated.

        Raises:
            EngineError: the model failed; what was yielded before stands.
        """
        pieces: asyncio.Queue[str | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def on_text(piece: str) -> bool:
            loop.call_soon_threadsafe(pieces.put_nowait, piece)
            return self._is_stopped

        begun = [ChatMessage("assistant", " ".join(said))] if said else []
        prompt = [*self._persona, *history, *begun]
        generation = asyncio.ensure_future(
            self._host.run(lambda model: self._generate(model, prompt, on_text), "answer")
        )
        generation.add_done_callback(lambda ended: _tell_end(ended, pieces))
        splitter = self.splitter()
        try:
            while (piece := await pieces.get()) is not None:
                for clause in splitter.feed(piece):
                    if text := speakable(clause):
                        yield text
            await generation
        finally:
            self._is_stopped = self._is_stopped or not generation.done()
        for clause in splitter.flush():
            if text := speakable(clause):
                yield text

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


def _tell_end(generation: "asyncio.Future[None]", pieces: "asyncio.Queue[str | None]") -> None:
    """No piece comes any more. A failure is for who still waits; when nobody does, nobody misses it."""
    if not generation.cancelled():
        generation.exception()
    asyncio.get_running_loop().call_soon(pieces.put_nowait, None)
