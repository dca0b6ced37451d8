"""Engines for drills: they hear and speak tones (`tone_speech`) and answer by rule, in virtual time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steadyline.drills.simulated_workers import engine_sleep
from steadyline.drills.tone_speech import speak, words_in
from steadyline.engines.llm import Message
from steadyline.errors import EngineError
from steadyline.services.engine_protocols import LanguageModel, Recognizer, Synthesizer
from steadyline.services.patience import Phrase
from steadyline.services.phrases import PHRASES_HZ, Phrases

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Heard:
    """What the recogniser made of an utterance."""

    text: str
    language: str = "en"


class ToneRecognizer:
    """Understands tones. Takes `takes_s` for an utterance."""

    def __init__(self, takes_s: float = 0.15) -> None:
        self._takes_s = takes_s

    def transcribe(self, samples: Float32) -> Heard:
        """The words in float32 mono samples of 16 kHz."""
        engine_sleep(self._takes_s)
        return Heard(" ".join(heard.word for heard in words_in(samples, 16_000)))


def two_sentences(question: str) -> str:
    """An answer that shows which question it belongs to, long enough to be two clauses."""
    return f"{question} one two three four five. {question} six seven eight nine ten."


class RuleModel:
    """Answers by a rule, word by word.

    Attributes:
        running: generations that are under way.
        released: slots that were given back.

    Args:
        answer: the answer to the caller's last words.
        first_s, word_s: until the first word, and from word to word.
    """

    context_tokens = 4096

    def __init__(
        self, answer: Callable[[str], str] = two_sentences, first_s: float = 0.1, word_s: float = 0.01
    ) -> None:
        self._answer = answer
        self._first_s = first_s
        self._word_s = word_s
        self.running = 0
        self.released: list[int] = []

    def prefill(self, messages: Sequence[Message], slot: int) -> None:
        """Take a moment."""
        engine_sleep(self._word_s)

    def release(self, slot: int) -> None:
        """Note it."""
        self.released.append(slot)

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
        """Answer the user's last message, or go on with the answer that follows it."""
        question = next(message.content for message in reversed(messages) if message.role == "user")
        said = messages[-1].content.split() if messages[-1].role == "assistant" else []
        self.running += 1
        try:
            engine_sleep(self._first_s)
            for word in self._answer(question).split()[len(said) :]:
                if on_text(word + " "):
                    return
                engine_sleep(self._word_s)
        finally:
            self.running -= 1


class ToneSynthesizer:
    """Speaks tones. Takes `takes_s` for a clause."""

    rate_hz = 22_050

    def __init__(self, takes_s: float = 0.05) -> None:
        self._takes_s = takes_s

    def synthesize(self, text: str) -> Iterator[Float32]:
        """The words of a clause as tones.

        Raises:
            EngineError: a word that is not in the vocabulary.
        """
        engine_sleep(self._takes_s)
        try:
            yield speak(text, self.rate_hz)
        except ValueError as error:
            raise EngineError(str(error)) from error


def drill_phrases() -> Phrases:
    """What outbound says by itself, as tones: "winter" for "one moment", "autumn" for the apology, "stop" for goodbye,
    whatever for; "silent" for "are you still there?".
    """
    words = {
        Phrase.WAIT: "winter",
        Phrase.APOLOGY: "autumn",
        Phrase.GOODBYE: "stop",
        Phrase.STILL_THERE: "silent",
        Phrase.FAREWELL: "stop",
    }
    return {phrase: speak(word, PHRASES_HZ) for phrase, word in words.items()}


@dataclass(frozen=True)
class SimulatedEngines:
    """What makes the engines of a simulated system; run anew whenever a service is started.

    Attributes:
        load_s: how long each takes to load.
    """

    recognizer: Callable[[], Recognizer] = ToneRecognizer
    model: Callable[[], LanguageModel] = RuleModel
    synthesizer: Callable[[], Synthesizer] = ToneSynthesizer
    load_s: float = 0.0
