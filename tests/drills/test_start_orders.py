"""`drill start-orders`: whatever is started last, a call is ready soon after. `make drills` starts all 5,040 orders."""

import math

from steadyline.drills.start_orders.orders import (
    BOUND_S,
    PROCESSES,
    Start,
    StartsReport,
    all_orders,
    random_delays,
    run_orders,
    start_all,
)
from steadyline.drills.start_orders.report import as_dict, page, table

EVERY = 41
FAR_APART_S = (3.0,) * (len(PROCESSES) - 1)


def test_every_forty_first_order_is_ready_in_time() -> None:
    orders = list(all_orders())[::EVERY]
    assert {order[-1] for order in orders} == set(PROCESSES)
    report = run_orders(orders, seed=1, jobs=2)
    assert sorted(start.order for start in report.starts) == sorted(orders)
    assert report.late == []
    assert report.worst_s > 0.2


def test_the_same_seed_gives_the_same_times() -> None:
    orders = list(all_orders())[::1000]
    assert start_all(orders, 7) == start_all(orders, 7) != start_all(orders, 8)


def test_delays_are_of_0_to_3_s_and_sometimes_none() -> None:
    delays = [delay_s for order in list(all_orders())[:200] for delay_s in random_delays(order, 1)]
    assert min(delays) == 0.0 and 2.9 < max(delays) <= 3.0
    assert 0.15 < sum(delay_s == 0.0 for delay_s in delays) / len(delays) < 0.35


def test_a_start_that_is_late_is_listed_with_its_order_and_fails_the_drill() -> None:
    good = Start(PROCESSES, FAR_APART_S, 0.5)
    late = Start(PROCESSES[::-1], FAR_APART_S, BOUND_S + 0.1)
    never = Start(PROCESSES[::-1], FAR_APART_S, math.inf)
    report = StartsReport(starts=[good, late, never])
    assert report.late == [never, late]
    assert "3 starts, 1 of them ready within 1.2 s" in table(report)
    assert "1.300 s: standby +3.0, tts +3.0" in table(report)
    assert as_dict(report)["worst"]["ready_after_s"] is None
    assert "standby tts" in page("steadyline drill start-orders", report)
