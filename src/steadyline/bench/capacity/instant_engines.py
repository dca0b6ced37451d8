"""Engines that answer at once, named in the configuration as any from outside: what is left is the price of the calls."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steadyline.engines.llm import Message

Float32 = NDArray[np.float32]

INSTANT_SETTINGS = (
    "whisper.engine=steadyline.bench.capacity.instant_engines:InstantRecognizer",
    "llama.engine=steadyline.bench.capacity.instant_engines:InstantModel",
    "tts.engine=steadyline.bench.capacity.instant_engines:InstantVoice",
    "standby.engine=",
)
WORDS_PER_S = 3.0
TONE_HZ = 440.0
AMPLITUDE = 0.2


@dataclass(frozen=True)
class Transcript:
    """What is always understood."""

    text: str = "What is a telephone?"
    language: str = "en"


class InstantRecognizer:
    """Understands the same, whatever is said; fulfils `steadyline.services.engine_protocols.Recognizer`."""

    def transcribe(self, samples: Float32) -> Transcript:
        """Always the same words."""
        return Transcript()


class InstantModel:
    """Answers the same, whatever is asked; fulfils `steadyline.services.engine_protocols.LanguageModel`."""

    context_tokens = 4096

    def prefill(self, messages: Sequence[Message], slot: int) -> None:
        """Nothing is to be read."""

    def release(self, slot: int) -> None:
        """Nothing is held."""

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """A token a word."""
        return sum(len(message.content.split()) for message in messages)

    def stream(
        self,
        messages: Sequence[Message],
        *,
        slot: int,
        max_tokens: int,
        temperature: float,
        stop: Sequence[str],
        on_text: Callable[[str], bool],
    ) -> None:
        """Two clauses."""
        on_text("A telephone carries voices over a wire. It rings when somebody calls.")


class InstantVoice:
    """Hums as long as a text would take; fulfils `steadyline.services.engine_protocols.Synthesizer`."""

    rate_hz = 22_050

    def __init__(self) -> None:
        longest = np.arange(30 * self.rate_hz, dtype=np.float32)
        self._tone = (AMPLITUDE * np.sin(2 * np.pi * TONE_HZ / self.rate_hz * longest)).astype(np.float32)

    def synthesize(self, text: str) -> Iterator[Float32]:
        """A tone."""
        yield self._tone[: round(len(text.split()) / WORDS_PER_S * self.rate_hz)]
