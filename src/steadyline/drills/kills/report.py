"""What `drill kills` came to: figures, a table for people, and what goes into the JSON file."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from steadyline.drills.kills.cells import MATRIX, MOMENT_TEXTS, SERVICES, SIGNALS, Moment
from steadyline.drills.kills.outcome import Outcome
from steadyline.drills.options import conditions

WORST_S = {"kill": 3.0, "stop": 4.5}
MEDIAN_S = {"kill": 1.0}
"""Bounds of the added delay in the matrix, by signal, seconds. A frozen process is noticed after `connections.lost_after_s`."""


@dataclass(frozen=True)
class Run:
    """All cells once.

    Attributes:
        outcomes: one of each cell.
        took_s: for all of them.
        is_bounded: the bounds of the added delay hold: with drill engines, whose times are known.
    """

    outcomes: tuple[Outcome, ...]
    took_s: float
    is_bounded: bool = True

    @property
    def matrix(self) -> list[Outcome]:
        """The outcomes that count."""
        return [one for one in self.outcomes if one.group == MATRIX]

    @property
    def apart(self) -> list[Outcome]:
        """Double and triple faults."""
        return [one for one in self.outcomes if one.group != MATRIX]

    def added_s(self, signal: str) -> list[float]:
        """The added delays of the matrix's cells of one signal."""
        struck = [one for one in self.matrix if one.name.endswith(f"/{signal}")]
        return sorted(one.added_s for one in struck if one.added_s is not None)

    @property
    def exceeded(self) -> list[str]:
        """Bounds of the added delay that were not kept, in words."""
        found: list[str] = []
        for signal in SIGNALS if self.is_bounded else ():
            added_s = self.added_s(signal)
            if added_s and signal in MEDIAN_S and median(added_s) > MEDIAN_S[signal]:
                found.append(f"{signal}: median {median(added_s):.2f} s, wanted {MEDIAN_S[signal]:g} s at most")
            if added_s and added_s[-1] > WORST_S[signal]:
                found.append(f"{signal}: worst {added_s[-1]:.2f} s, wanted {WORST_S[signal]:g} s at most")
        return found

    @property
    def is_good(self) -> bool:
        """Every cell of the matrix passed, within the bounds; every fault apart passed, or came to its known limit."""
        return (
            all(one.passed for one in self.matrix)
            and all(one.passed or one.limit for one in self.apart)
            and not self.exceeded
        )

    def __str__(self) -> str:
        parts = []
        for name, outcomes in (("cells", self.matrix), ("faults apart", self.apart)):
            if outcomes:
                parts.append(f"{sum(one.passed for one in outcomes)} of {len(outcomes)} {name}")
        for signal in SIGNALS:
            if added_s := self.added_s(signal):
                parts.append(f"{signal}: median {median(added_s):.2f} s, worst {added_s[-1]:.2f} s later")
        return "; ".join([*parts, *self.exceeded, f"{self.took_s:.0f} s"])


def as_dict(
    command: str, lanes: int, baseline: dict[str, Any], runs: Sequence[Run], name: str = "drill-kills"
) -> dict[str, Any]:
    """The whole result, ready for JSON."""
    return {
        **conditions(name, command),
        "lanes": lanes,
        "baseline": baseline,
        "bounds": {"median_s": MEDIAN_S, "worst_s": WORST_S},
        "runs": [
            {
                "took_s": round(run.took_s, 1),
                "passed": sum(one.passed for one in run.outcomes),
                "cells": len(run.outcomes),
                "exceeded": run.exceeded,
                "outcomes": [one.as_dict() for one in run.outcomes],
            }
            for run in runs
        ],
    }


def table(runs: Sequence[Run]) -> str:
    """For people: the matrix with the added delays (the worst of all runs), what failed and why, a line for each run."""
    lines = [*_matrix_lines(runs), *_apart_lines(runs)]
    for number, run in enumerate(runs, 1):
        lines += [f"run {number}  {one.name}: {one.told}" for one in run.outcomes if not one.passed]
    return "\n".join([*lines, *(f"run {number}: {run}" for number, run in enumerate(runs, 1))])


def worst_by_name(runs: Sequence[Run]) -> dict[str, list[Outcome]]:
    """The outcomes of each cell in all runs, what failed and what was latest first."""
    found: dict[str, list[Outcome]] = {}
    for run in runs:
        for one in run.outcomes:
            found.setdefault(one.name, []).append(one)
    return {
        name: sorted(ones, key=lambda one: (one.passed, bool(one.limit), -(one.added_s or 0.0)))
        for name, ones in found.items()
    }


def verdict(outcomes: Sequence[Outcome]) -> str:
    """A cell in a few characters: the added delay in seconds, or that it failed."""
    worst = outcomes[0]
    if not worst.passed:
        return "limit" if worst.limit else "FAIL"
    return "pass" if worst.added_s is None else f"{max(0.0, worst.added_s):.2f}"


def _matrix_lines(runs: Sequence[Run]) -> list[str]:
    found = worst_by_name(runs)
    if not any(run.matrix for run in runs):
        return []
    heads = [f"{MOMENT_TEXTS[moment]:^26}" for moment in Moment]
    lines = ["added delay, s".ljust(15) + "".join(heads), " " * 15 + f"{'SIGKILL':>12} {'SIGSTOP':>12} " * len(Moment)]
    for service in SERVICES:
        cells = [found.get(f"{service}/{moment}/{signal}") for moment in Moment for signal in SIGNALS]
        lines.append(service.ljust(15) + "".join(f"{verdict(cell) if cell else '-':>12} " for cell in cells))
    return [line.rstrip() for line in lines]


def _apart_lines(runs: Sequence[Run]) -> list[str]:
    apart = [one.name for run in runs[:1] for one in run.apart]
    found = worst_by_name(runs)
    return [f"{name:38} {verdict(found[name]):>6}" for name in apart]
