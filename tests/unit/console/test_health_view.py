"""Waits and calls of the last hours."""

import pytest

from steadyline.console.health_view import HOUR_S, calls_at_once, health_view, percentiles, spans_of

NOW = 1_000_000.0


def test_percentiles_are_waits_that_somebody_had() -> None:
    assert percentiles([]) == {"count": 0, "p50_ms": None, "p95_ms": None}
    assert percentiles([700.0]) == {"count": 1, "p50_ms": 700, "p95_ms": 700}
    assert percentiles(float(n) for n in range(1, 101)) == {"count": 100, "p50_ms": 50, "p95_ms": 95}


@pytest.mark.parametrize(
    ("spans", "most"), [([], 0), ([(0, 10), (10, 20)], 1), ([(0, 10), (5, 20), (9, 11)], 3), ([(5, 5)], 0)]
)
def test_calls_at_once(spans: list[tuple[float, float]], most: int) -> None:
    assert calls_at_once(spans_of(spans)) == most


def test_each_hour_has_its_own() -> None:
    waits = [[("first_audio", 900.0), ("transcription", 150.0)], [("first_audio", 2000.0)], []]
    spans = [(NOW - 60, NOW), (NOW - HOUR_S - 60, NOW)]
    view = health_view(waits, spans, NOW, 3)
    assert [(hour["p50_ms"], hour["calls"]) for hour in view["by_hour"]] == [(None, 0), (2000, 1), (900, 1)]
    assert (view["calls"], view["calls_at_once"]) == (2, 2)
    assert [(wait["name"], wait["count"]) for wait in view["waits"]] == [
        ("first_audio", 2),
        ("transcription", 1),
        ("first_clause", 0),
    ]
