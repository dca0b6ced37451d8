"""`steadyline drill kills`: services killed and frozen in real calls, measured in what the caller heard."""

import argparse
import asyncio
import json
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from steadyline.config_file import load_config
from steadyline.drills.kills.cells import SERVICES, SIGNALS, STANDBY, Cell, Moment, select, without_standby
from steadyline.drills.kills.drill import KillOptions, lanes, learn, run_cells
from steadyline.drills.kills.outcome import Outcome
from steadyline.drills.kills.page import page
from steadyline.drills.kills.report import Run, as_dict, table
from steadyline.drills.kills.script import DialogueT, Script
from steadyline.drills.kills.spoken_script import MOMENTS as SPOKEN_MOMENTS
from steadyline.drills.kills.spoken_script import SpokenScript
from steadyline.drills.kills.tone_script import ToneScript
from steadyline.drills.options import add_result_options, count, result_folder, say_progress, write_results
from steadyline.drills.tone_engines import WITHOUT_STANDBY

DESCRIPTION = """\
Starts systems of real processes on free ports, with engines that hear and speak tone pairs, calls them by SIP, and strikes
one service in each call: {inbound, whisper, llama, tts, outbound} x {call idle, caller speaking, transcribing, first clause
being made, in the middle of playback} x {SIGKILL, SIGSTOP}. A cell passes when the caller heard every word of every answer
once, in order. Added delay is the largest lateness of any word against calls in which nothing was done.
"""
EXAMPLES = """\
examples:
  steadyline drill kills                                 the matrix of 50
  steadyline drill kills --runs 3 --cells all            three times, with double and triple faults
  steadyline drill kills --service llama --signal kill   five cells of it
  steadyline drill kills --cells 'twice/*' --cells 'two/*+outbound/playback'
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the drill."""
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("--cells", action="append", default=[], metavar="PATTERN", help="which cells: names with * and ?, or matrix "
        "(default), apart (double and triple faults), all; again for more")  # fmt: skip
    add(
        "--service",
        action="append",
        default=[],
        choices=(*SERVICES, STANDBY),
        help="only cells that strike it; again for more",
    )
    add("--moment", action="append", default=[], choices=[moment.value for moment in Moment], help="only cells of this "
        "moment; again for more")  # fmt: skip
    add("--signal", action="append", default=[], choices=tuple(SIGNALS), help="only cells with this signal")
    add("--runs", type=count, default=1, metavar="N", help="run the cells so often (%(default)s)")
    add("--baseline", type=count, default=4, metavar="N", help="calls in which nothing is done, to measure the others "
        "against (%(default)s)")  # fmt: skip
    add("--lanes", type=count, default=2, metavar="N", help="systems that are drilled side by side (%(default)s)")
    add("--real-engines", action="store_true", help="Whisper, the GGUF model, Piper and Kokoro instead of drill engines; "
        "the heard answer is compared with the journal by word error rate; if no --moment is named: transcribing and "
        "playback, in one lane")  # fmt: skip
    add("--without-standby", action="store_true", help="drill systems that have one voice only")
    add_result_options(parser, "drill-kills (with -apart, -real-engines or -without-standby behind it)")


def run(namespace: argparse.Namespace, path: Path | None, settings: Sequence[str]) -> int:
    """Drill and report; 0 when every cell of the matrix passed within the bounds of the added delay, else 1.

    Raises:
        ConfigError: no such cells.
        DrillError: the system does not work even without a kill.
    """
    moments = namespace.moment or (SPOKEN_MOMENTS if namespace.real_engines else ())
    cells = select(namespace.cells, namespace.service, moments, namespace.signal)
    if namespace.without_standby:
        cells, settings = without_standby(cells), [WITHOUT_STANDBY, *settings]
    out = result_folder(namespace)
    options = KillOptions(
        lanes=1 if namespace.real_engines else min(namespace.lanes, len(cells)),
        baseline_calls=namespace.baseline,
        config_path=path,
        settings=tuple(settings),
        evidence=out / "failed",
    )
    if namespace.real_engines:
        runs, baseline = _drilled(SpokenScript(load_config(path, settings)), cells, options, namespace.runs)
    else:
        runs, baseline = _drilled(ToneScript(), cells, options, namespace.runs)
    command = shlex.join(["steadyline", *sys.argv[1:]])
    variants = ["apart"] * (namespace.cells == ["apart"])
    variants += ["real-engines"] * namespace.real_engines + ["without-standby"] * namespace.without_standby
    result = as_dict(command, options.lanes, baseline, runs, "-".join(["drill-kills", *variants]))
    write_results(out, result, page(command, options.baseline_calls, runs))
    print(json.dumps(result, ensure_ascii=False, indent=1) if namespace.json else table(runs))
    return 0 if all(one.is_good for one in runs) else 1


def _drilled(
    script: Script[DialogueT], cells: Sequence[Cell], options: KillOptions, runs: int
) -> tuple[list[Run], dict[str, Any]]:
    return asyncio.run(_drill(script, cells, options, runs)), script.baseline()


async def _drill(script: Script[DialogueT], cells: Sequence[Cell], options: KillOptions, runs: int) -> list[Run]:
    done: list[Run] = []
    async with lanes(script, options) as made:
        say_progress(f"{options.baseline_calls} calls in which nothing is done")
        await learn(script, made, options.baseline_calls)
        for number in range(1, runs + 1):
            started_at, seen = time.monotonic(), list[Outcome]()

            def show(outcome: Outcome, number: int = number, seen: list[Outcome] = seen) -> None:
                seen.append(outcome)
                late = "" if outcome.added_s is None else f", {outcome.added_s:.2f} s late"
                failed = "" if outcome.passed or outcome.limit else "FAILED: "
                say_progress(
                    f"run {number}  {len(seen):3} of {len(cells)}  {outcome.name}{late}: {failed}{outcome.told}"
                )

            outcomes = await run_cells(made, cells, show)
            done.append(Run(tuple(outcomes), time.monotonic() - started_at, script.is_bounded))
    return done
