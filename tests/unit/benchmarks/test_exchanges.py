"""What a recording says of each utterance: the wait, from the last audible sample, and whether it was cut at a pause."""

import numpy as np
import pytest
from benchmarks.exchanges import Exchange, find_exchanges, was_cut
from benchmarks.system import BenchmarkError
from numpy.typing import NDArray

RATE_HZ = 16_000
Spans = list[tuple[float, float]]


def recording(said: Spans, heard: Spans, seconds: float) -> NDArray[np.int16]:
    """Tones where somebody speaks, silence elsewhere."""
    channels = np.zeros((round(seconds * RATE_HZ), 2), np.int16)
    for side, spans in enumerate((said, heard)):
        for start_s, end_s in spans:
            times = np.arange(round(start_s * RATE_HZ), round(end_s * RATE_HZ))
            channels[times, side] = 8000 * np.sin(2 * np.pi * 300 * times / RATE_HZ)
    return channels


def near(seconds: float) -> object:
    return pytest.approx(seconds, abs=0.005)


def test_the_wait_runs_from_the_last_audible_sample_to_the_first_of_the_answer() -> None:
    [exchange] = find_exchanges(recording([(1.0, 2.0)], [(2.85, 4.0)], 6.0), RATE_HZ, [0.98])
    assert (exchange.said_start_s, exchange.said_end_s, exchange.answer_start_s) == (near(1.0), near(2.0), near(2.85))
    assert exchange.wait_ms == pytest.approx(850, abs=8)
    assert exchange.heard_early_s is None


def test_a_pause_belongs_to_the_utterance() -> None:
    said = [(1.0, 2.0), (2.8, 3.5)]
    [exchange] = find_exchanges(recording(said, [(4.1, 5.0)], 6.0), RATE_HZ, [1.0])
    assert (exchange.said_start_s, exchange.said_end_s) == (near(1.0), near(3.5))
    assert exchange.wait_ms == pytest.approx(600, abs=8)


def test_an_answer_in_the_pause_is_early_and_what_comes_after_the_end_is_the_answer() -> None:
    said = [(1.0, 2.0), (3.0, 4.0)]
    [exchange] = find_exchanges(recording(said, [(2.6, 3.3), (5.0, 6.0)], 8.0), RATE_HZ, [1.0])
    assert exchange.heard_early_s == near(2.6)
    assert exchange.wait_ms == pytest.approx(1000, abs=8)


def test_an_early_answer_that_goes_on_over_the_end_is_no_answer_to_all_of_it() -> None:
    [exchange] = find_exchanges(recording([(1.0, 2.0), (3.0, 4.0)], [(3.5, 6.0)], 8.0), RATE_HZ, [1.0])
    assert (exchange.heard_early_s, exchange.answer_start_s, exchange.wait_ms) == (near(3.5), None, None)


def test_each_utterance_has_what_was_heard_until_the_next() -> None:
    channels = recording([(1.0, 2.0), (7.0, 8.0), (12.0, 13.0)], [(0.1, 0.6), (2.5, 4.0), (13.7, 14.5)], 16.0)
    first, second, third = find_exchanges(channels, RATE_HZ, [1.0, 6.5, 12.0])
    assert (first.answer_start_s, second.answer_start_s, third.answer_start_s) == (near(2.5), None, near(13.7))


def test_an_utterance_that_is_not_in_the_recording_is_an_error() -> None:
    with pytest.raises(BenchmarkError, match=r"nothing was said between 6\.90 and 9\.00 s"):
        find_exchanges(recording([(1.0, 2.0)], [(2.5, 3.0)], 9.0), RATE_HZ, [1.0, 7.0])


@pytest.mark.parametrize(
    ("heard_early_s", "turns", "cut"),
    [(None, 1, False), (None, 0, False), (2.6, 1, True), (None, 2, True), (2.6, 2, True)],
)
def test_cut_is_what_was_answered_early_or_taken_for_several_turns(
    heard_early_s: float | None, turns: int, cut: bool
) -> None:
    assert was_cut(Exchange(1.0, 4.0, heard_early_s, 5.0), turns) is cut
