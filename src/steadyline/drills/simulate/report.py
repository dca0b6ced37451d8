"""What many histories came to, for people and for programs."""

import json
from dataclasses import asdict
from html import escape
from typing import Any

from steadyline.drills.pages import html_page, html_text
from steadyline.drills.simulate.history import to_json
from steadyline.drills.simulate.seeds import Failure, SeedsReport


def summary(report: SeedsReport) -> str:
    """The drill in two lines."""
    return (
        f"{report.seeds} histories from seed {report.first} on, {len(report.failures)} of them failed\n"
        f"{report.calls} calls, {report.words} words heard, {report.lasted_s / 3600:.1f} h of virtual time "
        f"in {report.took_s:.0f} s ({report.seeds / max(report.took_s, 1e-9):.1f} histories a second)"
    )


def table(report: SeedsReport) -> str:
    """The summary, and every failure with its shortest history."""
    return "\n\n".join([summary(report), *("\n".join(told(failure)) for failure in report.failures)])


def told(failure: Failure) -> list[str]:
    """A failure in lines: what is wrong, and the history to replay."""
    return [
        f"seed {failure.seed}, cut down to the shortest history that fails likewise "
        f"(`steadyline drill simulate --replay FILE`; the whole one: `--seed {failure.seed}`):",
        *(f"  {problem}" for problem in failure.problems),
        to_json(failure.history).rstrip(),
    ]


def as_dict(report: SeedsReport) -> dict[str, Any]:
    """For programs."""
    failures = [
        {
            "seed": failure.seed,
            "problems": [asdict(problem) for problem in failure.problems],
            "history": json.loads(to_json(failure.history)),
        }
        for failure in report.failures
    ]
    return {**asdict(report), "failures": failures}


def page(command: str, report: SeedsReport) -> str:
    """The same as a page."""
    failures = [f"<pre class=bad>{escape(chr(10).join(told(failure)))}</pre>" for failure in report.failures]
    return html_page("Drill simulate", command, [html_text(summary(report)), *failures])
