"""The playout queue: order, identity, joins, bounds."""

import numpy as np
import pytest

from steadyline.audio.pcm import Int16
from steadyline.audio.playout import Cursor, Piece, PlayoutQueue

FRAME = 160


def tone(n: int, level: int = 10_000) -> Int16:
    return np.full(n, level, np.int16)


def queue(whole_clauses: bool = True, max_s: float = 30.0, keep_s: float = 2.0) -> PlayoutQueue:
    return PlayoutQueue(8000, FRAME, max_s=max_s, whole_clauses=whole_clauses, keep_s=keep_s)


def fill(q: PlayoutQueue, turn: int, clause: int, n: int, level: int = 10_000) -> None:
    assert q.append(turn, clause, tone(n, level))
    assert q.complete(turn, clause)


def order(pieces: list[Piece]) -> list[tuple[int, int, int, bool]]:
    return [(p.turn, p.clause, p.end_sample, p.last) for p in pieces]


def test_a_clause_is_not_heard_before_all_of_it_is_there() -> None:
    q = queue()
    q.append(1, 0, tone(800))
    assert q.take(1600) == [] and q.playable_samples == 0 and q.queued_samples == 800
    q.complete(1, 0)
    assert order(q.take(1600)) == [(1, 0, 800, True)]


def test_an_incomplete_clause_starts_at_once_where_that_is_wanted_and_its_tail_follows() -> None:
    q = queue(whole_clauses=False)
    q.append(1, 0, tone(500))
    assert order(q.take(1600)) == [(1, 0, 480, False)]
    q.complete(1, 0)
    (tail,) = q.take(1600)
    assert (tail.end_sample, tail.last, len(tail.samples)) == (500, True, FRAME)


def test_the_tail_below_a_frame_is_filled_with_silence_and_nothing_is_left_for_the_next_answer() -> None:
    q = queue()
    fill(q, 1, 0, FRAME + 7)
    pieces = q.take(10 * FRAME)
    assert order(pieces) == [(1, 0, FRAME + 7, True)]
    assert len(pieces[0].samples) == 2 * FRAME and not pieces[0].samples[FRAME + 7 :].any()
    fill(q, 2, 0, FRAME)
    assert order(q.take(10 * FRAME)) == [(2, 0, FRAME, True)]


def test_take_hands_out_no_more_than_asked_for_and_goes_on_where_it_stopped() -> None:
    q = queue()
    fill(q, 1, 0, 3 * FRAME)
    fill(q, 1, 1, FRAME)
    assert order(q.take(2 * FRAME + 5)) == [(1, 0, 2 * FRAME, False)]
    assert order(q.take(2 * FRAME)) == [(1, 0, 3 * FRAME, True), (1, 1, FRAME, True)]
    assert q.take(FRAME) == []


def test_chunks_of_a_clause_join_without_a_seam_and_only_its_ends_fade() -> None:
    q = queue()
    for _ in range(10):
        q.append(1, 0, tone(83))
    q.complete(1, 0)
    sound = np.concatenate([p.samples for _ in range(6) for p in q.take(FRAME)])[:830].astype(int)
    assert np.abs(np.diff(sound)).max() <= 10_000 / 20 + 1
    assert sound[0] <= 500 and sound[-1] <= 500
    assert (sound[20:-20] == 10_000).all()


def test_a_clause_that_comes_twice_is_heard_once() -> None:
    q = queue()
    fill(q, 1, 0, FRAME)
    assert not q.append(1, 0, tone(FRAME)) and not q.complete(1, 0)
    q.take(FRAME)
    assert not q.append(1, 0, tone(FRAME)) and q.take(FRAME) == []


def test_clauses_are_heard_in_order_even_where_a_later_one_was_complete_first() -> None:
    q = queue()
    fill(q, 1, 1, FRAME)
    fill(q, 1, 0, FRAME)
    assert [p.clause for p in q.take(10 * FRAME)] == [0, 1]
    fill(q, 1, 3, FRAME)
    q.take(FRAME)
    assert not q.append(1, 2, tone(FRAME)), "its place has passed"


