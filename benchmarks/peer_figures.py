"""What the comparison comes to: waits, ratios with the issue's bounds, turns that were cut, CPU and memory."""

from collections.abc import Sequence
from typing import Any

from benchmarks.figures import Figure, at_percent, median, percentile

OURS = "steadyline"
MS, RATIO = "ms", "of the peer's"
BOUNDS: dict[tuple[str, str], dict[int, float]] = {
    ("tuned", "piper"): {50: 0.5, 95: 0.6},
    ("tuned", "kokoro"): {50: 0.5},
    ("tuned-short-window", "piper"): {50: 0.85, 95: 0.85},
}
"""Most that our wait may be of a peer's, by peer, voice and percentile."""

Rows = Sequence[dict[str, Any]]


def figures(turns: Rows, calls: Rows, contenders: Sequence[str], voices: Sequence[str]) -> list[Figure]:
    """All of them, voice by voice.

    Args:
        turns: with `contender`, `voice`, `round`, `wait_ms` (None where there was no answer), `cut`, `stages_ms`.
        calls: with `contender`, `voice`, `turns`, `cpu_s`, `pss_mb`.
    """
    found = []
    for voice in voices:
        for contender in contenders:
            found += _own_figures(f"{contender}, {voice}", _of(turns, contender, voice), _of(calls, contender, voice))
        for peer in contenders:
            if peer != OURS:
                found += _ratios(turns, peer, voice)
                found.append(_cuts_beside(turns, peer, voice))
    return found


def waits(turns: Rows, contender: str, voice: str, number: int | None = None) -> list[float]:
    """Voice to voice, ms, of all turns that were answered, of one round or of all."""
    return [
        float(turn["wait_ms"])
        for turn in _of(turns, contender, voice)
        if turn["wait_ms"] is not None and number in (None, turn["round"])
    ]


def cut_turns(turns: Rows, contender: str, voice: str) -> int:
    """How many were cut at a pause."""
    return sum(bool(turn["cut"]) for turn in _of(turns, contender, voice))


def _of(rows: Rows, contender: str, voice: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["contender"] == contender and row["voice"] == voice]


def _own_figures(name: str, turns: Rows, calls: Rows) -> list[Figure]:
    answered = [turn for turn in turns if turn["wait_ms"] is not None]
    # Somebody who was cut may be answered soon, but to half of what was said.
    whole = [turn for turn in answered if not turn["cut"]]
    found = []
    for title, some in (("voice to voice", answered), ("voice to voice, not cut", whole)):
        values = [float(turn["wait_ms"]) for turn in some]
        if values:
            found.append(median(f"{title}, {name}", values, MS))
            found += [at_percent(f"{title}, {name}", values, percent, MS) for percent in (90, 95)]
    stages = list(dict.fromkeys(stage for turn in turns for stage in turn["stages_ms"]))
    for stage in stages:
        values = [turn["stages_ms"][stage] for turn in turns if stage in turn["stages_ms"]]
        found.append(median(f"{stage.replace('_', ' ')}, {name}", values, MS))
    cut = sum(bool(turn["cut"]) for turn in turns)
    found.append(Figure(f"cut at a pause, {name}", cut, "turns", "number", len(turns)))
    unanswered = sum(turn["wait_ms"] is None for turn in turns)
    found.append(Figure(f"without an answer of their own, {name}", unanswered, "turns", "number", len(turns)))
    found.append(median(f"CPU time of a turn, {name}", [call["cpu_s"] / call["turns"] for call in calls], "s"))
    found.append(median(f"memory (PSS), {name}", [call["pss_mb"] for call in calls], "MB"))
    return found


def _ratios(turns: Rows, peer: str, voice: str) -> list[Figure]:
    """Over all rounds together, and in the round that is worst for us."""
    found = []
    rounds = sorted({turn["round"] for turn in turns})
    for percent in (50, 95):
        bound = BOUNDS.get((peer, voice), {}).get(percent)
        name = f"p{percent} of {OURS} beside {peer}, {voice}"
        whole = _ratio(turns, peer, voice, percent, None)
        each = [_ratio(turns, peer, voice, percent, number) for number in rounds]
        per_round = [ratio for ratio in each if ratio is not None]
        if whole is not None and per_round:
            answered = len(waits(turns, OURS, voice))
            found.append(Figure(name, round(whole, 3), RATIO, "all rounds", answered, bound))
            found.append(Figure(name, round(max(per_round), 3), RATIO, "worst round", len(per_round), bound))
    return found


def _ratio(turns: Rows, peer: str, voice: str, percent: int, number: int | None) -> float | None:
    ours, theirs = (waits(turns, contender, voice, number) for contender in (OURS, peer))
    return percentile(ours, percent) / percentile(theirs, percent) if ours and theirs else None


def _cuts_beside(turns: Rows, peer: str, voice: str) -> Figure:
    """Ours may not be more than the tuned peer's; beside the others it is told without a bound."""
    theirs = cut_turns(turns, peer, voice)
    total = len(_of(turns, OURS, voice))
    bound = theirs if (peer, voice) in BOUNDS else None
    return Figure(
        f"cut by {OURS}, {theirs} by {peer}, {voice}", cut_turns(turns, OURS, voice), "turns", "number", total, bound
    )
