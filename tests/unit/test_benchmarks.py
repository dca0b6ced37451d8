"""The benchmarks' results are whole and true to their raw values, and the documentation says what they say."""

import json
from pathlib import Path

import pytest
from benchmarks.__main__ import DOCUMENT, MEASUREMENTS
from benchmarks.figures import Figure, Measured, at_percent, largest, median, percentile
from benchmarks.results import FOLDER, read_results, write_result
from benchmarks.tables import markdown_section, replace_section, section_of, terminal_table


def test_the_documentation_has_the_results() -> None:
    assert section_of(DOCUMENT) == markdown_section(read_results(FOLDER, list(MEASUREMENTS)))


def test_result_files_are_whole() -> None:
    for file in FOLDER.glob("*.json"):
        if not file.stem.startswith(("drill-", "bench-")):
            check_result(file)


@pytest.mark.parametrize("command", ["drill", "bench"])
def test_results_of_drills_and_of_bench_say_what_was_run_on_what(command: str) -> None:
    for file in FOLDER.glob(f"{command}-*.json"):
        result = json.loads(file.read_text(encoding="utf-8"))
        assert result["name"] == file.stem and f" {command} " in result["command"]
        assert {"cpu", "cores", "memory_gb", "kernel", "python"} <= result["machine"].keys()
        assert not result["commit"].endswith("+"), "measured on sources that no commit has"
        assert file.with_suffix(".html").is_file()


def check_result(file: Path) -> None:
    result = json.loads(file.read_text(encoding="utf-8"))
    assert result["name"] == file.stem
    assert file.stem in MEASUREMENTS
    assert result["command"].startswith(f"python -m benchmarks {file.stem}")
    assert {"cpu", "cores", "memory_gb", "kernel", "python"} <= result["machine"].keys()
    assert not result["commit"].endswith("+"), "measured on sources that no commit has"
    assert result["raw"]
    assert result["figures"]
    assert "picture" not in result or (FOLDER / result["picture"]).is_file()
    for figure in result["figures"]:
        assert figure["met"] is (None if figure["bound"] is None else figure["value"] <= figure["bound"])


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [([3.0], 95, 3.0), ([4.0, 1.0, 3.0, 2.0], 50, 2.5), ([1.0, 2.0, 3.0], 50, 2.0), (list(range(101)), 95, 95.0)],
)
def test_percentiles(values: list[float], percent: float, expected: float) -> None:
    assert percentile(values, percent) == expected


def test_figures_sum_up_and_judge() -> None:
    values = [9.0, 1.0, 2.0, 3.0, 4.0]
    assert median("wait", values, "ms", 3.0) == Figure("wait", 3.0, "ms", "median", 5, 3.0)
    assert [median("", values, "ms", bound).met for bound in (2.9, 3.0, None)] == [False, True, None]
    assert largest("wait", values, "ms", 8.0).met is False
    assert at_percent("wait", values, 90, "ms").value == 7.0


def test_a_written_result_is_read_and_shown_with_its_bound(tmp_path: Path) -> None:
    machine = {"cpu": "Z80", "cores": 1, "memory_gb": 0.1, "kernel": "6.1", "python": "3.11.2"}
    given = {"command": "python -m benchmarks cpu", "commit": "0", "date": "today", "machine": machine}
    figures = (Figure("idle", 3.14159, "% of a core", "median", 3, 3.0), Figure("call", 120.4, "ms", "max", 2, 250.0))
    measured = Measured({"idle": [3.1, 3.14159, 3.2]}, figures)
    write_result(tmp_path / "cpu.json", "cpu", "CPU", {**given, "busy_before_percent": 1.5}, measured)

    results = read_results(tmp_path, ["startup", "cpu"])
    assert [result["raw"] for result in results] == [{"idle": [3.1, 3.14159, 3.2]}]
    assert "| idle | median of 3 | 3.14 % of a core | ≤ 3 | **no** |" in markdown_section(results)
    assert "| call | max of 2 | 120 ms | ≤ 250 | yes |" in markdown_section(results)
    assert "3.14 % of a core" in terminal_table(results)
    assert "![" not in markdown_section(results)
    assert "![CPU](../benchmarks/results/cpu.svg)" in markdown_section([{**results[0], "picture": "cpu.svg"}])

    document = tmp_path / "document.md"
    document.write_text(DOCUMENT.read_text(encoding="utf-8"), encoding="utf-8")
    replace_section(document, results)
    assert section_of(document) == markdown_section(results)
    assert document.read_text(encoding="utf-8").startswith("# Benchmarks\n")
