"""A caller of the capacity benchmark asks, waits, listens to the end, rests, and asks again."""

import pytest

from steadyline.bench.capacity.mu_law import SILENCE
from steadyline.bench.capacity.talk import REPLY_OVER_S, REPLY_TIMEOUT_S, Talk

QUESTION = [bytes([number]) * 160 for number in range(5)]
FRAME_S = 0.02


class Line:
    """A talk whose time passes frame by frame."""

    def __init__(self) -> None:
        self.now = 100.0
        self.talk = Talk(QUESTION, lambda: 0.5, self.now)
        self.sent: list[bytes] = []

    def run(self, seconds: float, *, heard: bool = False) -> list[bytes]:
        """So long, with or without something to hear; what is sent."""
        sent = []
        for _ in range(round(seconds / FRAME_S)):
            self.now += FRAME_S
            if heard:
                self.talk.heard(self.now)
            sent.append(self.talk.next_frame(self.now))
        return [frame for frame in sent if frame != SILENCE]

    def ask(self) -> None:
        while not self.talk.is_waiting:
            self.run(FRAME_S)


def test_the_question_follows_the_greeting() -> None:
    line = Line()
    assert line.run(4.0, heard=True) == [], "the greeting is longer than usual"
    assert line.run(REPLY_OVER_S - 0.1) == []
    assert line.run(0.3) == QUESTION


def test_without_a_greeting_the_caller_asks_after_a_while() -> None:
    assert Line().run(3.2) == QUESTION


def test_the_wait_is_from_the_last_frame_of_the_question_to_the_first_sound_of_the_answer() -> None:
    line = Line()
    line.ask()
    asked_at = line.now
    line.run(0.7)
    line.talk.heard(asked_at + 0.7)
    line.talk.heard(asked_at + 0.72)
    assert line.talk.waits_s == pytest.approx([0.7])


def test_what_is_still_heard_while_the_caller_asks_is_no_answer() -> None:
    line = Line()
    while not line.run(FRAME_S):
        pass
    line.talk.heard(line.now)
    line.ask()
    assert line.talk.waits_s == []


def test_the_caller_rests_after_the_answer_and_asks_again() -> None:
    line = Line()
    line.ask()
    line.run(0.5)
    line.run(2.0, heard=True)
    assert line.run(REPLY_OVER_S - 0.1) == []
    assert line.run(1.0) == QUESTION


def test_a_question_without_an_answer_counts_and_is_asked_again() -> None:
    line = Line()
    line.ask()
    assert line.run(REPLY_TIMEOUT_S - 0.1) == []
    assert line.run(2.5) == QUESTION
    assert (line.talk.unanswered, line.talk.waits_s) == (1, [])
