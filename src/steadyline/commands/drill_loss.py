"""`steadyline drill loss`: REGISTER and BYE on a bad network."""

import argparse
import asyncio
import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from steadyline.drills.loss.measurement import ALL_CONDITIONS, Measured
from steadyline.drills.loss.real import measure_for_real
from steadyline.drills.loss.report import as_dict, page, table
from steadyline.drills.loss.virtual import measure
from steadyline.drills.options import (
    add_result_options,
    conditions,
    count,
    result_folder,
    say_progress,
    write_results,
)
from steadyline.wire.registration import RegisterCadence

DESCRIPTION = """\
Loses 0, 10, 50 and 90 % of all REGISTERs and BYEs, then loses, doubles and delays half of them each. Every call must
connect, and nothing may be left of any. The times to connect are printed beside those that the polling's cadence
predicts. Many calls in virtual time; with --real N: N calls at once to real processes, through a UDP proxy.
"""
EXAMPLES = """\
examples:
  steadyline drill loss                  2,000 calls under each of the conditions, in virtual time
  steadyline drill loss --real 20        20 real calls at once
"""
OWN_S = 0.05
"""The simulated network's own time until a call is answered: some hops of half a millisecond."""
OWN_REAL_S = 0.15
"""The same of a real machine, SIP included. Less than the shortest interval of the cadence."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The drill's options."""
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--calls", type=count, default=2000, metavar="N", help="calls under each of the conditions")
    parser.add_argument("--real", type=count, metavar="N", help="N calls at once to real processes instead")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of what is lost (%(default)s)")
    parser.add_argument("--jobs", type=count, default=os.cpu_count() or 1, metavar="J", help="processes (%(default)s)")
    add_result_options(parser, "drill-loss")


def run(namespace: argparse.Namespace, path: Path | None, settings: Sequence[str]) -> int:
    """Run the drill and report; 0 when every call connected and nothing was left. Settings are the drill's own.

    Raises:
        DrillError: a real service did not come up.
    """
    folder = result_folder(namespace)
    if namespace.real is not None:
        all_measured = asyncio.run(measure_for_real(ALL_CONDITIONS, namespace.real, namespace.seed, _progress))
    else:
        all_measured = []
        for some in ALL_CONDITIONS:
            all_measured.append(measure(some, namespace.calls, namespace.seed, jobs=namespace.jobs))
            _progress(all_measured[-1])
    own_s, cadence = (OWN_S if namespace.real is None else OWN_REAL_S), RegisterCadence()
    name = "drill-loss" if namespace.real is None else "drill-loss-real"
    command = shlex.join(["steadyline", *sys.argv[1:]])
    result = {**conditions(name, command), **as_dict(all_measured, cadence, own_s)}
    write_results(folder, result, page(command, all_measured, cadence, own_s))
    as_json = json.dumps(result, ensure_ascii=False, indent=1)
    print(as_json if namespace.json else table(all_measured, cadence, own_s))
    return 0 if all(measured.is_well for measured in all_measured) else 1


def _progress(measured: Measured) -> None:
    say_progress(f"{measured.conditions}: {len(measured.ready_s)} calls connected, {measured.unanswered} not")
