"""Voices that fail as C libraries do, plugged in as `tts.engine`."""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

FIRST_TIME_FILE = "STEADYLINE_TEST_FIRST_TIME"
"""Environment variable: a file that is made by the first process that asks."""


class SilentVoice:
    """Says nothing."""

    rate_hz = 16_000

    def synthesize(self, text: str) -> Iterator[np.ndarray]:
        return iter(())


class HangingVoice(SilentVoice):
    """The first one holds Python's global lock for ever, so that the event loop of its service stands still."""

    def __init__(self) -> None:
        path = Path(os.environ[FIRST_TIME_FILE])
        if not path.exists():
            path.touch()
            time.sleep(1.0)  # its service has been heard by now
            ctypes.PyDLL(None).sleep(3600)


class CrashingVoice(SilentVoice):
    """Writes a last line that has no end, and takes its process with it."""

    def __init__(self) -> None:
        sys.stderr.write("❌ this voice is broken")
        sys.stderr.flush()
        os.kill(os.getpid(), signal.SIGKILL)
