"""The answer to what the caller has said so far, begun in case nothing follows."""

from collections.abc import Callable, Sequence

from steadyline.engines.llm import Message
from steadyline.services.answer import Answer
from steadyline.services.answering import Answerer


class Draft:
    """One call's: at most one at a time.

    Args:
        answerer: the model's.
        on_clause: told each clause of a draft at once.
    """

    def __init__(self, answerer: Answerer, on_clause: Callable[[str], None]) -> None:
        self._answerer = answerer
        self._on_clause = on_clause
        self._prompt: Sequence[Message] = ()
        self._answer: Answer | None = None

    def begin(self, prompt: Sequence[Message]) -> None:
        """Begin to answer a conversation that ends with what the caller has said so far."""
        self._prompt, self._answer = prompt, self._answerer.prepare(prompt, self._on_clause)

    def take(self, prompt: Sequence[Message] = ()) -> Answer | None:
        """The draft of the answer to this conversation.

        One to another is of no use, and stopped: the caller went on, or more of the former answer had been heard than was
        known when it was begun.
        """
        answer, self._answer = self._answer, None
        if answer is None:
            return None
        if self._prompt == prompt:
            self._answerer.want(answer)
            return answer
        answer.stop()
        return None
