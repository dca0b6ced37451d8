"""What the tests of the doctor's isolation run in other processes; apart from them, so that it is quick to import."""

import os
import signal

from steadyline.errors import ModelError


def doubled(number: int) -> int:
    return 2 * number


def failing(how: str) -> None:
    if how == "ours":
        raise ModelError("model x is missing; run: steadyline models fetch x")
    if how == "theirs":
        raise RuntimeError("odd")
    if how == "hang":
        signal.pause()
    os.kill(os.getpid(), getattr(signal, how))
