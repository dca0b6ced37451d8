"""Between two clocks: what waits stays bounded, loud sound survives what can be borne, and no sound is torn twice."""

import numpy as np
import pytest

from steadyline.audio.cushion import Cushion
from steadyline.audio.pcm import Int16

RATE_HZ = 48_000
PIECE = RATE_HZ // 50
LOUD = np.full(PIECE, 8000, np.int16)
QUIET = np.zeros(PIECE, np.int16)


def through(pieces: list[Int16], *, sent_each_tick: int) -> tuple[list[int], Int16]:
    """Pieces every 20 ms into a queue that another clock empties; what waited after each, and all that was sent."""
    cushion, queue, waits, sent = Cushion(RATE_HZ), np.zeros(0, np.int16), [], []
    for piece in pieces:
        queue = np.concatenate([queue, cushion.admit(piece, queue.size)])
        sent.append(queue[:sent_each_tick])
        queue = queue[sent_each_tick:]
        waits.append(queue.size)
    return waits, np.concatenate(sent)


def ms(samples: int) -> float:
    return samples * 1000 / RATE_HZ


def test_sound_passes_whole_behind_a_little_silence() -> None:
    waits, sent = through([LOUD] * 100, sent_each_tick=PIECE)
    assert {ms(wait) for wait in waits} == {40.0}
    assert np.count_nonzero(sent[: 2 * PIECE]) == 0 and np.all(sent[2 * PIECE :] == 8000)


@pytest.mark.parametrize("slower_by", [1, 10, 100])
def test_a_faster_sender_never_makes_more_than_160_ms_wait(slower_by: int) -> None:
    waits, _ = through([LOUD] * 20_000, sent_each_tick=PIECE - slower_by)
    assert ms(max(waits)) <= 180
    pausing = ([LOUD] * 100 + [QUIET] * 20) * 150
    waits, sent = through(pausing, sent_each_tick=PIECE - slower_by)
    if slower_by <= 10:
        assert ms(max(waits)) <= 120
        lost = sum(np.count_nonzero(piece) for piece in pausing) - np.count_nonzero(sent)
        assert ms(lost) <= 120, "of what is loud nothing is lost that did not wait at the end"


def test_a_slower_sender_is_borne_with_silence() -> None:
    cushion, queue = Cushion(RATE_HZ), 0
    for _ in range(20_000):
        queue += cushion.admit(LOUD, queue).size
        queue = max(0, queue - PIECE - 10)
    assert cushion.dropped_samples == 0
    assert 0.9 < cushion.inserted_samples / (20_000 * 10) < 1.1


def test_after_a_burst_the_delay_goes_back_to_what_it_was_with_the_next_pause() -> None:
    cushion, queue, waits = Cushion(RATE_HZ), 0, []
    burst = [[LOUD] * 6, *[[LOUD]] * 20, *[[QUIET]] * 10, *[[LOUD]] * 20]
    for pieces in burst:
        for piece in pieces:
            queue += cushion.admit(piece, queue).size
        queue = max(0, queue - PIECE)
        waits.append(ms(queue))
    assert waits[5] > 100 and waits[-1] <= 80
