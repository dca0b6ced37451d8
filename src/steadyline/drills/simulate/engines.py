"""The engines of simulated histories: they answer by rule, never speak a clause twice alike, and can be kept busy."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from steadyline.drills.simulate.history import World
from steadyline.drills.simulated_engines import Heard, RuleModel, SimulatedEngines, ToneRecognizer, ToneSynthesizer
from steadyline.drills.simulated_process import current_service
from steadyline.drills.simulated_workers import engine_sleep
from steadyline.drills.tone_speech import rendering, sound
from steadyline.engines.llm import Message
from steadyline.errors import EngineError

Float32 = NDArray[np.float32]

GREETING, APOLOGY = "Hello caller.", "Sorry later."
BROKEN = "broken"
"""The language model fails on a question with this word."""
ENDINGS = (
    ("one two", "red green"),
    ("three four five", "north south east"),
    ("six seven eight nine", "blue white black west"),
    ("ten eleven twelve", "spring summer slow"),
)
"""How the clauses of an answer end: a language model does not answer twice alike, so each has two forms, equally long."""
BACKCHANNEL = "nothing"
"""What callers say who only want the agent to go on."""
LAST_WORDS = ("yankee", "zulu", "zero")
"""What each call is asked when everything is healed; the answer is short."""
SPEECH_HZ = 16_000


def clauses_to(question: str, clauses: int) -> list[tuple[str, str]]:
    """The clauses of the answer to a question, in both forms: each says whose it is, and no other of a call is like it."""
    endings = ENDINGS[: 1 if question in LAST_WORDS else clauses]
    return [(f"{question} {one}.", f"{question} {other}.") for one, other in endings]


class HistoryEngines:
    """What all engines of one history share, however often their services are started.

    Attributes:
        busy_s: by service, how much longer everything takes at present.
        rendered: how often each text was rendered.

    Args:
        world: how long things take.
        seed: of the variations of answers and of speech.
    """

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.busy_s: defaultdict[str, float] = defaultdict(float)
        self.rendered: Counter[str] = Counter()
        self.vary = random.Random(f"speech {seed}")

    def answer(self, question: str) -> str:
        """An answer, in forms that nobody foresees."""
        return " ".join(self.vary.choice(forms) for forms in clauses_to(question, self.world.clauses))

    def make(self) -> SimulatedEngines:
        """The engines of a system."""
        return SimulatedEngines(
            recognizer=lambda: _Recognizer(self),
            model=lambda: _Model(self),
            synthesizer=lambda: _Synthesizer(self),
            load_s=self.world.load_s,
        )


class _Recognizer(ToneRecognizer):
    def __init__(self, engines: HistoryEngines) -> None:
        super().__init__(engines.world.transcribe_s)
        self._engines = engines

    def transcribe(self, samples: Float32) -> Heard:
        engine_sleep(self._engines.busy_s["whisper"])
        return super().transcribe(samples)


class _Model(RuleModel):
    def __init__(self, engines: HistoryEngines) -> None:
        world = engines.world
        super().__init__(engines.answer, world.first_word_s, world.word_s)
        self._engines = engines

    def stream(self, messages: Sequence[Message], **options: object) -> None:
        engine_sleep(self._engines.busy_s["llama"])
        question = next(message.content for message in reversed(messages) if message.role == "user")
        if BROKEN in question.split():
            raise EngineError("planned")
        super().stream(messages, **options)  # type: ignore[arg-type]


class _Synthesizer(ToneSynthesizer):
    rate_hz = SPEECH_HZ

    def __init__(self, engines: HistoryEngines) -> None:
        super().__init__(engines.world.speak_s)
        self._engines = engines

    def synthesize(self, text: str) -> Iterator[Float32]:
        engine_sleep(self._engines.busy_s[current_service()] + self._engines.world.speak_s)
        self._engines.rendered[text] += 1
        yield sound(rendering(text, self._engines.vary), self.rate_hz)
