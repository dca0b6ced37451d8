"""When calls are too many, and what the limit is then."""

from dataclasses import replace

import pytest

from steadyline.bench.capacity.figures import Bounds, Step, faults, step_of
from steadyline.bench.capacity.measurement import Capacity
from steadyline.bench.capacity.reception import BINS
from steadyline.bench.capacity.report import table, verdict

BOUNDS = Bounds(p95_wait_s=2.0)
WELL = Step(10, 0, 20.0, 40, 0, 0.8, 1.2, 3.0, 10_000, 0, 0, {"gateway": 0.2, "inbound": 0.1}, 0.1)


def test_what_is_within_the_bounds_is_well() -> None:
    assert faults(WELL, BOUNDS) == []
    assert WELL.cpu_percent_per_call == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"refused": 1}, "1 callers were not answered"),
        ({"unanswered": 2}, "2 questions were not answered"),
        ({"wait_p95_s": 2.1}, "p95 of the wait is 2.10 s"),
        ({"jitter_p99_ms": 5.1}, "20 ± 5.1 ms"),
        ({"lost": 11}, "11 of 10000 frames were lost"),
        ({"starved": 11}, "11 of 10000 frames were starved"),
    ],
)
def test_each_way_in_which_calls_are_too_many_is_told(change: dict[str, float], words: str) -> None:
    [found] = faults(replace(WELL, **change), BOUNDS)  # type: ignore[arg-type]
    assert words in found


def test_a_step_puts_the_processes_of_its_callers_together() -> None:
    deviations = [0] * BINS
    deviations[10], deviations[60] = 98, 2
    report = {"waits_s": [0.5, 0.7], "unanswered": 1, "packets": 50, "lost": 1, "deviations": deviations}
    other = {**report, "waits_s": [0.6, 3.0], "deviations": [0] * BINS}
    step = step_of(2, 0, 10.0, [report, other], 3, {"gateway": 0.1}, 0.05)
    assert (step.turns, step.unanswered, step.packets, step.lost, step.starved) == (4, 2, 100, 2, 3)
    assert (step.wait_p50_s, step.wait_p95_s) == (0.7, 3.0)
    assert step.jitter_p99_ms == pytest.approx(6.1)


def test_the_limit_is_the_last_step_that_was_well() -> None:
    more = replace(WELL, calls=20, jitter_p99_ms=9.0)
    broken = Capacity((WELL, more), tuple(faults(more, BOUNDS)), 60.0)
    assert (broken.limit, Capacity((WELL,), (), 30.0).limit, Capacity((more,), ("bad",), 30.0).limit) == (10, 10, 0)
    assert verdict(broken, 2).startswith(
        "10 calls at once are well, 5.0 for each of 2 cores; p99 of the packet interval"
    )
    assert "20 ± 9.0 ms" in table(broken, 2)
