"""The caller inside the peer's process: both directions on one clock, with the patience of `steadyline call`."""

import numpy as np
import pytest
from benchmarks.peer.line import FRAME_S, FRAME_SAMPLES, SAID_RATE_HZ, Line
from numpy.typing import NDArray

from steadyline.phone.script import ScriptTiming

HEARD_RATE_HZ = 24_000
TIMING = ScriptTiming(greeting_timeout_s=1.0, reply_timeout_s=2.0, reply_silence_s=0.5)


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def tone(seconds: float, rate_hz: int) -> NDArray[np.int16]:
    times = np.arange(round(seconds * rate_hz))
    return (8000 * np.sin(2 * np.pi * 300 * times / rate_hz)).astype(np.int16)


def hold(line: Line, clock: Clock, replies: dict[float, float]) -> None:
    """Feed frame after frame until the caller hangs up; `replies`: seconds of sound by when they are written."""
    line.begin()
    pending = dict(replies)
    while True:
        clock.now_s = line.began_s + line.due_s
        for at_s in [at_s for at_s in pending if at_s <= line.due_s]:
            line.hear(tone(pending.pop(at_s), HEARD_RATE_HZ))
        if line.next_frame() is None:
            return


def audible_s(side: NDArray[np.int16]) -> list[float]:
    """First and last audible sample."""
    loud = np.flatnonzero(np.abs(side) > 500)
    return [float(loud[0]) / SAID_RATE_HZ, float(loud[-1]) / SAID_RATE_HZ]


def test_a_question_waits_for_the_greeting_and_the_next_for_the_reply() -> None:
    clock = Clock()
    questions = [tone(0.5, SAID_RATE_HZ), tone(0.41, SAID_RATE_HZ)]
    line = Line(questions, TIMING, HEARD_RATE_HZ, clock)
    hold(line, clock, {0.2: 0.4, 2.0: 0.6})
    # Greeting until 0.6, half a second of quiet; question, 1.1 to 1.6; reply until 2.6, quiet; question, and nobody replies.
    assert [mark.said_from_s for mark in line.script.marks] == pytest.approx([1.1, 3.1], abs=0.05)
    assert [mark.answered for mark in line.script.marks] == [True, False]
    assert line.over.is_set()


def test_both_directions_stand_where_they_passed() -> None:
    clock = Clock()
    line = Line([tone(0.5, SAID_RATE_HZ)], TIMING, HEARD_RATE_HZ, clock)
    hold(line, clock, {0.2: 0.4})
    channels = line.channels()
    said_from_s = line.script.marks[0].said_from_s
    assert audible_s(channels[:, 0]) == pytest.approx([said_from_s, said_from_s + 0.5], abs=0.003)
    assert audible_s(channels[:, 1]) == pytest.approx([0.2, 0.6], abs=0.003)


def test_what_is_written_ahead_is_played_without_a_gap_and_what_is_late_leaves_one() -> None:
    clock = Clock()
    line = Line([], TIMING, HEARD_RATE_HZ, clock)
    line.begin()
    assert line.hear(tone(0.1, HEARD_RATE_HZ)) == pytest.approx(0.1)
    clock.now_s += 0.06
    assert line.hear(tone(0.1, HEARD_RATE_HZ)) == pytest.approx(0.2)
    clock.now_s += 0.34
    assert line.hear(tone(0.1, HEARD_RATE_HZ)) == pytest.approx(0.5)
    heard = np.abs(line.channels()[:, 1].astype(float))
    assert heard[round(0.22 * SAID_RATE_HZ) : round(0.38 * SAID_RATE_HZ)].max() < 50
    assert audible_s(line.channels()[:, 1]) == pytest.approx([0.0, 0.5], abs=0.003)


def test_a_frame_that_is_fed_late_counts_from_when_it_was_due() -> None:
    clock = Clock()
    line = Line([tone(0.5, SAID_RATE_HZ)], ScriptTiming(greeting_timeout_s=0.0), HEARD_RATE_HZ, clock)
    line.begin()
    clock.now_s += 0.5
    frames = [line.next_frame() for _ in range(10)]
    assert all(frame is not None and frame.size == FRAME_SAMPLES for frame in frames)
    assert line.due_s == pytest.approx(10 * FRAME_S)
    assert audible_s(line.channels()[:, 0])[0] == pytest.approx(0.0, abs=0.003)
