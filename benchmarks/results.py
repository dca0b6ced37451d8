"""Result files: written by a measurement, read by the documentation and its test."""

import json
from pathlib import Path
from typing import Any

from benchmarks.figures import Measured
from benchmarks.machine import ROOT, busy_percent
from steadyline.drills.machine import commit, describe_machine

FOLDER = ROOT / "benchmarks" / "results"


def conditions(command: str) -> dict[str, Any]:
    """To be taken before a measurement: what is measured, on what, and how busy the machine is without it."""
    return {
        "command": command,
        "commit": commit(),
        "machine": describe_machine(),
        "busy_before_percent": busy_percent(),
    }


def write_result(path: Path, name: str, title: str, given: dict[str, Any], measured: Measured) -> dict[str, Any]:
    """Write one result; returns what was written. A file that was there is replaced in one step."""
    result = {
        "name": name,
        "title": title,
        **given,
        "figures": [figure.as_dict() for figure in measured.figures],
        "raw": measured.raw,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    new.replace(path)
    return result


def read_results(folder: Path, names: list[str]) -> list[dict[str, Any]]:
    """The results that are there, in the order of `names`."""
    paths = [folder / f"{name}.json" for name in names]
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths if path.is_file()]
