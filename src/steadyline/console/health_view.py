"""What the Health page shows of the last hours: how long callers waited, how many calls there were at once. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from math import ceil
from typing import Any

import numpy as np

from steadyline.calls.records import Wait

HOUR_S = 3600.0
SHOWN_NAMES = ("first_audio", "transcription", "first_clause")

Spans = np.ndarray[Any, np.dtype[np.float64]]
"""Begins and ends of calls, Unix seconds, shape (calls, 2)."""


def health_view(
    waits: Sequence[Sequence[Wait]], spans: Sequence[tuple[float, float]], now: float, hours: int
) -> dict[str, Any]:
    """Percentiles of the whole time and of each hour, the oldest first.

    Args:
        waits: timings of turns, of each hour, the latest first.
        spans: begin and end of calls, Unix seconds.
        now: Unix seconds; where the last hour ends.
        hours: how many.
    """
    of_all: dict[str, list[float]] = defaultdict(list)
    answered: list[list[float]] = [[] for _ in range(hours)]
    for ago, of_hour in enumerate(waits):
        for name, ms in of_hour:
            of_all[name].append(ms)
        answered[ago] = [ms for name, ms in of_hour if name == "first_audio"]
    known = spans_of(spans)
    hours_ago = np.maximum(0, (now - known[:, 0]) // HOUR_S)
    calls = [known[hours_ago == ago] for ago in range(hours)]
    return {
        "hours": hours,
        "calls": len(spans),
        "calls_at_once": calls_at_once(known),
        "waits": [{"name": name, **percentiles(of_all[name])} for name in SHOWN_NAMES],
        "by_hour": [
            {
                "from": now - (ago + 1) * HOUR_S,
                "calls": len(calls[ago]),
                "calls_at_once": calls_at_once(calls[ago]),
                **percentiles(answered[ago]),
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


def spans_of(spans: Sequence[tuple[float, float]]) -> Spans:
    """A day's calls are 10,000 and more: as an array they take a tenth of the time."""
    return np.fromiter(chain.from_iterable(spans), np.float64, 2 * len(spans)).reshape(-1, 2)


def calls_at_once(spans: Spans) -> int:
    """The most calls that were under way at the same moment."""
    begins, ends = np.sort(spans[:, 0]), np.sort(spans[:, 1])
    # At each begin: so many have begun, itself among them, less those that have ended by then.
    levels = np.arange(1, len(begins) + 1) - np.searchsorted(ends, begins, side="right")
    return int(levels.max(initial=0))