def test_an_incomplete_clause_holds_back_those_after_it() -> None:
    q = queue()
    q.append(1, 0, tone(FRAME))
    fill(q, 1, 1, FRAME)
    assert q.take(10 * FRAME) == []
    q.discard_incomplete()
    assert order(q.take(10 * FRAME)) == [(1, 1, FRAME, True)]


def test_a_cancelled_turn_is_silent_and_stays_so_and_the_next_one_is_heard() -> None:
    q = queue()
    fill(q, 1, 0, 5 * FRAME)
    q.take(FRAME)
    fill(q, 2, 0, FRAME)
    q.cancel(1)
    assert not q.append(1, 1, tone(FRAME))
    assert order(q.take(10 * FRAME)) == [(2, 0, FRAME, True)]


def test_clauses_dropped_through_one_are_not_heard() -> None:
    q = queue()
    for clause in range(3):
        fill(q, 1, clause, FRAME)
    q.drop_through(1, 1)
    assert [p.clause for p in q.take(10 * FRAME)] == [2]
    assert not q.append(1, 0, tone(FRAME))


def test_a_new_process_goes_on_within_the_clause_where_the_line_had_accepted_it() -> None:
    q = queue()
    q.resume_after(3, 2, 1000)
    assert not q.append(3, 1, tone(FRAME))
    fill(q, 3, 2, 1000 + FRAME)
    fill(q, 3, 3, FRAME)
    pieces = q.take(10 * FRAME)
    assert order(pieces) == [(3, 2, 1000 + FRAME, True), (3, 3, FRAME, True)]
    assert len(pieces[0].samples) == FRAME and abs(int(pieces[0].samples[0])) <= 500, "no click at the resumption"


def test_a_clause_accepted_to_its_end_yields_its_end_without_sound() -> None:
    q = queue()
    q.resume_after(3, 2, 1000)
    fill(q, 3, 2, 1000)
    (piece,) = q.take(FRAME)
    assert order([piece]) == [(3, 2, 1000, True)] and len(piece.samples) == 0


def test_a_clause_without_sound_is_seen_in_its_place() -> None:
    q = queue()
    fill(q, 1, 0, FRAME)
    q.complete(1, 1)
    fill(q, 1, 2, FRAME)
    assert order(q.take(2 * FRAME)) == [(1, 0, FRAME, True), (1, 1, 0, True), (1, 2, FRAME, True)]


def test_after_a_pause_the_answer_goes_on_where_the_caller_last_heard_it() -> None:
    q = queue()
    fill(q, 1, 0, 4 * FRAME)
    fill(q, 1, 1, 4 * FRAME)
    q.take(6 * FRAME)
    q.resume_after(1, 0, 3 * FRAME)
    assert order(q.take(20 * FRAME)) == [(1, 0, 4 * FRAME, True), (1, 1, 4 * FRAME, True)]


def test_a_new_rendering_of_a_half_heard_clause_goes_on_at_the_same_position() -> None:
    q = queue(whole_clauses=False)
    q.append(1, 0, tone(5 * FRAME))
    q.take(2 * FRAME)
    q.discard_incomplete()
    fill(q, 1, 0, 6 * FRAME)
    (piece,) = q.take(10 * FRAME)
    assert len(piece.samples) == 4 * FRAME and piece.end == Cursor(1, 0, 6 * FRAME)


def test_the_bound_asks_for_patience_and_never_locks_up() -> None:
    q = queue(max_s=1.0)
    fill(q, 1, 0, 4000)
    assert not q.is_full
    fill(q, 1, 1, 4000)
    assert q.is_full
    q.take(FRAME)
    assert not q.is_full
    endless = queue(max_s=1.0)
    while not endless.is_full:
        endless.append(1, 0, tone(800))
    assert endless.queued_samples < 10_000 and endless.take(800)


@pytest.mark.parametrize("keep_s", [0.0, 2.0])
def test_a_long_call_keeps_little_of_what_was_said(keep_s: float) -> None:
    q = queue(keep_s=keep_s)
    for clause in range(500):
        fill(q, 1, clause, 800)
        assert len(q.take(1600)) == 1
    assert len(q.complete_clauses) <= 1 + keep_s * 10 + 1
    assert not q.append(1, 3, tone(FRAME)), "forgotten, and still known to be over"
