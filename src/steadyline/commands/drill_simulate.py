"""`steadyline drill simulate`: random histories in virtual time, and what came of them."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from steadyline.drills.simulate.generator import history_of
from steadyline.drills.simulate.history import History, HistoryError, from_json, to_json
from steadyline.drills.simulate.narrator import Narrator
from steadyline.drills.simulate.seeds import Failure, SeedsReport, run_seeds
from steadyline.drills.simulate.simulation import Outcome, simulate

SEEDS = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The drill's options."""
    parser.add_argument("--seeds", type=int, default=SEEDS, metavar="N", help=f"how many histories (default {SEEDS})")
    parser.add_argument("--first", type=int, default=0, metavar="S", help="the first seed (default 0)")
    parser.add_argument("--minutes", type=float, metavar="M", help="begin no more after so long")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="J", help="processes (default: cores)")
    parser.add_argument("--seed", type=int, metavar="S", help="run the history of one seed, and tell it")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run the history in a file, and tell it")
    parser.add_argument("--audio", action="store_true", help="with --seed or --replay: tell audio frames, too")
    parser.add_argument("--json", action="store_true", help="for programs")


def run(namespace: argparse.Namespace, path: Path | None, settings: Sequence[str]) -> int:
    """Run the drill; 0 when nothing was found. The configuration is the history's own."""
    if namespace.seed is not None or namespace.replay is not None:
        history = history_of(namespace.seed) if namespace.replay is None else _read(namespace.replay)
        return _replay(history, as_json=namespace.json, with_audio=namespace.audio)
    report = run_seeds(
        namespace.first,
        namespace.seeds,
        jobs=namespace.jobs,
        minutes=namespace.minutes,
        progress=_progress,
    )
    print("", file=sys.stderr)
    print(json.dumps(_as_dict(report), ensure_ascii=False, indent=2) if namespace.json else _told(report))
    return 1 if report.failures else 0


def _read(file: Path) -> History:
    try:
        return from_json(file.read_text())
    except OSError as error:
        raise HistoryError(f"{file} cannot be read: {error.strerror}") from error


def _replay(history: History, *, as_json: bool, with_audio: bool) -> int:
    say = (lambda text: print(text, file=sys.stderr)) if as_json else print
    outcome = simulate(history, Narrator(say, with_audio=with_audio))
    if as_json:
        print(json.dumps(_outcome_as_dict(outcome), ensure_ascii=False, indent=2))
    else:
        print(*(outcome.problems or ("nothing was wrong",)), f"trace {outcome.digest:08x}", sep="\n")
    return 1 if outcome.problems else 0


def _outcome_as_dict(outcome: Outcome) -> dict[str, Any]:
    return {**asdict(outcome), "digest": f"{outcome.digest:08x}"}


def _progress(report: SeedsReport) -> None:
    rate = report.seeds / report.took_s if report.took_s else 0.0
    text = f"\r{report.seeds} seeds, {rate:.1f} a second, {len(report.failures)} failed "
    print(text, end="", file=sys.stderr, flush=True)


def _told(report: SeedsReport) -> str:
    lines = [
        f"{report.seeds} histories from seed {report.first} on: {len(report.failures)} failed",
        f"{report.calls} calls, {report.words} words heard, {report.lasted_s / 3600:.1f} h of virtual time "
        f"in {report.took_s:.0f} s ({report.seeds / max(report.took_s, 1e-9):.1f} histories a second)",
    ]
    for failure in report.failures:
        lines += ["", *_told_failure(failure)]
    return "\n".join(lines)


def _told_failure(failure: Failure) -> list[str]:
    return [
        f"seed {failure.seed}:",
        *(f"  {problem}" for problem in failure.problems),
        f"the shortest history that still fails (`steadyline drill simulate --replay FILE`; whole: `--seed {failure.seed}`):",
        to_json(failure.history).rstrip(),
    ]


def _as_dict(report: SeedsReport) -> dict[str, Any]:
    failures = [
        {
            "seed": failure.seed,
            "problems": [asdict(problem) for problem in failure.problems],
            "history": json.loads(to_json(failure.history)),
        }
        for failure in report.failures
    ]
    return {**asdict(report), "failures": failures}
