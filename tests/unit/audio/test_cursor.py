"""The ledger: what the caller has heard, by the number of samples that left."""

from steadyline.audio.cursor import Cursor, PlayedLedger


def test_the_position_follows_the_samples_that_left() -> None:
    ledger = PlayedLedger()
    assert ledger.played(0) is None
    ledger.accepted(Cursor(1, 0, 160), 160)
    ledger.accepted(Cursor(1, 0, 320), 160)
    ledger.accepted(Cursor(1, 1, 160), 160)
    assert ledger.played(0) is None
    assert ledger.played(40) == Cursor(1, 0, 40)
    assert ledger.played(200) == Cursor(1, 0, 200)
    assert ledger.played(320) == Cursor(1, 0, 320)
    assert ledger.played(321) == Cursor(1, 1, 1)
    assert ledger.played(480) == ledger.accepted_cursor == Cursor(1, 1, 160)


def test_more_than_was_accepted_is_never_claimed() -> None:
    ledger = PlayedLedger()
    ledger.accepted(Cursor(1, 0, 160), 160)
    assert ledger.played(99_999) == Cursor(1, 0, 160)
    ledger.accepted(Cursor(1, 0, 320), 160)
    assert ledger.played(161) == Cursor(1, 0, 161)


def test_padding_never_puts_the_position_ahead() -> None:
    ledger = PlayedLedger()
    ledger.accepted(Cursor(1, 0, 160), 160)
    ledger.accepted(Cursor(1, 0, 167), 160)
    assert ledger.played(162) == Cursor(1, 0, 160)
    assert ledger.played(319) == Cursor(1, 0, 166)
    assert ledger.played(320) == Cursor(1, 0, 167)


def test_what_is_no_part_of_an_answer_moves_time_and_not_the_position() -> None:
    ledger = PlayedLedger()
    ledger.accepted_aside(160)
    assert ledger.played(160) is None
    ledger.accepted(Cursor(1, 0, 160), 160)
    ledger.accepted_aside(160)
    assert ledger.played(240) == Cursor(1, 0, 80)
    assert ledger.played(400) == Cursor(1, 0, 160)


def test_after_a_flush_the_position_stands_where_the_caller_stopped_hearing() -> None:
    ledger = PlayedLedger()
    for end in range(160, 961, 160):
        ledger.accepted(Cursor(1, 0, end), 160)
    assert ledger.flushed(200) == Cursor(1, 0, 200)
    assert ledger.accepted_cursor == Cursor(1, 0, 200) and ledger.accepted_total == 200
    ledger.accepted(Cursor(1, 0, 360), 160)
    assert ledger.played(360) == Cursor(1, 0, 360)


def test_a_clause_without_sound_counts_as_heard_once_what_was_before_it_was() -> None:
    ledger = PlayedLedger()
    ledger.accepted(Cursor(1, 0, 160), 160)
    ledger.accepted(Cursor(1, 1, 0), 0)
    assert ledger.played(159) == Cursor(1, 0, 159)
    assert ledger.played(160) == Cursor(1, 1, 0)


def test_positions_are_ordered_by_turn_then_clause_then_sample() -> None:
    assert Cursor(1, 9, 9) < Cursor(2, 0, 0) < Cursor(2, 0, 1) < Cursor(2, 1, 0)
