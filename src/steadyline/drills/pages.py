"""A drill's result as one HTML page: what it says in words, tables and pictures; nothing is fetched."""

from collections.abc import Sequence
from html import escape

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; color: #1b1f24; }
svg { width: 100%; height: auto; background: #f6f8fa; } svg text { font: 13px system-ui, sans-serif; fill: #1b1f24; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: right; padding: .25rem .5rem; }
td:first-child, th:first-child { text-align: left; } tr { border-bottom: 1px solid #d8dee4; } .bad { color: #b3261e; }
pre { overflow-x: auto; background: #f6f8fa; padding: .75rem; font-size: 12px; }
"""
_WIDTH, _HEIGHT, _MARGIN = 900, 220, 28


def html_page(title: str, command: str, parts: Sequence[str]) -> str:
    """A page: heading, command line, and parts that are HTML already."""
    head = f"<!doctype html><html lang=en><meta charset=utf-8><title>Steadyline: {escape(title)}</title>"
    return "\n".join(
        [head, f"<style>{_STYLE}</style><h1>{escape(title)}</h1><p><code>{escape(command)}</code></p>", *parts]
    )


def html_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of plain texts."""
    lines = ["".join(f"<th>{escape(head)}" for head in heads)]
    lines += ["".join(f"<td>{escape(cell)}" for cell in row) for row in rows]
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def html_text(text: str, *, is_bad: bool = False) -> str:
    """A paragraph of plain text."""
    return f"<p{' class=bad' if is_bad else ''}>{escape(text)}</p>"


def histogram(values: Sequence[float], unit: str, bound: float) -> str:
    """How often which value came, with a line at the bound.

    Args:
        values: from 0 on; those beyond twice the bound are drawn there.
        unit: for the axis.
        bound: the most that is well.
    """
    bins = [0] * 48
    for value in values:
        bins[int(min(len(bins) - 1, len(bins) * value / (2 * bound)))] += 1
    most, width = max([1, *bins]), _WIDTH / len(bins)
    bars = "".join(
        f'<rect x="{at * width:.1f}" y="{_HEIGHT - _MARGIN - _bar(count, most):.1f}" width="{width - 1:.1f}" '
        f'height="{_bar(count, most):.1f}" fill="{"#2d7d46" if at < len(bins) / 2 else "#b3261e"}"/>'
        for at, count in enumerate(bins)
    )
    line = f'<line x1="{_WIDTH / 2}" y1="0" x2="{_WIDTH / 2}" y2="{_HEIGHT - _MARGIN}" stroke="#b3261e"/>'
    labels = "".join(
        f'<text x="{x}" y="{_HEIGHT - 8}" text-anchor="{anchor}">{text}</text>'
        for x, anchor, text in ((4, "start", "0"), (_WIDTH / 2, "middle", f"{bound:g} {unit}"))
    )
    return _svg(bars + line + labels, "How often which time came")


def steps(series: Sequence[tuple[str, str, Sequence[tuple[float, float]]]], end: float, unit: str) -> str:
    """Shares that grow with time, as steps.

    Args:
        series: name, colour, and (time, share from 0 to 1) where the share changes.
        end: of the time's axis.
        unit: of the time.
    """
    shapes = []
    for place, (name, colour, changes) in enumerate(series):
        points = [(0.0, 0.0)]
        for at, share in changes:
            points += [(min(at, end), points[-1][1]), (min(at, end), share)]
        points.append((end, points[-1][1]))
        path = " ".join(f"{_WIDTH * at / end:.1f},{_share_y(share):.1f}" for at, share in points)
        shapes.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        shapes.append(
            f'<text x="{_WIDTH - 8}" y="{_HEIGHT - _MARGIN - 10 - 18 * place}" text-anchor="end">'
            f'<tspan fill="{colour}">■</tspan> {escape(name)}</text>'
        )
    shapes.append(f'<text x="4" y="{_HEIGHT - 8}">0 {unit}</text>')
    shapes.append(f'<text x="{_WIDTH - 8}" y="{_HEIGHT - 8}" text-anchor="end">{end:g} {unit}</text>')
    return _svg("".join(shapes), "Share against time")


def _bar(count: int, most: int) -> float:
    return (_HEIGHT - _MARGIN) * count / most


def _share_y(share: float) -> float:
    return _HEIGHT - _MARGIN - (_HEIGHT - _MARGIN - 8) * share


def _svg(shapes: str, label: str) -> str:
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">{shapes}</svg>'
