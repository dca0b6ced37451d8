"""The answer to what the caller has said so far, begun in case nothing follows."""

from collections.abc import Callable, Sequence

from steadyline.engines.llm import Message
from steadyline.services.answering import Answer, Answerer


class Draft:
    """One call's: at most one at a time.

    Args:
        answerer: the model's.
        on_clause: told each clause of a draft at once.
    """

    def __init__(self, answerer: Answerer, on_clause: Callable[[str], None]) -> None:
        self._answerer = answerer
        self._on_clause = on_clause
        self._text = ""
        self._answer: Answer | None = None

    def begin(self, text: str, prompt: Sequence[Message]) -> None:
        """Begin to answer `text`, with which the prompt ends."""
        self._text, self._answer = text, self._answerer.prepare(prompt, self._on_clause)

    def take(self, text: str) -> Answer | None:
        """The draft of the answer to `text`; one to another text is of no use, and stopped."""
        answer, self._answer = self._answer, None
        if answer is None:
            return None
        if self._text == text:
            self._answerer.want(answer)
            return answer
        answer.stop()
        return None
