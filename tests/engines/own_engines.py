"""Engines of somebody's own, as small as they can be, for the tests of "module:Class" in the configuration."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Heard:
    """A transcript."""

    text: str
    language: str = "en"


class LoudnessRecognizer:
    """Says how loud it was, and in which process."""

    def transcribe(self, samples: np.ndarray) -> Heard:
        return Heard(f"{np.abs(samples).max():.2f} {os.getpid()}")


class ParrotModel:
    """Answers with the question."""

    context_tokens = 1000

    def prefill(self, messages: Sequence[Any], slot: int) -> None: ...

    def release(self, slot: int) -> None: ...

    def count_tokens(self, messages: Sequence[Any]) -> int:
        return sum(len(message.content.split()) for message in messages)

    def stream(self, messages: Sequence[Any], *, on_text: Callable[[str], bool], **_: object) -> None:
        for word in messages[-1].content.split():
            if on_text(f"{word} "):
                return
