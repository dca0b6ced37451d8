"""One call's sound on its way to the gateway, over a connection that is lost and comes back."""

import numpy as np

from steadyline.audio.cursor import Cursor
from steadyline.services.playout import Accepted, Playout
from steadyline.wire.audio_messages import ClauseAudio, LineAudio
from steadyline.wire.audio_messages import Cursor as AudioCursor
from steadyline.wire.messages import Message

RATE_HZ = 16_000
QUEUE_MS = 80


class Line:
    """The gateway's connection: open or not."""

    def __init__(self) -> None:
        self.is_open = True
        self.sent: list[LineAudio] = []

    def send(self, message: Message) -> bool:
        if self.is_open and isinstance(message, LineAudio):
            self.sent.append(message)
        return self.is_open


def clause(turn: int, number: int) -> ClauseAudio:
    """A clause of half a second, whole."""
    return ClauseAudio(turn, number, 1, 0, 0, RATE_HZ, True, np.full(RATE_HZ // 2, 0.5, np.float32))


def test_what_was_taken_for_a_line_that_was_gone_is_taken_again_when_the_clause_before_it_was_accepted_to_its_end() -> (
    None
):
    line = Line()
    playout = Playout(RATE_HZ, QUEUE_MS, line.send)
    playout.clause_audio("tts", clause(0, 0))
    while not line.sent[-1].last:
        taken = sum(len(audio.samples) for audio in line.sent)
        playout.cursor(AudioCursor(taken, 0, (0, 0, taken), (0, 0, taken)))
    playout.cursor(AudioCursor(RATE_HZ // 2, 0, (0, 0, RATE_HZ // 2), (0, 0, RATE_HZ // 2)))
    line.is_open = False
    playout.clause_audio("tts", clause(1, 0))
    line.is_open, line.sent = True, []
    playout.line_reopened(Accepted(Cursor(0, 0, RATE_HZ // 2), 1, is_ended=True))
    assert [(audio.turn, audio.clause, audio.end_sample) for audio in line.sent] == [(1, 0, RATE_HZ * QUEUE_MS // 1000)]
