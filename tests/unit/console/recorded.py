"""A call that a gateway has recorded, for the console's tests and pictures."""

import itertools
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from tests.unit.console.scene import Scene

from steadyline.recorder.channels import CLOCK_HZ
from steadyline.recorder.recorder import CallRecording, Recorder, What
from steadyline.recorder.writing import Writing

UUID = "3c5a4a52-8f5f-4a36-9f0e-2d4f2c1f0b66"
LINE_HZ = 8_000
PIECE = LINE_HZ // 50


@contextmanager
def recorder(scene: Scene, **what: bool) -> Iterator[CallRecording]:
    """A gateway that records the call, live until the end of the block."""
    writing = Writing(logging.getLogger("steadyline"), has_thread=False)
    # The clock is looked at once a record, of which each channel has five a second.
    ticks = itertools.count(1)
    made = Recorder("gateway", 1, scene.recordings, lambda: 1000.0 + next(ticks) / 5, writing, What(**what))
    recording = made.call(UUID, 66)
    assert recording is not None
    recording.answered("PCMU", LINE_HZ)
    writing.drain()
    yield recording
    made.ended(UUID, 66, "caller hung up")
    made.close()


def talk(recording: CallRecording, seconds: float) -> None:
    """The caller has a tone all the time, and the agent one of half the strength in every other second."""
    at = np.arange(round(seconds * LINE_HZ)) / LINE_HZ
    tone = np.round(16_000 * np.sin(2 * np.pi * 440 * at)).astype(np.int16)
    for start in range(0, len(tone), PIECE):
        piece, sample = tone[start : start + PIECE], start * CLOCK_HZ // LINE_HZ
        recording.heard(sample, LINE_HZ, piece)
        if sample // CLOCK_HZ % 2:
            recording.played(sample, LINE_HZ, (piece // 2).astype(np.int16))
