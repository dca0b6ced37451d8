"""What the replays came to: shares and percentiles, as a table and a page for people, and as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from steadyline.bench.endpointing.replay import Outcome
from steadyline.drills.pages import html_page, html_table, html_text


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The figures of one policy; waits in ms, None where there are none."""
    paused = [outcome for outcome in outcomes if outcome.has_pause]
    whole = [outcome for outcome in outcomes if not outcome.has_pause]
    waits = {"whole": _waits(whole), "paused": _waits([outcome for outcome in paused if not outcome.is_cut])}
    return {
        "paused": len(paused),
        "paused_cut": sum(outcome.is_cut for outcome in paused),
        "paused_cut_share": _share(paused),
        "whole": len(whole),
        "whole_cut": sum(outcome.is_cut for outcome in whole),
        "not_found": sum(outcome.wait_ms is None for outcome in outcomes),
        **{f"{name}_wait_ms_p{q}": _percentile(values, q) for name, values in waits.items() for q in (50, 90)},
    }


def as_dict(by_policy: Mapping[str, Sequence[Outcome]], transcription_ms: Sequence[float]) -> dict[str, Any]:
    """Everything, for programs."""
    return {
        "transcription_ms_p50": _percentile(transcription_ms, 50),
        "policies": {name: summary(outcomes) for name, outcomes in by_policy.items()},
        "utterances": {name: [_told(outcome) for outcome in outcomes] for name, outcomes in by_policy.items()},
    }


def table(by_policy: Mapping[str, Sequence[Outcome]], transcription_ms: Sequence[float]) -> str:
    """The figures, and the utterances that were cut."""
    rows = [("", *by_policy), *_rows([summary(outcomes) for outcomes in by_policy.values()])]
    width = max(len(row[0]) for row in rows) + 2
    lines = [row[0].ljust(width) + "".join(cell.rjust(22) for cell in row[1:]) for row in rows]
    lines.append(f"a transcription takes {_percentile(transcription_ms, 50)} ms (p50)")
    for name, outcomes in by_policy.items():
        lines += [f"cut by {name}: {_story(outcome)}" for outcome in outcomes if outcome.is_cut]
    return "\n".join(lines)


def page(command: str, result: Mapping[str, Any]) -> str:
    """What `as_dict` gave as a page: the figures, what was cut, and every wait; nothing is fetched."""
    policies = result["policies"]
    parts = [html_table(("", *policies), _rows(list(policies.values())))]
    for name, utterances in result["utterances"].items():
        rows = [
            (one["name"], one["text"], "cut" if one["is_cut"] else f"{one['wait_ms']} ms", " | ".join(_heard(one)))
            for one in utterances
        ]
        parts += [
            html_text(name),
            html_table(("utterance", "said", "wait", "understood, and when it was decided"), rows),
        ]
    return html_page("When a turn is over", command, parts)


def _heard(utterance: Mapping[str, Any]) -> Iterator[str]:
    for decision in utterance["decisions"]:
        yield f"{decision['text']} ({decision['at_ms']:+g} ms)"


def _rows(summaries: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """A line for each figure, a cell for each policy."""
    return [
        ("with a pause inside: cut before the end", *(_of(s, "paused_cut", "paused") for s in summaries)),
        ("  the others: wait p50 / p90", *(_pair(s, "paused") for s in summaries)),
        ("complete: cut before the end", *(_of(s, "whole_cut", "whole") for s in summaries)),
        ("complete: wait p50 / p90", *(_pair(s, "whole") for s in summaries)),
        ("end not found", *(str(s["not_found"]) for s in summaries)),
    ]


def _story(outcome: Outcome) -> str:
    return f"{outcome.name}: " + " | ".join(
        f"{decision.text!r} ({decision.at_ms:+g} ms)" for decision in outcome.decisions
    )


def _told(outcome: Outcome) -> dict[str, Any]:
    return {**asdict(outcome), "is_cut": outcome.is_cut, "wait_ms": outcome.wait_ms}


def _waits(outcomes: Sequence[Outcome]) -> list[float]:
    return [outcome.wait_ms for outcome in outcomes if outcome.wait_ms is not None]


def _share(outcomes: Sequence[Outcome]) -> float | None:
    return round(sum(outcome.is_cut for outcome in outcomes) / len(outcomes), 3) if outcomes else None


def _percentile(values: Sequence[float], q: int) -> int | None:
    return round(float(np.percentile(values, q))) if values else None


def _of(figures: Mapping[str, Any], part: str, whole: str) -> str:
    return f"{figures[part]} of {figures[whole]}"


def _pair(figures: Mapping[str, Any], name: str) -> str:
    return f"{figures[f'{name}_wait_ms_p50']} / {figures[f'{name}_wait_ms_p90']} ms"
