"""What the services need of engines; docs/adding-an-engine.md shows how to write one."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from steadyline.engines.llm import Message as ChatMessage


class Transcript(Protocol):
    """What a recogniser gives."""

    @property
    def text(self) -> str: ...

    @property
    def language(self) -> str: ...


class Recognizer(Protocol):
    """A speech recogniser; called from several threads at once."""

    def transcribe(self, samples: NDArray[np.float32]) -> Transcript:
        """Words in float32 mono samples of 16 kHz; "" when there are none."""


class LanguageModel(Protocol):
    """A language model; called from several threads at once, on different slots.

    Attributes:
        context_tokens: what a prompt and its answer must fit in.
    """

    context_tokens: int

    def prefill(self, messages: Sequence[ChatMessage], slot: int) -> None:
        """Read what the slot's prompts will begin with: when its call begins, and when an answer was heard."""

    def release(self, slot: int) -> None:
        """The slot's call is over; must not block."""

    def count_tokens(self, messages: Sequence[ChatMessage]) -> int:
        """Length of the prompt that `messages` make."""

    def stream(
        self,
        messages: Sequence[ChatMessage],
        *,
        slot: int,
        max_tokens: int,
        temperature: float,
        stop: Sequence[str],
        on_text: Callable[[str], bool],
    ) -> Any:
        """Answer; `on_text` gets each piece of text and ends the generation by returning True.

        When the last of `messages` is the assistant's, it is the beginning of this answer: only what follows it is given.

        Raises:
            EngineError: it failed.
        """


class Synthesizer(Protocol):
    """A voice; called from several threads at once.

    Attributes:
        rate_hz: sample rate of what it says.
    """

    rate_hz: int

    def synthesize(self, text: str) -> Iterator[NDArray[np.float32]]:
        """float32 mono chunks in [-1, 1]; none when there is nothing to say.

        Raises:
            EngineError: it failed.
        """
