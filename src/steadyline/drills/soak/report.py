"""What the soak came to, for people: a table, and a page with the memory as a picture."""

from html import escape

from steadyline.drills.soak.drill import SoakResult
from steadyline.drills.soak.resources import EXACT, Held

_WIDTH, _HEIGHT = 900, 320
_LINES_WIDTH = 800
_COLOURS = ("#1b5e9e", "#2d7d46", "#b3261e", "#7b3fa0", "#8a5a00", "#00707a", "#5f6b76")
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; color: #1b1f24; }
svg { width: 100%; height: auto; background: #f6f8fa; } svg text { font: 13px system-ui, sans-serif; fill: #1b1f24; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: right; padding: .25rem .5rem; }
td:first-child, th:first-child { text-align: left; } tr { border-bottom: 1px solid #d8dee4; } .bad { color: #b3261e; }
"""


def table(result: SoakResult) -> str:
    """What each service held before and after, and every fault."""
    heads = [*EXACT, "MB"]
    lines = ["before → after  ".ljust(12) + "".join(f"{head:>16}" for head in heads)]
    lines += [name.ljust(16) + "".join(f"{change:>16}" for change in _changes(result, name)) for name in result.before]
    return "\n".join([*lines, *result.faults, summary(result)])


def summary(result: SoakResult) -> str:
    """The soak in a line."""
    complete, kills = sum(not one.fault for one in result.calls), sum(result.kills.values())
    left = len(result.faults) - (len(result.calls) - complete)
    return (
        f"{complete} of {len(result.calls)} calls complete, {kills} kills, {left or 'no'} other faults, "
        f"{result.took_s:.0f} s"
    )


def page(command: str, result: SoakResult) -> str:
    """The whole page as HTML; nothing is fetched."""
    heads = "".join(f"<th>{head}" for head in ["", *EXACT, "MB"])
    rows = "".join(
        f"<tr><td>{escape(name)}" + "".join(f"<td>{change}" for change in _changes(result, name))
        for name in result.before
    )
    kills = ", ".join(f"{name} {count}" for name, count in result.kills.items())
    faults = "".join(f"<li class=bad>{escape(fault)}" for fault in result.faults) or "<li>none"
    return "\n".join(
        [
            "<!doctype html><html lang=en><meta charset=utf-8><title>Steadyline: drill soak</title>",
            f"<style>{_STYLE}</style><h1>Many calls with random kills</h1><p><code>{escape(command)}</code></p>",
            f"<p>{escape(summary(result))}. Killed: {escape(kills)}.</p>",
            "<h2>Memory of each service while the calls went on</h2>",
            _picture(result),
            f"<h2>Held when all was quiet, before → after</h2><table><tr>{heads}{rows}</table>",
            f"<h2>Faults</h2><ul>{faults}</ul></html>",
        ]
    )


def _changes(result: SoakResult, name: str) -> list[str]:
    before, after = result.before[name], result.after[name]
    changes = [f"{getattr(before, field)} → {getattr(after, field)}" for field in EXACT]
    return [*changes, f"{_megabytes(before):.1f} → {_megabytes(after):.1f}"]


def _megabytes(held: Held) -> float:
    return held.rss_bytes / 2**20


def _picture(result: SoakResult) -> str:
    """Resident memory of each service against calls made; a dip is a process that has just been started again."""
    if not result.memory:
        return ""
    calls, most = result.memory[-1][0], max(max(memory.values(), default=1) for _, memory in result.memory)
    lines = "".join(
        _line(result, name, colour, calls, most) for name, colour in zip(result.before, _COLOURS, strict=False)
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="Memory of each service against calls made">{lines}'
        f'<text x="8" y="20">{most / 2**20:.0f} MB</text><text x="{_LINES_WIDTH}" y="{_HEIGHT - 8}" '
        f'text-anchor="end">{calls} calls</text></svg>'
    )


def _line(result: SoakResult, name: str, colour: str, calls: int, most: int) -> str:
    points = [
        (_LINES_WIDTH * made / calls, _HEIGHT - (_HEIGHT - 30) * memory[name] / most)
        for made, memory in result.memory
        if name in memory
    ]
    if not points:
        return ""
    line = " ".join(f"{x:.0f},{y:.0f}" for x, y in points)
    return (
        f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>'
        f'<text x="{_LINES_WIDTH + 8}" y="{points[-1][1] + 4:.0f}" style="fill: {colour}">{escape(name)}</text>'
    )
