"""The utterance that is going on in whisper: its sound, and the words of its earlier parts, heard while the caller still speaks.

The time that the encoder takes grows with the length of what it hears (docs/benchmarks.md, "Whisper's window"). Of a long
utterance only the rest is left to be transcribed when the caller pauses.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steadyline.audio.endpointing import SAMPLE_RATE_HZ
from steadyline.audio.quiet_spot import quietest_spot

LOOKED_AT = 0.5
"""A part ends within the later half of what it is taken from: not too short to be understood, and the rest is short."""


@dataclass(frozen=True)
class Heard:
    """What the recogniser made of some speech.

    Attributes:
        language: code of it, e.g. "en".
        took_ms: how long somebody waited for it.
    """

    text: str = ""
    language: str = ""
    took_ms: float = 0.0

    def then(self, rest: "Heard") -> "Heard":
        """These words, which were heard beforehand, and the rest's."""
        text = " ".join(filter(None, (self.text.strip(), rest.text.strip())))
        return Heard(text, self.language or rest.language, rest.took_ms)


@dataclass(frozen=True)
class Speech:
    """An utterance through a pause, or to its end.

    Attributes:
        samples: float32, 16 kHz, all of it.
        before: the words of its first `covered` samples.
    """

    samples: NDArray[np.float32]
    before: Heard = Heard()
    covered: int = 0

    @property
    def rest(self) -> NDArray[np.float32]:
        """What is still to be transcribed."""
        return self.samples[self.covered :]


Transcribing = asyncio.Task[Heard | None]
"""None: the recogniser failed."""


class LongSpeech:
    """One call's utterance that is going on.

    Args:
        part_after_s: so much speech without words is divided, and its first part transcribed at once.
        is_machine_idle: whether some core has nothing else to do.
        transcribe: begins to transcribe float32 speech of 16 kHz, when nobody waits for anything else.
    """

    def __init__(
        self,
        part_after_s: float,
        is_machine_idle: Callable[[], bool],
        transcribe: Callable[[NDArray[np.float32]], Transcribing],
    ) -> None:
        self._part_after = int(part_after_s * SAMPLE_RATE_HZ)
        self._is_machine_idle = is_machine_idle
        self._transcribe = transcribe
        self._pieces: list[NDArray[np.float32]] = []
        self._size = 0
        self._parts: list[tuple[int, Transcribing]] = []

    def begin(self) -> None:
        """Another utterance; nothing of the former one is wanted."""
        for _, words in self._parts:
            words.cancel()
        self._pieces, self._size, self._parts = [], 0, []

    def add(self, samples: NDArray[np.float32]) -> None:
        """The caller goes on: float32, 16 kHz."""
        self._pieces.append(samples)
        self._size += samples.size
        divided = self._parts[-1][0] if self._parts else 0
        if self._size - divided >= self._part_after and self._is_machine_idle():
            everything = self._everything()
            first = divided + int(self._part_after * LOOKED_AT)
            cut = quietest_spot(everything, first, divided + self._part_after)
            self._parts.append((cut, self._transcribe(everything[divided:cut])))

    def through_here(self) -> Speech:
        """What was said so far. Parts whose words are not there yet are left to be transcribed with the rest."""
        before, covered = Heard(), 0
        for end, words in self._parts:
            heard = words.result() if words.done() and not words.cancelled() else None
            if heard is None:
                break
            before, covered = before.then(heard), end
        return Speech(self._everything(), before, covered)

    def _everything(self) -> NDArray[np.float32]:
        everything = np.concatenate(self._pieces) if self._pieces else np.zeros(0, np.float32)
        self._pieces = [everything]
        return everything
