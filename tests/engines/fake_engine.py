"""An engine for the tests of engines in child processes; `CrashingEngine` does what C libraries do now and then."""

import os
import time
from collections.abc import Callable

from steadyline.errors import EngineError, ModelError


class OddError(ValueError):
    """Cannot be unpickled: it is made with more than it keeps."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")


class OddValue:
    """Cannot be unpickled either."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __reduce__(self) -> tuple[object, ...]:
        return OddValue, ()


class FakeEngine:
    """Echoes, counts, fails, hangs and dies on request."""

    rate_hz = 22_050
    context_tokens = 512

    def __init__(self, greeting: str) -> None:
        if greeting == "asleep":
            time.sleep(3600)
        if greeting == "missing":
            raise ModelError("model 'missing' is not here; run: steadyline models fetch missing")
        self._greeting = greeting

    def transcribe(self, samples: object) -> object:
        return samples

    def count_tokens(self, messages: list[object]) -> int:
        return len(messages)

    def stream(self, on_text: Callable[[str], bool], **_: object) -> int:
        pieces = 0
        while pieces < 1000:
            pieces += 1
            if on_text(f"{self._greeting} {pieces}"):
                break
            time.sleep(0.005)
        return pieces

    def fail(self) -> None:
        raise EngineError("out of luck")

    def fail_oddly(self) -> None:
        raise OddError("voice", "out of breath")

    def answer_oddly(self) -> object:
        return OddValue("voice")

    def crash(self) -> None:
        os.abort()

    def hang(self) -> None:
        time.sleep(3600)
