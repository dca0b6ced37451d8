"""`steadyline drill soak`: many calls with random kills, and whether anything leaked."""

import argparse
import asyncio
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from steadyline.drills.options import add_result_options, conditions, count, result_folder, say_progress, write_results
from steadyline.drills.soak.drill import SoakOptions, run_soak
from steadyline.drills.soak.report import page, table

DESCRIPTION = """\
Starts a system of real processes on free ports, with engines that hear and speak tone pairs as fast as they go, and makes
call after call, some side by side. In every so-many-th call a service is killed at a random moment. A call is complete when
every word of its answer was heard once, in order. At the end processes, descriptors, threads, tasks, ports, memory, the
language model's slots and the journal's rows are compared with the start.
"""
EXAMPLES = """\
examples:
  steadyline drill soak                                    1,000 calls, 4 at once, a kill in every tenth
  steadyline drill soak --calls 100 --at-once 8 --kill-every 5 --seed 7
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the drill."""
    default = SoakOptions()
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("--calls", type=count, default=default.calls, metavar="N", help="calls in all (%(default)s)")
    add("--at-once", type=count, default=default.at_once, metavar="M", help="calls side by side (%(default)s)")
    add("--kill-every", type=int, default=default.kill_every, metavar="K", help="kill a service in every K-th call; 0: "
        "never (%(default)s)")  # fmt: skip
    add("--seed", type=int, default=default.seed, metavar="S", help="of what is killed when (%(default)s)")
    add_result_options(parser, "drill-soak")


def run(namespace: argparse.Namespace, path: Path | None, settings: Sequence[str]) -> int:
    """Soak and report; 0 when every call was complete and nothing leaked, else 1.

    Raises:
        DrillError: the system does not work even without a kill, or does not come to rest.
    """
    folder = result_folder(namespace)
    options = SoakOptions(
        namespace.calls, namespace.at_once, namespace.kill_every, namespace.seed, path, tuple(settings)
    )
    soaked = asyncio.run(run_soak(options, say_progress))
    command = shlex.join(["steadyline", *sys.argv[1:]])
    result = {**conditions("drill-soak", command), **soaked.as_dict()}
    write_results(folder, result, page(command, soaked))
    print(json.dumps(result, ensure_ascii=False, indent=1) if namespace.json else table(soaked))
    return 1 if soaked.faults else 0
