"""`steadyline drill simulate`: random histories in virtual time, and what came of them."""

import argparse
import json
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from steadyline.drills.options import add_result_options, amount, conditions, count, result_folder, write_results
from steadyline.drills.simulate.generator import history_of
from steadyline.drills.simulate.history import History, HistoryError, from_json
from steadyline.drills.simulate.narrator import Narrator
from steadyline.drills.simulate.report import as_dict, page, table
from steadyline.drills.simulate.seeds import SeedsReport, run_seeds
from steadyline.drills.simulate.simulation import simulate

DESCRIPTION = """\
Runs the whole system in memory and virtual time under random histories: calls, losses, cut and slow paths, busy
engines, and services that are killed, frozen or replaced, many at the very moment of a message that matters. Every word
must be heard once and in order, and nothing may be left of any call. The same seed runs the same way; one that fails is
cut down to the shortest that does.
"""
EXAMPLES = """\
examples:
  steadyline drill simulate                                   1,000 histories
  steadyline drill simulate --seeds 100000 --minutes 60       an hour of them
  steadyline drill simulate --seed 42                         one of them, told step by step
  steadyline drill simulate --replay history.json             likewise, from a file
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The drill's options."""
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("--seeds", type=count, default=1000, metavar="N", help="how many histories (%(default)s)")
    add("--first", type=int, default=0, metavar="S", help="the first seed (%(default)s)")
    add("--minutes", type=amount, metavar="M", help="begin no more after so long")
    add("--jobs", type=count, default=os.cpu_count() or 1, metavar="J", help="processes (%(default)s)")
    add("--seed", type=int, metavar="S", help="run the history of one seed, and tell it")
    add("--replay", type=Path, metavar="FILE", help="run the history in a file, and tell it")
    add("--audio", action="store_true", help="with --seed or --replay: tell audio frames, too")
    add_result_options(parser, "drill-simulate")


def run(namespace: argparse.Namespace, path: Path | None, settings: Sequence[str]) -> int:
    """Run the drill; 0 when nothing was found. Settings are the history's own.

    Raises:
        HistoryError: the file is not a history.
    """
    if namespace.seed is not None or namespace.replay is not None:
        history = history_of(namespace.seed) if namespace.replay is None else _read(namespace.replay)
        return _replay(history, as_json=namespace.json, with_audio=namespace.audio)
    folder = result_folder(namespace)
    report = run_seeds(
        namespace.first, namespace.seeds, jobs=namespace.jobs, minutes=namespace.minutes, progress=_progress
    )
    print("", file=sys.stderr)
    command = shlex.join(["steadyline", *sys.argv[1:]])
    result = {**conditions("drill-simulate", command), **as_dict(report)}
    write_results(folder, result, page(command, report))
    print(json.dumps(result, ensure_ascii=False, indent=1) if namespace.json else table(report))
    return 1 if report.failures else 0


def _read(file: Path) -> History:
    try:
        return from_json(file.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise HistoryError(f"{file} cannot be read: {error}") from error


def _replay(history: History, *, as_json: bool, with_audio: bool) -> int:
    narrator = Narrator(_to_standard_error if as_json else print, with_audio=with_audio)
    outcome = simulate(history, narrator)
    digest = f"{outcome.digest:08x}"
    if as_json:
        print(json.dumps({**asdict(outcome), "digest": digest}, ensure_ascii=False, indent=1))
    else:
        print(*(outcome.problems or ("nothing was wrong",)), f"trace {digest}", sep="\n")
    return 1 if outcome.problems else 0


def _to_standard_error(text: str) -> None:
    print(text, file=sys.stderr)


def _progress(report: SeedsReport) -> None:
    rate = report.seeds / report.took_s if report.took_s else 0.0
    text = f"\r{report.seeds} histories, {rate:.1f} a second, {len(report.failures)} failed "
    print(text, end="", file=sys.stderr, flush=True)
