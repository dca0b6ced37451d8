"""`drill kills` as a page: the matrix as a picture, then every fault with its reason. One file, nothing is fetched."""

from collections.abc import Sequence
from html import escape

from steadyline.drills.kills.cells import MOMENT_TEXTS, SERVICES, SIGNALS, Moment
from steadyline.drills.kills.outcome import Outcome
from steadyline.drills.kills.report import WORST_S, Run, verdict, worst_by_name

_CELL_WIDTH, _CELL_HEIGHT, _LEFT, _TOP = 84, 52, 96, 64
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; color: #1b1f24; }
svg { width: 100%; height: auto; } svg text { font: 13px system-ui, sans-serif; fill: #1b1f24; }
svg .on { fill: #fff; font-weight: 600; } table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #d8dee4; vertical-align: top; }
pre { overflow-x: auto; background: #f6f8fa; padding: .75rem; font-size: 12px; } .bad { color: #b3261e; font-weight: 600; }
"""


def page(command: str, baseline_calls: int, runs: Sequence[Run]) -> str:
    """The whole page as HTML."""
    found = worst_by_name(runs)
    summary = "".join(f"<li>Run {number}: {escape(str(run))}</li>" for number, run in enumerate(runs, 1))
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><title>Steadyline: drill kills</title>",
        f"<style>{_STYLE}</style><h1>Services killed and frozen in a call</h1>",
        f"<p><code>{escape(command)}</code></p><ul>{summary}</ul>",
        "<p>Measured in what the caller heard: green is every word of every answer once, in order; the number is the "
        f"largest lateness of any word against the median of {baseline_calls} calls in which nothing was done, in "
        "seconds, the worst of all runs. Point at a cell for more.</p>",
        _picture(found) if any(run.matrix for run in runs) else "",
        _apart(runs, found),
        _failures(runs),
        "</html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _picture(found: dict[str, list[Outcome]]) -> str:
    columns = [(moment, signal) for moment in Moment for signal in SIGNALS]
    width = _LEFT + _CELL_WIDTH * len(columns)
    height = _TOP + _CELL_HEIGHT * len(SERVICES)
    shapes = []
    for place, moment in enumerate(Moment):
        x = _LEFT + _CELL_WIDTH * (2.0 * place + 1)
        shapes.append(f'<text x="{x}" y="24" text-anchor="middle">{escape(MOMENT_TEXTS[moment])}</text>')
    for place, (_, signal) in enumerate(columns):
        x = _LEFT + _CELL_WIDTH * (place + 0.5)
        shapes.append(f'<text x="{x}" y="50" text-anchor="middle">SIG{signal.upper()}</text>')
    for row, service in enumerate(SERVICES):
        y = _TOP + _CELL_HEIGHT * row
        shapes.append(f'<text x="0" y="{y + _CELL_HEIGHT / 2 + 5}">{service}</text>')
        for place, (moment, signal) in enumerate(columns):
            shapes.append(_cell(found.get(f"{service}/{moment}/{signal}", []), _LEFT + _CELL_WIDTH * place, y))
    label = "The matrix: services by moments and signals"
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{label}">{"".join(shapes)}</svg>'


def _cell(outcomes: Sequence[Outcome], x: float, y: float) -> str:
    box = f'x="{x + 2}" y="{y + 2}" width="{_CELL_WIDTH - 4}" height="{_CELL_HEIGHT - 4}" rx="4"'
    if not outcomes:
        return f'<rect {box} fill="#eef1f4"/>'
    middle = f'x="{x + _CELL_WIDTH / 2}" y="{y + _CELL_HEIGHT / 2 + 5}" text-anchor="middle"'
    details = escape("\n".join(_details(one) for one in outcomes))
    text = escape(verdict(outcomes))
    return (
        f'<g><title>{details}</title><rect {box} fill="{_color(outcomes)}"/><text class="on" {middle}>{text}</text></g>'
    )


def _color(outcomes: Sequence[Outcome]) -> str:
    """Red: it failed; amber: it came later than is allowed; green: else, the darker the later."""
    if not outcomes[0].passed:
        return "#b3261e"
    signal = outcomes[0].name.rpartition("/")[2]
    late = (outcomes[0].added_s or 0.0) / WORST_S.get(signal, WORST_S["kill"])
    if late > 1:
        return "#b26a00"
    return f"hsl(145 55% {round(42 - 16 * max(0.0, late))}%)"


def _details(one: Outcome) -> str:
    struck = ", ".join(
        f"{victim['service']} struck at {victim['at_s']:.2f} s, "
        + ("not back" if victim["back_after_s"] is None else f"back after {victim['back_after_s']:.2f} s")
        for victim in one.victims
    )
    late = "" if one.added_s is None else f"; {one.added_s:.2f} s late"
    return f"{one.name}: {one.told}{late}; {struck}"


def _apart(runs: Sequence[Run], found: dict[str, list[Outcome]]) -> str:
    names = [one.name for one in runs[0].apart] if runs else []
    if not names:
        return ""
    rows = "".join(
        f"<tr><td>{escape(found[name][0].group)}<td>{escape(name)}<td{_mark(found[name])}>{verdict(found[name])}"
        f"<td>{escape('' if found[name][0].passed else found[name][0].told)}"
        for name in names
    )
    return f"<h2>Double and triple faults</h2><table><tr><th>Fault<th>Cell<th>Added, s<th>Reason{rows}</table>"


def _mark(outcomes: Sequence[Outcome]) -> str:
    return "" if outcomes[0].passed or outcomes[0].limit else " class=bad"


def _failures(runs: Sequence[Run]) -> str:
    blocks = [
        f"<h3>Run {number}: {escape(one.name)}</h3><p>{escape(one.reason)}</p><pre>{escape(chr(10).join(one.log))}</pre>"
        for number, run in enumerate(runs, 1)
        for one in run.outcomes
        if not one.passed
    ]
    return f"<h2>What failed, and the system's log</h2>{''.join(blocks)}" if blocks else ""
