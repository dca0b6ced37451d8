"""Whatever order things come in, the caller hears every clause once, in order, with every sample."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from steadyline.audio.cursor import Cursor, PlayedLedger
from steadyline.audio.playout import Piece, PlayoutQueue

FRAME = 160


def clause_sound(turn: int, clause: int, length: int) -> np.ndarray:
    return np.random.default_rng((turn, clause)).integers(-30_000, 30_000, length).astype(np.int16)


lengths = st.lists(st.integers(0, 1500), min_size=1, max_size=6)


@settings(max_examples=80)
@given(lengths, st.integers(1, 700), st.lists(st.integers(0, 900), min_size=1, max_size=5), st.booleans())
def test_every_sample_is_heard_once_and_in_order(clauses: list[int], chunk: int, takes: list[int], whole: bool) -> None:
    queue = PlayoutQueue(8000, FRAME, whole_clauses=whole)
    pieces: list[Piece] = []
    for number, length in enumerate(clauses):
        sound = clause_sound(1, number, length)
        for at in range(0, length, chunk):
            queue.append(1, number, sound[at : at + chunk])
            pieces += queue.take(takes[at % len(takes)])
        queue.complete(1, number)
        queue.complete(1, number)
        queue.append(1, number, sound)
    while more := queue.take(FRAME * 3):
        pieces += more
    heard: dict[int, list[np.ndarray]] = {}
    for before, piece in zip([None, *pieces], pieces, strict=False):
        assert len(piece.samples) % FRAME == 0
        assert before is None or before.end <= piece.end
        own = heard.setdefault(piece.clause, [])
        already = sum(map(len, own))
        own.append(piece.samples[: piece.end_sample - already])
        assert not piece.samples[piece.end_sample - already :].any(), "padding is silence"
    assert [piece.clause for piece in pieces if piece.last] == list(range(len(clauses)))
    for number, length in enumerate(clauses):
        got = np.concatenate(heard[number])
        assert len(got) == length
        np.testing.assert_array_equal(got[20:-20], clause_sound(1, number, length)[20:-20])
    assert queue.queued_samples == queue.playable_samples == 0


@settings(max_examples=80)
@given(lengths, st.lists(st.integers(1, 9), min_size=1, max_size=5), st.data())
def test_after_any_interruption_the_answer_goes_on_where_it_was_heard(
    clauses: list[int], takes: list[int], data: st.DataObject
) -> None:
    """The line takes, plays, is flushed in the middle, and the queue (or a new one) resumes at the cursor."""
    queue, ledger = PlayoutQueue(8000, FRAME), PlayedLedger()
    heard: list[Piece] = []

    def fill() -> None:
        for number, length in enumerate(clauses):
            queue.append(1, number, clause_sound(1, number, length))
            queue.complete(1, number)

    def accept(frames: int) -> None:
        for piece in queue.take(frames * FRAME):
            ledger.accepted(piece.end, len(piece.samples))
            heard.append(piece)

    fill()
    for frames in takes:
        accept(frames)
    played = data.draw(st.integers(0, ledger.accepted_total))
    at = ledger.flushed(played)
    new_process = data.draw(st.booleans())
    if new_process:
        queue = PlayoutQueue(8000, FRAME)
    if at is not None:
        queue.resume_after(at.turn, at.clause, at.sample)
    elif not new_process:
        queue.resume_after(1, 0, 0)
    if new_process:
        fill()
    rest: list[Piece] = []
    while more := queue.take(FRAME * 7):
        rest += more
    start = at or Cursor(1, 0, 0)
    resumed = [piece for piece in rest if piece.clause == start.clause]
    assert sum(len(p.samples) for p in resumed) == -(-(clauses[start.clause] - start.sample) // FRAME) * FRAME
    assert [p.clause for p in rest if p.last] == list(range(start.clause, len(clauses)))
    assert played - ledger.accepted_total == 0


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 400), st.booleans()), max_size=10), st.lists(st.integers(0, 5000), max_size=10)
)
def test_the_played_position_never_goes_back_nor_beyond_what_was_accepted(
    stretches: list[tuple[int, bool]], totals: list[int]
) -> None:
    ledger, end, position = PlayedLedger(), 0, Cursor(0, 0, 0)
    for length, aside in stretches:
        if aside:
            ledger.accepted_aside(length)
        else:
            end += length
            ledger.accepted(Cursor(1, 0, end), length)
    for total in sorted(totals):
        now = ledger.played(total) or Cursor(0, 0, 0)
        assert position <= now and now.sample <= min(total, end)
        position = now
