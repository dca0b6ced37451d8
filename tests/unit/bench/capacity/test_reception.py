"""How evenly packets come, and how many are missing."""

import pytest

from steadyline.bench.capacity.reception import Reception, percentile_ms


def test_even_packets_deviate_by_nothing_and_one_that_is_late_counts_twice() -> None:
    reception = Reception()
    for number in range(100):
        late_s = 0.007 if number == 50 else 0.0
        reception.take(number, number * 0.02 + late_s)
    assert (reception.packets, reception.lost) == (100, 0)
    assert percentile_ms(reception.deviations, 0.5) <= 0.1
    assert percentile_ms(reception.deviations, 0.97) <= 0.1
    assert percentile_ms(reception.deviations, 0.99) == pytest.approx(7.0, abs=0.11)


def test_missing_packets_are_counted_across_the_turn_of_the_sequence_number() -> None:
    reception = Reception()
    for sequence in (0xFFFE, 0xFFFF, 1, 2, 5):
        reception.take(sequence, 0.0)
    assert (reception.packets, reception.lost) == (5, 3)


def test_packets_that_come_twice_or_in_the_wrong_order_are_not_lost() -> None:
    reception = Reception()
    for sequence in (1, 2, 2, 1, 2, 3):
        reception.take(sequence, 0.0)
    assert reception.lost == 0


def test_counting_anew_forgets_no_neighbour() -> None:
    reception = Reception()
    reception.take(1, 1.0)
    reception.reset()
    reception.take(2, 1.02)
    assert (reception.packets, sum(reception.deviations)) == (1, 1)


def test_without_intervals_there_is_no_deviation_and_a_pause_is_the_largest() -> None:
    reception = Reception()
    assert percentile_ms(reception.deviations, 0.99) == 0.0
    reception.take(1, 0.0)
    reception.take(2, 9.0)
    assert percentile_ms(reception.deviations, 0.5) == 100.0
