"""Engines for drills with real processes, named in the configuration as any engine from outside ("module:Class").

They hear and speak tone pairs (`tone_speech`), answer by a rule, take a known time for everything, and note in the drill's
logbook when they begin and end.
"""

import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steadyline.drills.logbook import Logbook
from steadyline.drills.tone_speech import VOCABULARY, rendering, sound, words_in, words_of
from steadyline.engines.llm import Message
from steadyline.errors import EngineError

Float32 = NDArray[np.float32]

ENGINE_SETTINGS = (
    "whisper.engine=steadyline.drills.tone_engines:DrillRecognizer",
    "llama.engine=steadyline.drills.tone_engines:DrillModel",
    "tts.engine=steadyline.drills.tone_engines:DrillVoice",
    "standby.engine=steadyline.drills.tone_engines:DrillStandbyVoice",
    "llama.greeting=Hello caller.",
    "llama.apology=Sorry later.",
    "llama.farewell=Later.",
    "inbound.vad=energy",
    # Words of the drills say nothing about the end of a turn, and kills are timed by the silence.
    "inbound.turn_end=silence",
    "outbound.silence_prompt_after_s=0",
)
"""`section.key=value` for a system of drill engines. Silero does not take tones for speech (seen: 0 % of frames), and a
drill's callers may say nothing for long."""
WITHOUT_STANDBY = "standby.engine="

PACE_VARIABLE = "STEADYLINE_DRILL_PACE"
"""Environment variable: factor of all the times below; 0: as fast as they go."""
TRANSCRIPTION_S = 0.3
FIRST_WORD_S = 0.1
FIRST_CLAUSE_WORD_S = 0.06
LATER_WORD_S = 0.17
"""Slower than it is spoken, almost: while the middle of an answer is being played, its end is still being made."""
RENDERING_S = 0.2
ANSWER_STEP = 5
"""An answer to one word goes through the vocabulary in steps of so many words."""


@dataclass(frozen=True)
class Transcript:
    """What the recogniser understood."""

    text: str
    language: str = "en"


def drill_answer(question: str) -> str:
    """The drill's answer to a question, which shows whose it is: five words to one word, else three clauses of five."""
    words = words_of(question) or ["nothing"]
    if len(words) == 1:
        place = VOCABULARY.index(words[0])
        return " ".join(VOCABULARY[(place + ANSWER_STEP * count) % len(VOCABULARY)] for count in range(5)) + "."
    return f"{words[0]} one two three four. {words[-1]} five six seven eight. {words[0]} nine ten eleven {words[-1]}."


class DrillRecognizer:
    """Understands tone pairs; fulfils `steadyline.services.engine_protocols.Recognizer`."""

    def __init__(self) -> None:
        self._logbook = Logbook()

    def transcribe(self, samples: Float32) -> Transcript:
        """The words in float32 mono samples of 16 kHz."""
        self._logbook.note("transcription begun")
        _take(TRANSCRIPTION_S)
        words: list[str] = []
        for heard in words_in(samples, 16_000):
            if not words or words[-1] != heard.word:
                words.append(heard.word)
        self._logbook.note("transcription ended", text=" ".join(words))
        return Transcript(" ".join(words))


class DrillModel:
    """Answers by `drill_answer`, word by word; fulfils `steadyline.services.engine_protocols.LanguageModel`."""

    context_tokens = 4096

    def __init__(self) -> None:
        self._logbook = Logbook()

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
        """Answer the caller's last words, or go on with the beginning of an answer that the prompt ends with."""
        question = next(message.content for message in reversed(messages) if message.role == "user")
        begun = len(messages[-1].content.split()) if messages[-1].role == "assistant" else 0
        self._logbook.note("generation begun", question=question, begun=begun, slot=slot)
        _take(FIRST_WORD_S)
        is_first_clause = True
        for word in drill_answer(question).split()[begun:]:
            if on_text(word + " "):
                break
            _take(FIRST_CLAUSE_WORD_S if is_first_clause else LATER_WORD_S)
            is_first_clause = is_first_clause and not word.endswith(".")
        self._logbook.note("generation ended")


class DrillVoice:
    """Speaks tone pairs; fulfils `steadyline.services.engine_protocols.Synthesizer`. No two renderings are alike."""

    rate_hz = 22_050

    def __init__(self) -> None:
        self._logbook = Logbook()
        self._random = random.Random()

    def synthesize(self, text: str) -> Iterator[Float32]:
        """The words of a clause as tones.

        Raises:
            EngineError: a word that is not in the vocabulary.
        """
        self._logbook.note("rendering begun", text=text)
        _take(RENDERING_S)
        try:
            words = rendering(text, self._random)
        except ValueError as error:
            raise EngineError(str(error)) from error
        self._logbook.note("rendering ended", text=text, lengths_s=[word.length_s for word in words])
        yield sound(words, self.rate_hz)


class DrillStandbyVoice(DrillVoice):
    """Another voice: what the two make of a text has neither the same lengths nor the same rate."""

    rate_hz = 16_000


def _take(seconds: float) -> None:
    time.sleep(seconds * float(os.environ.get(PACE_VARIABLE, "1")))
