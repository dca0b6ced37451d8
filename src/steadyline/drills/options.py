"""What the commands of the drills with real processes have in common: where results go, how far they are, on what they ran."""

import argparse
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from steadyline.drills.machine import commit, describe_machine
from steadyline.phone.out_folder import writable_folder

Progress = Callable[[str], None]

RESULTS = Path("benchmarks") / "results"
"""The repository's folder for what was measured."""


def add_result_options(parser: argparse.ArgumentParser, name: str) -> None:
    """`--json` and `--out`."""
    parser.add_argument(
        "--json", action="store_true", help="print the result as JSON, and nothing else to the standard output"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help=f"where the result goes as .json and .html, named {name} ({RESULTS} if there is such a folder, else drill-results)",
    )


def result_folder(namespace: argparse.Namespace) -> Path:
    """The folder of `--out`, made if absent. Asked for first: a result that took minutes must have a place to go.

    Raises:
        SteadylineError: nothing can be written there.
    """
    return writable_folder(namespace.out or (RESULTS if RESULTS.is_dir() else Path("drill-results")))


def write_results(folder: Path, result: dict[str, Any], page: str) -> None:
    """Leave `result` as <name>.json and `page` as <name>.html, where <name> is the result's "name"."""
    (folder / f"{result['name']}.json").write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n")
    (folder / f"{result['name']}.html").write_text(page)


def conditions(name: str, command: str) -> dict[str, Any]:
    """What was run, and on what: the head of every result."""
    return {"name": name, "command": command, "commit": commit(), "machine": describe_machine()}


def say_progress(text: str) -> None:
    """A line on standard error, so that `--json` has standard output for itself."""
    print(text, file=sys.stderr, flush=True)


def count(text: str) -> int:
    """A number from 1 on, for argparse."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 on")
    return int(text)


def amount(text: str) -> float:
    """A number from 0 on, for argparse."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 on")
    return value
