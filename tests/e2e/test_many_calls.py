"""Calls one after another and at the same time: each gets its own answer, and afterwards nothing is left over."""

import time
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.questions import QUESTIONS, Question
from tests.e2e.system import System
from tests.word_errors import word_error_rate

from steadyline.recorder.writing import GATHER_S, IDLE_S

ROUND = 4
SEQUENTIAL = 10
MEMORY_BYTES = 5_000_000
MEMORY_SHARE = 0.03
SETTLE_DEADLINE_S = 30.0
RECORDINGS_CLOSED_S = IDLE_S + 2 * GATHER_S + 1.0
"""Longer than a recording's file is kept open after what was written last."""


def check_answers(report: dict[str, Any], questions: list[Question]) -> None:
    """Every question was understood as itself and answered."""
    assert report["ended"] == "completed", report
    assert len(report["turns"]) == len(questions)
    for turn, question in zip(report["turns"], questions, strict=True):
        assert turn["voice_to_voice_ms"] is not None, f"no answer: {report}"
        assert word_error_rate(question.text, turn["caller_text"] or "") <= 0.2, turn
        assert turn["reply_text"]


def call_at_once(system: System, tmp_path: Path, questions: list[Question]) -> list[dict[str, Any]]:
    calls = [
        system.start_call(question.path, out=tmp_path / f"call{number}") for number, question in enumerate(questions)
    ]
    reports = [system.finish_call(call) for call in calls]
    for report, question in zip(reports, questions, strict=True):
        check_answers(report, [question])
    return reports


def settled(system: System) -> dict[str, dict[str, Any]]:
    """Resources once every call has left every service."""
    deadline = time.monotonic() + SETTLE_DEADLINE_S
    while True:
        status = system.status()
        if not status["calls"] and not [c for c in status["connections"] if c["call_id"]]:
            time.sleep(RECORDINGS_CLOSED_S)
            return system.resources()
        assert time.monotonic() < deadline, status
        time.sleep(0.5)


def load(system: System, folder: Path) -> None:
    """Ten calls in a row and four at once, each answered."""
    for number in range(SEQUENTIAL):
        question = QUESTIONS[number % len(QUESTIONS)]
        check_answers(system.call(question.path, out=folder / f"sequential{number}"), [question])
    reports = call_at_once(system, folder / "at-once", [QUESTIONS[n % len(QUESTIONS)] for n in range(ROUND)])
    assert len({report["call_id"] for report in reports}) == ROUND


def grown(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> list[str]:
    """Services that have more memory than what a measurement varies by."""
    faults = []
    for name, resources in after.items():
        more = resources["rss_bytes"] - before[name]["rss_bytes"]
        if more > max(MEMORY_BYTES, MEMORY_SHARE * before[name]["rss_bytes"]):
            faults.append(f"{name}: memory grew by {more / 1e6:.1f} MB")
    return faults


@pytest.mark.e2e
@pytest.mark.timeout(900)
def test_ten_in_a_row_and_four_at_once_leave_nothing_behind(system: System, tmp_path: Path) -> None:
    # What is looked for grows with every call; what the same load takes once is no leak.
    call_at_once(system, tmp_path / "warm", [QUESTIONS[number % len(QUESTIONS)] for number in range(ROUND)])
    for number in range(3):
        call_at_once(system, tmp_path / f"warm{number}", [QUESTIONS[number % len(QUESTIONS)]])
    before = settled(system)
    load(system, tmp_path / "first")
    after = settled(system)
    for name, resources in after.items():
        for kind in ("descriptors", "threads", "tasks"):
            assert resources[kind] == before[name][kind], f"{name}: {kind} {before[name][kind]} → {resources[kind]}"
    if grown(before, after):
        # An utterance that Whisper hears again with its whole window takes memory once, with whatever call it comes.
        load(system, tmp_path / "second")
        assert not grown(after, settled(system))
