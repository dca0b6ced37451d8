"""`steadyline bench capacity`: how many calls this machine takes, and the limit written into the configuration."""

import argparse
import asyncio
import itertools
import json
import math
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil

from steadyline.bench.capacity.figures import Bounds
from steadyline.bench.capacity.measurement import CapacityOptions, measure_capacity
from steadyline.bench.capacity.report import page, table
from steadyline.config_edit import change_config
from steadyline.drills.options import add_result_options, conditions, count, result_folder, say_progress, write_results

DESCRIPTION = """\
Starts a system of real processes on free ports, calls it by SIP from processes of their own, and adds callers step by
step. Each asks a spoken question, waits for the answer, listens to its end, rests for 0.5 to 2.5 s, and asks again. It stops
when p95 of the wait from voice to voice, or the sound, breaks: p99 of the time between two packets at the caller's socket
beyond 20 ± 5 ms, frames that are lost or starved, questions or calls that are not answered. Takes at most five minutes.
"""
EXAMPLES = """\
examples:
  steadyline bench capacity                                   this machine, with the engines that are configured
  steadyline --config my.toml bench capacity --write          the same, and gateway.max_calls is set in my.toml
  steadyline bench capacity --engines instant                 without the engines: what calls themselves cost
  steadyline bench capacity --calls 1,2,4 --step-s 20         these numbers of calls
"""
STEPS = {"real": (1, 2, 3, 4, 6, 8, 10, 12, 16), "instant": (1, 10, 20, 40, 60, 80, 100, 120)}
STEP_S = {"real": 22.0, "instant": 20.0}
LIMIT_S = 280.0
"""Of five minutes, less what it takes to end."""
MOST_CALLS = 190
P95_S = 2.0
"""Commercial telephone agents were measured at a p95 of 1.8 to 2.3 s."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the benchmark."""
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("--engines", choices=tuple(STEPS), default="real", help="those that are configured, or ones that answer at once "
        "(%(default)s)")  # fmt: skip
    add(
        "--calls",
        type=_growing,
        metavar="N,N,…",
        help="steps, numbers of calls at once (real: 1 to 16, instant: 1 to 120)",
    )
    add("--step-s", type=count, metavar="S", help="how long a step is measured (real: 22, instant: 20)")
    add(
        "--p95",
        type=_seconds,
        default=P95_S,
        metavar="S",
        help="longest p95 of the wait from voice to voice (%(default)g)",
    )
    add("--write", action="store_true", help="set gateway.max_calls to the limit in the configuration file (--config)")
    add_result_options(parser, "bench-capacity (with -instant behind it)")


def run(namespace: argparse.Namespace, path: Path | None, settings: Sequence[str]) -> int:
    """Measure and report; 1 when not even the first step is well.

    Raises:
        DrillError: the system does not start.
        ConfigError: the limit cannot be written.
    """
    folder = result_folder(namespace)
    is_instant = namespace.engines == "instant"
    options = CapacityOptions(
        is_instant,
        namespace.calls or STEPS[namespace.engines],
        namespace.step_s or STEP_S[namespace.engines],
        LIMIT_S,
        Bounds(namespace.p95),
        path,
        tuple(settings),
    )
    measured, cores = asyncio.run(measure_capacity(options, say_progress)), psutil.cpu_count() or 1
    command = shlex.join(["steadyline", *sys.argv[1:]])
    name = "bench-capacity-instant" if is_instant else "bench-capacity"
    result = {
        **conditions(name, command),
        "limit": measured.limit,
        "faults": measured.faults,
        "steps": [step.as_dict() for step in measured.steps],
        "took_s": measured.took_s,
    }
    write_results(folder, result, page(command, measured, cores))
    print(json.dumps(result, ensure_ascii=False, indent=1) if namespace.json else table(measured, cores))
    if measured.limit:
        _apply(measured.limit, path if namespace.write else None, is_wanted=namespace.write)
    return 0 if measured.limit else 1


def _apply(limit: int, path: Path | None, *, is_wanted: bool) -> None:
    """Write the limit, or say where it would go."""
    if path is not None:
        change_config(path, {"gateway.max_calls": limit})
        say_progress(f"{path}: gateway.max_calls = {limit}; it holds from the next start on")
    else:
        why = "there is no configuration file to write it to (--config); " if is_wanted else ""
        say_progress(f"{why}in the configuration it is:\n\n[gateway]\nmax_calls = {limit}")


def _seconds(text: str) -> float:
    """A time above 0 for argparse."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no time in seconds above 0")
    return value


def _growing(text: str) -> tuple[int, ...]:
    """Numbers of calls for argparse, each larger than the one before."""
    numbers = tuple(count(part) for part in text.split(","))
    if max(numbers) > MOST_CALLS:
        raise argparse.ArgumentTypeError(f"{text!r}: at most {MOST_CALLS} calls have ports in a system on free ports")
    if any(later <= former for former, later in itertools.pairwise(numbers)):
        raise argparse.ArgumentTypeError(f"{text!r}: each number of calls must be larger than the one before")
    return numbers
