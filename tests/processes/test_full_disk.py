"""A call on a real system whose disk is full: it goes on, the operator sees why to act, and nothing of it is lost."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.processes.real_system import DEADLOCK_S, RealSystem, steadyline, wait_until, with_settings
from tests.services.full_disk import SmallFileSystem, small_file_system

from steadyline.calls.journal import JournalError, read_only
from steadyline.calls.records import CallRecord


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallFileSystem]:
    with small_file_system(tmp_path / "small") as found:
        yield found


@pytest.fixture
def system(tmp_path: Path, disk: SmallFileSystem) -> Iterator[RealSystem]:
    running = RealSystem(tmp_path, f"journal.path={disk.path}")
    try:
        running.wait_line("ready ")
        yield running
    finally:
        running.destroy()


def faulty(system: RealSystem) -> dict[str, Any]:
    """The services that show a fault, and what it is."""
    return {one["name"]: one["faults"][0]["text"] for one in system.status()["services"] if one["faults"]}


def only_call(path: Path) -> CallRecord | None:
    try:
        with read_only(path) as reader:
            return next(iter(reader.recent_calls(1)), None)
    except JournalError:
        return None


def test_a_call_while_the_disk_is_full(system: RealSystem, disk: SmallFileSystem, tmp_path: Path) -> None:
    disk.fill()
    uri = next(line for line in system.lines if line.startswith("ready ")).split()[1]
    arguments = [
        *with_settings(system.settings),
        "call",
        "--target",
        uri,
        "--out",
        str(tmp_path / "heard"),
        "--hold",
        "2",
    ]
    call = subprocess.run([sys.executable, "-m", "steadyline", *arguments], capture_output=True, timeout=DEADLOCK_S)
    assert call.returncode == 0, call.stderr.decode()

    wait_until(lambda: faulty(system).keys() == {"gateway", "llama"}, "who has something to write shows the fault")
    shown = steadyline(*with_settings(system.settings), "status")
    assert shown.returncode == 0, "every service is ready: calls are answered"
    assert shown.stdout.count("  FAULT for ") == 2 and str(disk.path) in shown.stdout
    assert only_call(disk.path) is None

    disk.free()
    wait_until(lambda: faulty(system) == {}, "the fault is over")
    record = only_call(disk.path)
    assert record is not None and record.answered_at is not None and record.ended_at is not None
    [greeting] = record.turns
    assert greeting.reply_text and greeting.clause_count == len(greeting.clauses)
    assert all(clause.heard_samples for clause in greeting.clauses), "the caller heard it"
    assert [event.kind for event in record.events] == ["answered", "media"]
    system.end(signal.SIGTERM)
    told = [line for line in system.lines if "calls go on" in line or "can be written again" in line]
    assert sorted(line.split()[2] for line in told) == ["ERROR", "ERROR", "INFO", "INFO"], told
    given_up = sorted(line.split()[3] for line in system.lines if "the recording of this call is given up" in line)
    assert given_up == ["gateway", "inbound", "llama", "outbound", "piper", "whisper"], (
        "each of those that record, once"
    )
    assert not sum(path.stat().st_size for path in disk.path.parent.glob("recordings/*/*"))
