"""Results as tables: in the terminal, and as the section of docs/benchmarks.md that is made from the result files."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- results: made by python -m benchmarks -->", "<!-- end of results -->"


def terminal_table(results: Sequence[dict[str, Any]]) -> str:
    """For people at a terminal."""
    lines = []
    for result in results:
        lines += ["", result["title"].upper()]
        for figure in result["figures"]:
            value, bound, verdict = _cells(figure)
            lines.append(f"  {figure['name']:52} {figure['statistic']:7} {value:>22} {bound:>12}  {verdict}".rstrip())
    return "\n".join(lines)


def markdown_section(results: Sequence[dict[str, Any]]) -> str:
    """The section of the documentation, without its marks."""
    return "\n\n".join(_markdown(result) for result in results) or "No results have been taken yet."


def replace_section(document: Path, results: Sequence[dict[str, Any]]) -> None:
    """Bring the documentation's section up to date."""
    text = document.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    document.write_text(f"{before}{BEGIN}\n\n{markdown_section(results)}\n\n{END}{after}", encoding="utf-8")


def section_of(document: Path) -> str:
    """What stands in the documentation now."""
    text = document.read_text(encoding="utf-8")
    found = re.search(f"{re.escape(BEGIN)}\n\n(.*)\n\n{re.escape(END)}", text, re.DOTALL)
    return found[1] if found else ""


def _markdown(result: dict[str, Any]) -> str:
    machine = result["machine"]
    lines = [
        f"### {result['title']}",
        "",
        f"`{result['command']}`, commit {result['commit']}, {result['date']}; {machine['cores']} cores of "
        f"{machine['cpu']}, {machine['memory_gb']} GB, Linux {machine['kernel']}, Python {machine['python']}; "
        f"{result['busy_before_percent']:g} % busy before. Raw values: `benchmarks/results/{result['name']}.json`.",
        "",
        *_picture(result),
        "| what | statistic | value | bound | met |",
        "|---|---|---|---|---|",
    ]
    for figure in result["figures"]:
        value, bound, verdict = _cells(figure)
        lines.append(
            f"| {figure['name']} | {figure['statistic']} of {figure['samples']} | {value} | {bound} | {verdict} |"
        )
    return "\n".join(lines)


def _picture(result: dict[str, Any]) -> list[str]:
    return [f"![{result['title']}](../benchmarks/results/{result['picture']})", ""] if "picture" in result else []


def _cells(figure: dict[str, Any]) -> tuple[str, str, str]:
    """Value, bound and verdict as text; three significant digits are more than a machine repeats."""
    bound = "" if figure["bound"] is None else f"≤ {figure['bound']:g}"
    verdict = {None: "", True: "yes", False: "**no**"}[figure["met"]]
    return f"{_rounded(figure['value'])} {figure['unit']}", bound, verdict


def _rounded(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
