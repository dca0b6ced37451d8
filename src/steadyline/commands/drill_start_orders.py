"""`steadyline drill start-orders`: every order in which the processes can be started, and how long a call then waits."""

import argparse
import asyncio
import json
import os
import random
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from steadyline.drills.options import add_result_options, conditions, count, result_folder, write_results
from steadyline.drills.start_orders.orders import StartsReport, all_orders, run_orders
from steadyline.drills.start_orders.real import run_real_orders
from steadyline.drills.start_orders.report import as_dict, page, table

DESCRIPTION = """\
Starts gateway, inbound, whisper, llama, both voices and outbound in every order, 5,040 of them, 0 to 3 s apart, in
virtual time on the real connection code. A call rings from the moment at which the gateway is there; it is ready when
everything is connected that is connected before the first word. With --real N: N random orders with real processes and
a real SIP call.
"""
EXAMPLES = """\
examples:
  steadyline drill start-orders                     all 5,040 orders, some minutes
  steadyline drill start-orders --orders 500        some of them
  steadyline drill start-orders --real 50           with real processes
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The drill's options."""
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--orders", type=count, metavar="N", help="so many random ones instead of all")
    parser.add_argument("--real", type=count, metavar="N", help="N random orders with real processes instead")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of orders and delays (%(default)s)")
    parser.add_argument("--jobs", type=count, default=os.cpu_count() or 1, metavar="J", help="processes (%(default)s)")
    add_result_options(parser, "drill-start-orders")


def run(namespace: argparse.Namespace, path: Path | None, settings: Sequence[str]) -> int:
    """Run the drill and report; 0 when every start was ready in time. Settings are the drill's own.

    Raises:
        DrillError: a real service did not come up.
    """
    folder = result_folder(namespace)
    if namespace.real is not None:
        report = asyncio.run(run_real_orders(namespace.real, namespace.seed, _progress))
    else:
        orders = list(all_orders())
        if namespace.orders is not None:
            orders = random.Random(namespace.seed).sample(orders, min(namespace.orders, len(orders)))
        report = run_orders(orders, namespace.seed, jobs=namespace.jobs, progress=_progress)
    print("", file=sys.stderr)
    command = shlex.join(["steadyline", *sys.argv[1:]])
    name = "drill-start-orders" if namespace.real is None else "drill-start-orders-real"
    result = {**conditions(name, command), **as_dict(report)}
    write_results(folder, result, page(command, report))
    print(json.dumps(result, ensure_ascii=False, indent=1) if namespace.json else table(report))
    return 1 if report.late else 0


def _progress(report: StartsReport) -> None:
    text = f"\r{len(report.starts)} starts, {len(report.late)} late, worst {report.worst_s:.3f} s "
    print(text, end="", file=sys.stderr, flush=True)
