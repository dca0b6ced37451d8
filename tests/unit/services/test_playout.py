"""One call's sound on its way to the gateway, over a connection that is lost and comes back."""

from dataclasses import replace

import numpy as np
import pytest

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


def half_played() -> tuple[Line, Playout]:
    """A second clause of an answer waits behind the first one, of which 3,200 samples were played."""
    line = Line()
    playout = Playout(RATE_HZ, QUEUE_MS, line.send)
    playout.clause_audio("tts", clause(1, 0))
    playout.clause_audio("tts", clause(1, 1))
    playout.cursor(AudioCursor(1280, 0, (1, 0, 1280), (1, 0, 1280)))
    playout.cursor(AudioCursor(2560, 0, (1, 0, 2560), (1, 0, 2560)))
    line.sent.clear()
    return line, playout


def test_nothing_is_sent_while_the_caller_interrupts_and_then_it_goes_on_where_it_was_heard() -> None:
    line, playout = half_played()
    playout.follow(is_held=True, first_turn=0)
    playout.cursor(AudioCursor(3840, 0, (1, 0, 2560), (1, 0, 2560)))
    assert line.sent == [] and not playout.is_stalled
    playout.go_on_after(Accepted(Cursor(1, 0, 2560), 1, is_ended=False))
    playout.follow(is_held=False, first_turn=0)
    assert [(audio.clause, audio.end_sample) for audio in line.sent] == [(0, 3840)]


def test_a_clause_that_went_on_after_an_interruption_is_not_repeated_when_its_voice_comes_back() -> None:
    """A voice that was replaced renders anew what it does not know to be here."""
    line, playout = half_played()
    playout.follow(is_held=True, first_turn=0)
    playout.cursor(AudioCursor(3840, 0, (1, 0, 2560), (1, 0, 2560)))
    playout.go_on_after(Accepted(Cursor(1, 0, 2560), 1, is_ended=False))
    playout.follow(is_held=False, first_turn=0)
    while not (line.sent[-1].clause == 1 and line.sent[-1].last):
        end = (line.sent[-1].turn, line.sent[-1].clause, line.sent[-1].end_sample)
        playout.cursor(AudioCursor(3840 + sum(len(audio.samples) for audio in line.sent), 0, end, end))
    line.sent.clear()
    for number in (0, 1):
        playout.clause_audio("tts", replace(clause(1, number), rendering=2))
    assert line.sent == []


def test_an_answer_that_is_over_is_not_sent_on_and_is_nobody_s_fault() -> None:
    line, playout = half_played()
    playout.follow(is_held=True, first_turn=0)
    playout.follow(is_held=False, first_turn=2)
    playout.cursor(AudioCursor(3840, 0, (1, 0, 2560), (1, 0, 2560)))
    playout.clause_audio("tts", clause(1, 2))
    assert line.sent == [] and not playout.is_stalled
    playout.clause_audio("tts", clause(2, 0))
    assert [audio.turn for audio in line.sent] == [2]


def test_what_was_sent_and_never_played_is_not_told_as_heard() -> None:
    """The end of a clause was on its way when the caller interrupted."""
    line, playout = half_played()
    for received in range(3840, 8000, 1280):
        playout.cursor(AudioCursor(received, 0, (1, 0, received), (1, 0, received)))
    assert any(audio.last for audio in line.sent)
    playout.follow(is_held=True, first_turn=0)
    playout.go_on_after(Accepted(Cursor(1, 0, 7680), 1, is_ended=False))
    playout.follow(is_held=False, first_turn=2)
    playout.take_reports()
    playout.clause_audio("tts", clause(2, 0))
    playout.cursor(AudioCursor(20_000, 100, (2, 0, 1280), (2, 0, 1180)))
    heard = {(report.played["turn"], report.played["sample"]) for report in playout.take_reports()}
    assert heard == {(1, 7680), (2, 1180)}


def test_how_long_a_clause_is_is_told_with_how_far_it_was_heard() -> None:
    _, playout = half_played()
    assert playout.heard.played == {"turn": 1, "clause": 0, "sample": 2560, "of": RATE_HZ // 2, "rate_hz": RATE_HZ}


def resumed(*, is_ended: bool) -> Playout:
    """A new outbound's, when half of clause (1, 0), or all of it, was accepted."""
    playout = Playout(RATE_HZ, QUEUE_MS, Line().send)
    playout.resume(Accepted(Cursor(1, 0, RATE_HZ // 4), 1, is_ended=is_ended))
    return playout


def test_a_new_outbound_waits_for_the_rest_of_an_answer() -> None:
    playout = resumed(is_ended=False)
    assert playout.is_stalled
    playout.answer_ended(1, 1)
    assert playout.is_stalled, "the rest of its last clause is missing"
    playout.clause_audio("tts", clause(1, 0))
    assert not playout.is_stalled and playout.heard_through is None


def test_a_new_outbound_waits_for_nothing_when_everything_was_accepted() -> None:
    playout = resumed(is_ended=True)
    assert playout.is_stalled, "there may be more clauses"
    playout.answer_ended(1, 1)
    assert not playout.is_stalled and playout.heard_through == (1, 0)


def test_nothing_was_heard_of_a_call_that_begins() -> None:
    playout = Playout(RATE_HZ, QUEUE_MS, Line().send)
    assert not playout.is_stalled and playout.heard_through == (-1, -1)


@pytest.mark.parametrize(("between_ms", "queued_ms"), [(20, QUEUE_MS), (40, QUEUE_MS + 60), (500, 2 * QUEUE_MS + 20)])
def test_more_is_queued_where_the_gateway_reports_less_often(between_ms: int, queued_ms: int) -> None:
    line = Line()
    playout = Playout(RATE_HZ, QUEUE_MS, line.send)
    for number in range(4):
        playout.clause_audio("tts", clause(1, number))
    buffered = received = 0
    for _ in range(5):
        sent = sum(len(audio.samples) for audio in line.sent)
        buffered = max(0, buffered + sent - received - RATE_HZ * between_ms // 1000)
        received = sent
        playout.cursor(AudioCursor(received, buffered, (1, 0, received), (1, 0, received - buffered)))
    queued = buffered + sum(len(audio.samples) for audio in line.sent) - received
    assert queued == RATE_HZ * queued_ms // 1000


def test_a_crowded_gateway_has_sound_for_a_late_tick_although_it_leaves_out_reports() -> None:
    """It ticks every 60 ms, and says nothing every other time while 100 ms are queued."""
    line = Line()
    playout = Playout(RATE_HZ, QUEUE_MS, line.send)
    for number in range(4):
        playout.clause_audio("tts", clause(1, number))
    played, reports, is_left_out, queues = 0, 0, False, []
    for _ in range(12):
        received = sum(len(audio.samples) for audio in line.sent)
        played = min(received, played + RATE_HZ * 60 // 1000)
        buffered = received - played
        queues.append(buffered * 1000 // RATE_HZ)
        is_left_out = not is_left_out and buffered >= RATE_HZ // 10
        if not is_left_out:
            reports += 1
            playout.cursor(AudioCursor(received, buffered, (1, 0, received), (1, 0, played)))
    assert queues[:3] == [20, 120, 60] and min(queues[1:]) >= 60
    assert reports <= 7
