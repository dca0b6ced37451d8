"""`python -m benchmarks [NAME …] [--runs N] [--list]`: measure, write the results, bring docs/benchmarks.md up to date."""

import argparse
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import (
    barge_in,
    call_setup,
    console,
    cpu,
    echo_guard,
    event_loop,
    greeting,
    invented_turns,
    jitter_buffer,
    loudness,
    media_path,
    memory,
    peers,
    recorder_cost,
    startup,
    voice_to_voice,
    whisper_window,
)
from benchmarks.machine import QUIET_PERCENT, ROOT
from benchmarks.measurement import Measurement, Request
from benchmarks.results import FOLDER, conditions, read_results, write_result
from benchmarks.tables import replace_section, terminal_table
from steadyline.errors import SteadylineError

MODULES = (
    startup,
    memory,
    cpu,
    call_setup,
    greeting,
    event_loop,
    voice_to_voice,
    whisper_window,
    invented_turns,
    barge_in,
    echo_guard,
    jitter_buffer,
    media_path,
    loudness,
    recorder_cost,
    peers,
    console,
)
MEASUREMENTS: dict[str, Measurement] = {module.MEASUREMENT.name: module.MEASUREMENT for module in MODULES}
DOCUMENT = ROOT / "docs" / "benchmarks.md"
QUESTIONS = ROOT / "examples" / "questions"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is named, or everything. 0 whether bounds are met or not: the results say which are; 1 when a
    measurement could not be made, 2 for unusable arguments.
    """
    parser = _parser()
    namespace = parser.parse_args(arguments)
    if namespace.list:
        print(_list())
        return 0
    unknown = [name for name in namespace.names if name not in MEASUREMENTS]
    questions = tuple(sorted(namespace.questions.glob("*.wav")))
    if unknown or not questions:
        parser.error(f"no measurement {unknown[0]!r}" if unknown else f"no *.wav in {namespace.questions}")
    measurements = [MEASUREMENTS[name] for name in namespace.names or MEASUREMENTS]
    results, failures = [], 0
    for item in measurements:
        try:
            results.append(_measure(item, namespace.runs, questions, namespace.out))
        except SteadylineError as error:
            failures += 1
            _progress(f"{item.name}: {error}")
    print(terminal_table(results))
    if namespace.out == FOLDER:
        replace_section(DOCUMENT, read_results(FOLDER, list(MEASUREMENTS)))
    return 1 if failures else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the whole system.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to measure (default: everything)")
    parser.add_argument("--runs", type=_count, metavar="N", help="how often; --list says what a run is")
    parser.add_argument("--list", action="store_true", help="show what can be measured")
    parser.add_argument("--out", type=Path, default=FOLDER, metavar="DIR", help="where the results go; elsewhere than in "
        "benchmarks/results the documentation stays as it is")  # fmt: skip
    parser.add_argument("--questions", type=Path, default=QUESTIONS, metavar="DIR", help="spoken questions, *.wav "
        "(examples/questions)")  # fmt: skip
    return parser


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of runs, 1 or more")
    return int(text)


def _list() -> str:
    lines = [f"{item.name:15} {item.title:15} {item.default_runs:3} x {item.run_is}" for item in MEASUREMENTS.values()]
    return "\n".join(lines)


def _measure(measurement: Measurement, runs: int | None, questions: tuple[Path, ...], out: Path) -> dict[str, Any]:
    count = runs or measurement.default_runs
    given = conditions(f"python -m benchmarks {measurement.name} --runs {count}")
    given["date"] = datetime.now(UTC).isoformat(timespec="seconds")
    if measurement.picture is not None:
        given["picture"] = f"{measurement.name}.svg"
    if given["busy_before_percent"] > QUIET_PERCENT:
        _progress(f"{measurement.name}: the machine is busy with something else: not figures to keep")
    if given["commit"].endswith("+"):
        _progress(f"{measurement.name}: src/ differs from the commit: not figures to keep")
    request = Request(count, questions, lambda text: _progress(f"{measurement.name}: {text}"))
    measured = measurement.measure(request)
    result = write_result(out / f"{measurement.name}.json", measurement.name, measurement.title, given, measured)
    if measurement.picture is not None:
        (out / given["picture"]).write_text(measurement.picture(result), encoding="utf-8")
    return result


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    # What was started for a measurement ends with it, also when it is ended from outside.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.exit(main())
