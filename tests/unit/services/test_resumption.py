"""Outbound was lost in the middle of a clause, and two voices come back with renderings of it."""

import numpy as np

from steadyline.audio.cursor import Cursor
from steadyline.services.playout import Accepted, Playout
from steadyline.wire.audio_messages import ClauseAudio, LineAudio
from steadyline.wire.audio_messages import Cursor as AudioCursor
from steadyline.wire.messages import Message

RATE_HZ = 8_000
HEARD = 1_600
"""Samples of clause (1, 0) that were heard, in rendering 1."""


class Line:
    """The gateway's connection, which plays everything at once."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, int, int]] = []
        self.samples = 0
        self.playout = Playout(RATE_HZ, 80, self.send)
        self.playout.resume(Accepted(Cursor(1, 0, HEARD), 1, is_ended=False))
        self.playout.await_same()

    def send(self, message: Message) -> bool:
        if isinstance(message, LineAudio):
            self.sent.append((message.clause, message.rendering, message.end_sample))
            self.samples += len(message.samples)
        return True

    def play_all(self) -> None:
        """Take all that comes."""
        before = -1
        while before != self.samples:
            before = self.samples
            _, _, end = self.sent[-1] if self.sent else (0, 0, 0)
            at = (1, self.sent[-1][0] if self.sent else 0, end)
            self.playout.cursor(AudioCursor(self.samples, 0, at, at))

    def renderings(self) -> list[tuple[int, int]]:
        """Of which clause which rendering was played, in order."""
        return list(dict.fromkeys((clause, rendering) for clause, rendering, _ in self.sent))


def clause(number: int, rendering: int) -> ClauseAudio:
    """A clause of the answer to turn 1, half a second long, whole."""
    return ClauseAudio(1, number, rendering, 0, 0, RATE_HZ, True, np.full(RATE_HZ // 2, 0.5, np.float32))


def test_the_clause_is_gone_on_with_in_the_rendering_that_was_begun_though_another_comes_first() -> None:
    line = Line()
    line.playout.clause_audio("standby", clause(0, 2))
    line.playout.clause_audio("standby", clause(1, 3))
    line.play_all()
    assert line.sent == [] and line.playout.complete == {}
    line.playout.clause_audio("tts", clause(0, 1))
    line.play_all()
    assert line.renderings() == [(0, 1), (1, 3)]
    assert line.samples == RATE_HZ - HEARD
    assert line.playout.complete == {"turn": 1, "clause": 1}


def test_when_nobody_has_that_rendering_any_more_the_clause_is_said_from_its_beginning() -> None:
    line = Line()
    line.playout.clause_audio("standby", clause(0, 2))
    line.playout.clause_audio("standby", clause(1, 3))
    line.playout.await_same_no_longer()
    line.play_all()
    assert line.renderings() == [(0, 2), (1, 3)]
    assert line.samples == RATE_HZ


def test_a_rendering_that_comes_too_late_changes_nothing() -> None:
    line = Line()
    line.playout.await_same_no_longer()
    line.playout.clause_audio("standby", clause(0, 2))
    line.playout.clause_audio("tts", clause(0, 1))
    line.play_all()
    assert line.renderings() == [(0, 2)] and line.samples == RATE_HZ // 2


def test_of_an_answer_that_is_over_nothing_is_held_back_nor_said() -> None:
    line = Line()
    line.playout.clause_audio("standby", clause(0, 2))
    line.playout.cancel(1)
    line.playout.await_same_no_longer()
    line.playout.clause_audio("tts", clause(0, 1))
    line.play_all()
    assert line.sent == []


def test_an_answer_that_is_over_does_not_begin_the_next_one_again() -> None:
    """A voice that did not know comes late with the clause in the middle of which outbound was lost."""
    line = Line()
    line.playout.await_same_no_longer()
    line.playout.cancel(1)
    line.playout.clause_audio("standby", ClauseAudio(2, 0, 5, 0, 0, RATE_HZ, True, np.full(4_000, 0.5, np.float32)))
    line.playout.cursor(AudioCursor(line.samples, 0, (2, 0, line.samples), (2, 0, line.samples)))
    played = line.samples
    line.playout.clause_audio("tts", clause(0, 2))
    line.playout.cursor(AudioCursor(line.samples, 0, (2, 0, line.samples), (2, 0, line.samples)))
    assert [end for _, _, end in line.sent] == sorted(end for _, _, end in line.sent) and line.samples > played
