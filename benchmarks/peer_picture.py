"""The comparison as a picture: every turn's wait as a dot, with median and p95. Plain SVG, nothing is fetched."""

from collections.abc import Sequence
from html import escape
from typing import Any

from benchmarks.figures import percentile
from benchmarks.peer_figures import OURS, cut_turns, waits

_MARGIN, _LEFT, _PLOT_WIDTH, _RIGHT, _ROW, _HEAD, _FOOT = 10, 205, 640, 120, 40, 46, 40
_STEP_MS = 500
_OURS_COLOR, _PEER_COLOR = "#0b6bcb", "#8a94a0"
_STYLE = "text { font: 13px system-ui, sans-serif; fill: #1b1f24; } .small { font-size: 11px; fill: #59636e; }"


def picture(result: dict[str, Any]) -> str:
    """The SVG of a result of `peers`."""
    turns = result["raw"]["turns"]
    voices, contenders = (list(dict.fromkeys(turn[key] for turn in turns)) for key in ("voice", "contender"))
    contenders.sort(key=lambda name: name != OURS)
    longest_ms = max((turn["wait_ms"] for turn in turns if turn["wait_ms"] is not None), default=_STEP_MS)
    end_ms = (int(longest_ms) // _STEP_MS + 1) * _STEP_MS
    shapes, y = [], 0
    for voice in voices:
        shapes.append(f'<text x="{_MARGIN}" y="{y + 28}" font-weight="600">Voice to voice, {escape(voice)}</text>')
        shapes.append(f'<text class="small" x="{_LEFT + _PLOT_WIDTH + 12}" y="{y + 28}">median / p95</text>')
        shapes += _axis(y + _HEAD, len(contenders) * _ROW, end_ms)
        for place, contender in enumerate(contenders):
            values = waits(turns, contender, voice)
            cut = cut_turns(turns, contender, voice)
            shapes += _row(contender, values, cut, y + _HEAD + place * _ROW, end_ms)
        y += _HEAD + len(contenders) * _ROW + _FOOT
    width = _LEFT + _PLOT_WIDTH + _RIGHT
    label = "Milliseconds from the end of the caller's speech to the first audible sample of the answer, turn by turn"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y}" role="img" aria-label="{label}">'
        f'<style>{_STYLE}</style><rect width="{width}" height="{y}" fill="#fff"/>{"".join(shapes)}</svg>\n'
    )


def _axis(top: int, height: int, end_ms: int) -> list[str]:
    shapes = []
    for ms in range(0, end_ms + 1, _STEP_MS):
        x = _x(ms, end_ms)
        shapes.append(f'<line x1="{x}" x2="{x}" y1="{top}" y2="{top + height}" stroke="#e3e7eb"/>')
        shapes.append(
            f'<text class="small" x="{x}" y="{top + height + 16}" text-anchor="middle">{ms / 1000:g} s</text>'
        )
    return shapes


def _row(contender: str, values: Sequence[float], cut: int, top: int, end_ms: int) -> list[str]:
    middle = top + _ROW / 2
    color = _OURS_COLOR if contender == OURS else _PEER_COLOR
    name = contender if contender == OURS else f"Pipecat, {contender}"
    shapes = [f'<text x="{_MARGIN}" y="{middle + 4}">{escape(name)}</text>']
    for value in values:
        shapes.append(f'<circle cx="{_x(value, end_ms)}" cy="{middle}" r="4" fill="{color}" fill-opacity=".35"/>')
    if values:
        p50, p95 = percentile(values, 50), percentile(values, 95)
        shapes += [_mark(_x(p50, end_ms), middle, 14, color), _mark(_x(p95, end_ms), middle, 9, color)]
        shapes.append(
            f'<text class="small" x="{_LEFT + _PLOT_WIDTH + 12}" y="{middle - 2}">{p50:.0f} / {p95:.0f} ms</text>'
        )
    shapes.append(f'<text class="small" x="{_LEFT + _PLOT_WIDTH + 12}" y="{middle + 12}">{cut} cut</text>')
    return shapes


def _mark(x: float, middle: float, reach: float, color: str) -> str:
    return f'<line x1="{x}" x2="{x}" y1="{middle - reach}" y2="{middle + reach}" stroke="{color}" stroke-width="3"/>'


def _x(ms: float, end_ms: int) -> float:
    return round(_LEFT + _PLOT_WIDTH * ms / end_ms, 1)
