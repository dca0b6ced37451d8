"""What the start orders came to, for people and for programs."""

import math
import statistics
from dataclasses import asdict
from typing import Any

from steadyline.drills.pages import histogram, html_page, html_table, html_text
from steadyline.drills.start_orders.orders import Start, StartsReport

SHOWN = 10


def summary(report: StartsReport) -> str:
    """The drill in two lines."""
    times_s = [start.ready_after_s for start in report.starts]
    late = len(report.late)
    return (
        f"{len(times_s)} starts, {len(times_s) - late} of them ready within {report.bound_s:g} s of the last one "
        f"({report.took_s:.0f} s)\n"
        f"time to ready: median {statistics.median(times_s):.3f} s, worst {max(times_s):.3f} s"
    )


def table(report: StartsReport) -> str:
    """The summary, and the starts that took longest."""
    longest = sorted(report.starts, key=lambda start: -start.ready_after_s)[: max(1, min(SHOWN, len(report.late)))]
    return "\n".join([summary(report), *(_line(start) for start in longest)])


def as_dict(report: StartsReport) -> dict[str, Any]:
    """For programs; of the starts those that were late, and the worst."""
    times_s = [start.ready_after_s for start in report.starts]
    return {
        "starts": len(times_s),
        "bound_s": report.bound_s,
        "late": [_as_dict(start) for start in report.late],
        "median_s": statistics.median(times_s),
        "worst": _as_dict(max(report.starts, key=lambda start: start.ready_after_s)),
        "took_s": round(report.took_s, 1),
    }


def _as_dict(start: Start) -> dict[str, Any]:
    """JSON has no infinity: null is a start that was never ready."""
    return {**asdict(start), "ready_after_s": start.ready_after_s if math.isfinite(start.ready_after_s) else None}


def page(command: str, report: StartsReport) -> str:
    """The same with a picture of all times."""
    late = [[" ".join(start.order), f"{start.ready_after_s:.3f} s"] for start in report.late[:SHOWN]]
    return html_page(
        "Drill start-orders",
        command,
        [
            html_text(summary(report), is_bad=bool(report.late)),
            histogram([start.ready_after_s for start in report.starts], "s after the last start", report.bound_s),
            html_table(["late", "ready after"], late) if late else html_text("None was late."),
        ],
    )


def _line(start: Start) -> str:
    steps = [f"{name} +{delay_s:.1f}" for name, delay_s in zip(start.order, start.delays_s, strict=False)]
    return f"  {start.ready_after_s:.3f} s: {', '.join([*steps, start.order[-1]])}"
