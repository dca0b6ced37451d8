"""What was measured beside what the cadence predicts, for people and for programs."""

import math
from collections.abc import Sequence
from typing import Any

from steadyline.drills.loss.measurement import REGISTRATIONS, Measured
from steadyline.drills.loss.prediction import connected_by, quantile, share_by
from steadyline.drills.pages import html_page, html_table, html_text, steps
from steadyline.wire.registration import RegisterCadence

TIMES_S = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0)
"""When the shares are compared: times of the cadence."""
PICTURE_S = 30.0
COLOURS = ("#2d7d46", "#1b6ca8", "#b3261e")


def share_within(times_s: Sequence[float], at_s: float, own_s: float) -> float:
    """Share of the calls that were connected by `at_s`; the network's and the machine's own time is allowed for."""
    return sum(time_s <= at_s + own_s for time_s in times_s) / max(1, len(times_s))


def deviation(measured: Measured, cadence: RegisterCadence, own_s: float) -> float:
    """How far the measured distribution is from the predicted one at most, in standard deviations of so many calls.

    Args:
        own_s: the network's and the machine's own time, seconds.
    """
    worst = 0.0
    for times_s, registrations in ((measured.registered_s, 1), (measured.ready_s, REGISTRATIONS)):
        predicted = connected_by(cadence, measured.conditions.lost, registrations)
        for at_s in TIMES_S:
            share = share_by(predicted, at_s)
            sigma = math.sqrt(max(share * (1 - share), 1e-6) / max(1, len(times_s)))
            worst = max(worst, abs(share_within(times_s, at_s, own_s) - share) / sigma)
    return worst


def table(all_measured: Sequence[Measured], cadence: RegisterCadence, own_s: float) -> str:
    """A table for each of the conditions."""
    return "\n\n".join(_table(measured, cadence, own_s) for measured in all_measured)


def _table(measured: Measured, cadence: RegisterCadence, own_s: float) -> str:
    heads, rows = _rows(measured, cadence, own_s)
    lines = [_heading(measured, cadence)]
    lines += ["".join(f"{cell:>10}" for cell in [head or "", *cells]) for head, *cells in [heads, *rows]]
    return "\n".join(lines)


def _heading(measured: Measured, cadence: RegisterCadence) -> str:
    calls = len(measured.ready_s) + measured.unanswered
    gone = f"everything gone {max(measured.gone_s, default=0.0):.1f} s after the last hang-up at the latest"
    left = f"; LEFT: {'; '.join(measured.left)}" if measured.left else ""
    worst = max(measured.ready_s, default=math.nan)
    connected = f"{len(measured.ready_s)} of {calls} calls connected, the last after {worst:.1f} s"
    text = f"{measured.conditions}: {connected}; {gone}{left}"
    if _is_predictable(measured):
        predicted = connected_by(cadence, measured.conditions.lost, REGISTRATIONS)
        text += (
            f"\npredicted for {calls} calls: the last after about {quantile(predicted, 1 - 1 / max(2, calls)):.1f} s"
        )
    return text


def _rows(measured: Measured, cadence: RegisterCadence, own_s: float) -> tuple[list[str], list[list[str]]]:
    """Shares of registrations and of calls, measured and predicted."""
    heads = ["by", *(f"{at_s:g} s" for at_s in TIMES_S)]
    rows = []
    for what, times_s, registrations in (
        ("register", measured.registered_s, 1),
        ("call", measured.ready_s, REGISTRATIONS),
    ):
        rows.append([what, *(f"{share_within(times_s, at_s, own_s):.1%}" for at_s in TIMES_S)])
        if _is_predictable(measured):
            predicted = connected_by(cadence, measured.conditions.lost, registrations)
            rows.append(["predicted", *(f"{share_by(predicted, at_s):.1%}" for at_s in TIMES_S)])
    return heads, rows


def _is_predictable(measured: Measured) -> bool:
    """The prediction knows of losses only."""
    return not measured.conditions.doubled and not measured.conditions.late


def as_dict(all_measured: Sequence[Measured], cadence: RegisterCadence, own_s: float) -> dict[str, Any]:
    """For programs."""
    return {"own_s": own_s, "conditions": [_one_as_dict(measured, cadence, own_s) for measured in all_measured]}


def _one_as_dict(measured: Measured, cadence: RegisterCadence, own_s: float) -> dict[str, Any]:
    predicted = connected_by(cadence, measured.conditions.lost, REGISTRATIONS) if _is_predictable(measured) else []
    return {
        "lost": measured.conditions.lost,
        "doubled": measured.conditions.doubled,
        "late": measured.conditions.late,
        "calls": len(measured.ready_s),
        "unanswered": measured.unanswered,
        "worst_s": max(measured.ready_s, default=None),
        "connected_by": {f"{at_s:g}": round(share_within(measured.ready_s, at_s, own_s), 4) for at_s in TIMES_S},
        "predicted_by": {f"{at_s:g}": round(share_by(predicted, at_s), 4) for at_s in TIMES_S} if predicted else None,
        "deviation_sigmas": round(deviation(measured, cadence, own_s), 2) if predicted else None,
        "gone_after_s": max(measured.gone_s, default=None),
        "left": measured.left,
    }


def page(command: str, all_measured: Sequence[Measured], cadence: RegisterCadence, own_s: float) -> str:
    """A picture and a table for each of the conditions."""
    parts = [
        html_text(
            "How many calls are connected by when: a call waits for two registrations (inbound's with whisper, outbound's with "
            "the TTS), each made by the first REGISTER that gets through. Predicted: from the times at which REGISTERs leave."
        )
    ]
    for measured in all_measured:
        heads, rows = _rows(measured, cadence, own_s)
        series = [("measured", COLOURS[0], _cumulative(measured.ready_s))]
        if _is_predictable(measured):
            series.append(("predicted", COLOURS[2], connected_by(cadence, measured.conditions.lost, REGISTRATIONS)))
        parts.append(html_text(_heading(measured, cadence), is_bad=not measured.is_well))
        parts += [steps(series, PICTURE_S, "s"), html_table(heads, rows)]
    return html_page("Drill loss", command, parts)


def _cumulative(times_s: Sequence[float]) -> list[tuple[float, float]]:
    return [(at_s, (place + 1) / len(times_s)) for place, at_s in enumerate(sorted(times_s))]
