"""What the Health page shows of the last hours: how long callers waited, how many calls there were at once. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import ceil
from typing import Any

from steadyline.calls.records import WaitRecord

HOUR_S = 3600.0
SHOWN_NAMES = ("first_audio", "transcription", "first_clause")


def health_view(
    waits: Sequence[WaitRecord], spans: Sequence[tuple[float, float]], now: float, hours: int
) -> dict[str, Any]:
    """Percentiles of the whole time and of each hour, the oldest first.

    Args:
        waits: timings of turns.
        spans: begin and end of calls, Unix seconds.
        now: Unix seconds; where the last hour ends.
        hours: how many.
    """
    by_hour: dict[int, list[float]] = defaultdict(list)
    for wait in waits:
        if wait.name == "first_audio":
            by_hour[_hours_ago(wait.started_at, now)].append(wait.ms)
    calls_of: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for span in spans:
        calls_of[_hours_ago(span[0], now)].append(span)
    return {
        "hours": hours,
        "calls": len(spans),
        "calls_at_once": calls_at_once(spans),
        "waits": [
            {"name": name, **percentiles(wait.ms for wait in waits if wait.name == name)} for name in SHOWN_NAMES
        ],
        "by_hour": [
            {
                "from": now - (ago + 1) * HOUR_S,
                "calls": len(calls_of[ago]),
                "calls_at_once": calls_at_once(calls_of[ago]),
                **percentiles(by_hour[ago]),
            }
            for ago in reversed(range(hours))
        ],
    }


def percentiles(values: Iterable[float]) -> dict[str, Any]:
    """`count`, `p50_ms` and `p95_ms` (nearest rank); None where there is nothing."""
    ordered = sorted(values)
    if not ordered:
        return {"count": 0, "p50_ms": None, "p95_ms": None}
    p50, p95 = (round(ordered[max(0, ceil(share * len(ordered)) - 1)]) for share in (0.5, 0.95))
    return {"count": len(ordered), "p50_ms": p50, "p95_ms": p95}


def calls_at_once(spans: Iterable[tuple[float, float]]) -> int:
    """The most calls that were under way at the same moment."""
    steps = sorted(step for begin, end in spans for step in ((begin, 1), (end, -1)))
    highest = level = 0
    for _, change in steps:
        level += change
        highest = max(highest, level)
    return highest


def _hours_ago(at: float, now: float) -> int:
    return max(0, int((now - at) // HOUR_S))
