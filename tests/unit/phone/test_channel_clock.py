"""A stream stands on the clock where it passed, however late it was looked at."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steadyline.phone.channel_clock import DEADBAND_S, ChannelClock, Samples

RATE_HZ = 8000
PACKET = 160
SLOWEST_POLL = 1.3


def beep() -> Samples:
    return np.full(PACKET, 8000, np.int16)


def silence(packets: int = 1) -> Samples:
    return np.zeros(PACKET * packets, np.int16)


def onset_s(samples: Samples) -> float:
    return int(np.flatnonzero(samples)[0]) / RATE_HZ


def polled(arrivals: list[tuple[float, Samples]], polls: list[float]) -> ChannelClock:
    """What a clock makes of packets that arrive at their times and are read at the polls."""
    clock, waiting = ChannelClock(RATE_HZ), list(arrivals)
    for now_s in polls:
        due = [samples for at_s, samples in waiting if at_s <= now_s]
        waiting = waiting[len(due) :]
        clock.passed(np.concatenate([*due, np.zeros(0, np.int16)]).astype(np.int16), now_s)
    return clock


def polls(until_s: float, interval_s: float, stall: tuple[float, float] | None = None, seed: int = 0) -> list[float]:
    """Times about `interval_s` apart, none within `stall`."""
    wobble, now_s, times = random.Random(seed), 0.0, []
    while now_s < until_s:
        now_s += interval_s * wobble.uniform(1.0, SLOWEST_POLL)
        if stall is None or not stall[0] < now_s < stall[1]:
            times.append(now_s)
    return times


def stream(start_s: float, packets: int, beep_at: int) -> list[tuple[float, Samples]]:
    return [(start_s + k * 0.02, beep() if k == beep_at else silence()) for k in range(packets)]


@settings(max_examples=60)
@given(start_s=st.floats(0.0, 0.5), interval_s=st.floats(0.002, 0.006), seed=st.integers(0, 99))
def test_a_packet_stands_where_it_arrived(start_s: float, interval_s: float, seed: int) -> None:
    """To within the longest interval between two polls: they may fall late after every packet of the sixteen."""
    clock = polled(stream(start_s, 100, beep_at=60), polls(3.0, interval_s, seed=seed))
    longest_s = interval_s * SLOWEST_POLL
    assert onset_s(clock.samples(3.0)) == pytest.approx(start_s + 60 * 0.02, abs=longest_s + DEADBAND_S)


def test_a_stall_of_the_observer_moves_nothing() -> None:
    clock = polled(stream(0.013, 150, beep_at=80), polls(3.5, 0.005, stall=(1.2, 1.55)))
    assert onset_s(clock.samples(3.0)) == pytest.approx(0.013 + 80 * 0.02, abs=0.004)
    assert clock.inserted_samples < 0.03 * RATE_HZ


def test_a_gap_in_the_stream_is_a_gap_in_the_recording() -> None:
    before, after = stream(0.0, 50, beep_at=-1), stream(1.4, 50, beep_at=0)
    clock = polled(before + after, polls(3.0, 0.005))
    assert onset_s(clock.samples(3.0)) == pytest.approx(1.4, abs=0.007)


def test_packets_that_were_held_up_are_heard_late_and_the_delay_is_lost_in_the_next_silence() -> None:
    """A frozen far end that sends all at once what it should have sent before."""
    arrivals = [(max(at_s, 1.3) if at_s > 1.0 else at_s, x) for at_s, x in stream(0.0, 140, beep_at=52)]
    arrivals[120] = (arrivals[120][0], beep())
    clock = polled(arrivals, polls(4.0, 0.005))
    heard = np.flatnonzero(clock.samples(4.0)) / RATE_HZ
    assert heard[0] > 1.3
    assert heard[-PACKET] == pytest.approx(120 * 0.02, abs=0.004)


def test_a_shift_that_is_too_small_for_a_gap_is_mended_in_silence() -> None:
    before, after = stream(0.0, 50, beep_at=-1), stream(1.04, 90, beep_at=70)
    clock = polled(before + after, polls(4.0, 0.005))
    assert onset_s(clock.samples(4.0)) == pytest.approx(1.04 + 70 * 0.02, abs=0.004)


def test_a_far_end_whose_clock_is_fast_does_not_drift_away() -> None:
    """200 ppm over two minutes would be 24 ms."""
    arrivals = [(k * 0.02 * (1 - 200e-6), beep() if k == 5900 else silence()) for k in range(6000)]
    clock = polled(arrivals, polls(121.0, 0.008))
    assert onset_s(clock.samples(120.0)) == pytest.approx(5900 * 0.02 * (1 - 200e-6), abs=0.005)


def test_speech_is_neither_cut_nor_stretched() -> None:
    speech = [(at_s - 0.001 * k * 0.02, beep()) for k, (at_s, _) in enumerate(stream(0.0, 500, -1))]
    clock = polled(speech, polls(11.0, 0.005))
    assert np.count_nonzero(clock.samples(11.0)) == 500 * PACKET
    assert clock.dropped_samples == 0


def test_the_end_is_filled_or_cut_to_what_is_asked_for() -> None:
    clock = polled(stream(0.0, 10, beep_at=3), polls(0.3, 0.005))
    assert clock.samples(1.0).shape == (8000,)
    assert clock.samples(0.1).shape == (800,)
