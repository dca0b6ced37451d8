"""The outgoing half of a call in the gateway: what is taken, what is dropped, where it goes on after an interruption."""

import numpy as np

from steadyline.services.echo_reference import EchoReference
from steadyline.services.line_playback import LinePlayback
from steadyline.wire.audio_messages import LineAudio, PhraseAudio
from steadyline.wire.line_messages import Playback

RATE_HZ, FRAME = 8000, 160


class Line:
    """A line whose clock is turned by hand."""

    def __init__(self) -> None:
        self.line_rate_hz = RATE_HZ
        self.buffered_samples = self.played_samples = self.flushed_samples = 0
        self.ready, self.takes = True, 1_000_000

    def write(self, samples: np.ndarray) -> int:
        taken = min(len(samples), self.takes if self.ready else 0)
        self.buffered_samples += taken
        return taken

    def flush(self) -> None:
        self.flushed_samples += self.buffered_samples
        self.buffered_samples = 0

    def play(self, frames: int) -> None:
        count = min(self.buffered_samples, frames * FRAME)
        self.buffered_samples -= count
        self.played_samples += count


def opened() -> tuple[Line, LinePlayback]:
    line = Line()
    playback = LinePlayback(line, EchoReference())  # type: ignore[arg-type]
    assert playback.follow_rate()
    return line, playback


def audio(turn: int, clause: int, end_sample: int, *, last: bool = False, rendering: int = 7) -> LineAudio:
    return LineAudio(turn, clause, rendering, end_sample, last, np.ones(FRAME, np.int16))


def told(message: Playback | None) -> Playback:
    assert message is not None
    return message


def test_what_was_queued_and_not_played_counts_as_not_taken_when_the_caller_interrupts() -> None:
    line, playback = opened()
    for end in (160, 320, 480, 640):
        assert playback.play(audio(1, 0, end))
    line.play(2)
    held = told(playback.follow(True, 0))
    assert held.is_held and line.buffered_samples == 0
    freed = told(playback.follow(False, 0))
    assert not freed.is_held and freed.number > held.number
    assert freed.accepted == {"turn": 1, "clause": 0, "sample": 320, "rendering": 7, "ended": 0}


def test_the_place_to_go_on_may_lie_in_the_clause_before() -> None:
    line, playback = opened()
    playback.play(audio(1, 0, 160, rendering=7))
    playback.play(audio(1, 0, 320, last=True, rendering=7))
    playback.play(audio(1, 1, 160, rendering=8))
    line.play(1)
    playback.follow(True, 0)
    assert told(playback.follow(False, 0)).accepted == {
        "turn": 1,
        "clause": 0,
        "sample": 160,
        "rendering": 7,
        "ended": 0,
    }


def test_a_clause_that_was_played_to_its_end_is_told_as_ended() -> None:
    line, playback = opened()
    playback.play(audio(1, 0, 150, last=True))
    line.play(1)
    playback.follow(True, 0)
    assert told(playback.follow(False, 0)).accepted["ended"] == 1


def test_audio_that_left_before_the_echo_is_dropped_and_counts_as_received() -> None:
    _, playback = opened()
    playback.play(audio(1, 0, 160))
    playback.follow(True, 0)
    assert not playback.play(audio(1, 0, 320)), "held"
    freed = told(playback.follow(False, 0))
    assert not playback.play(audio(1, 0, 480)), "not echoed yet"
    assert not playback.play_phrase(PhraseAudio(1, 0, np.ones(FRAME, np.int16)))
    playback.echoed(freed)
    assert playback.play(audio(1, 0, 160))
    cursor = playback.cursor()
    assert cursor is not None and (cursor.received, cursor.accepted) == (5 * FRAME, (1, 0, 160))


def test_an_answer_that_is_over_is_not_taken_from_anybody() -> None:
    _, playback = opened()
    playback.echoed(told(playback.follow(False, 2)))
    assert not playback.play(audio(1, 0, 160))
    assert playback.play(audio(2, 0, 160))


def test_nothing_is_told_when_nothing_changes_and_a_new_outbound_is_told_what_was() -> None:
    _, playback = opened()
    assert playback.follow(False, 0) is None
    assert playback.outbound_connected() is None
    playback.follow(True, 3)
    assert playback.follow(True, 3) is None
    again = told(playback.outbound_connected())
    assert again.is_held and again.first_turn == 3
    assert not playback.play(audio(3, 0, 160))


def test_the_place_survives_a_change_of_the_lines_rate() -> None:
    line, playback = opened()
    playback.play(audio(1, 0, 160))
    line.play(1)
    line.line_rate_hz = 48_000
    assert playback.follow_rate()
    assert playback.accepted == {"turn": 1, "clause": 0, "sample": 960, "rendering": 7, "ended": 0}


def test_while_enough_is_queued_every_other_report_can_wait() -> None:
    line, playback = opened()
    for end in range(160, 1760, 160):
        playback.play(audio(1, 0, end))
    reports = []
    for _ in range(5):
        line.play(2)
        reports.append(playback.cursor(enough_ms=80))
    assert [None if report is None else report.buffered for report in reports] == [None, 960, None, 320, 0]


def test_a_call_on_hold_is_gone_on_with_where_it_was_left() -> None:
    line, playback = opened()
    for end in (160, 320, 480, 640):
        assert playback.play(audio(1, 0, end))
    line.play(2)
    line.flush()  # its streams are replaced
    line.ready = False
    again = told(playback.follow(False, 0))
    assert not again.is_held and again.accepted["sample"] == 320
    playback.echoed(again)
    assert not playback.play(audio(1, 0, 480))
    assert playback.is_refused and not playback.play(audio(1, 0, 640))
    held = told(playback.follow(False, 0))
    assert held.is_held and held.accepted["sample"] == 320
    playback.echoed(held)
    assert playback.follow(False, 0) is None, "as long as it is on hold"
    line.ready = True
    freed = told(playback.follow(False, 0))
    assert not freed.is_held and freed.accepted["sample"] == 320 and not playback.is_refused
    playback.echoed(freed)
    assert playback.play(audio(1, 0, 480))


def test_streams_that_are_replaced_at_the_same_rate_lose_no_sound() -> None:
    line, playback = opened()
    for end in (160, 320, 480):
        assert playback.play(audio(1, 0, end))
    line.play(1)
    line.flush()
    again = told(playback.follow(False, 0))
    assert not again.is_held and again.accepted["sample"] == 160
    assert playback.follow(False, 0) is None
    cursor = playback.cursor()
    assert cursor is not None and cursor.played == (1, 0, 160)


def test_a_piece_that_the_line_takes_in_part_goes_on_in_its_middle() -> None:
    line, playback = opened()
    line.takes = 100
    assert not playback.play(audio(1, 0, 160))
    assert told(playback.follow(False, 0)).accepted["sample"] == 100


def test_an_interruption_on_hold_is_held_until_both_are_over() -> None:
    line, playback = opened()
    playback.play(audio(1, 0, 160))
    line.ready = False
    assert not playback.play(audio(1, 0, 320))
    held = told(playback.follow(False, 0))
    assert held.is_held
    assert playback.follow(True, 0) is None, "it is held already"
    line.ready = True
    assert playback.follow(True, 0) is None
    assert not told(playback.follow(False, 0)).is_held
