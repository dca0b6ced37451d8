"""Written behind: nobody waits, nothing is raised, and who cannot write gives up the one recording."""

import errno
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.services.full_disk import small_file_system

from steadyline.recorder import writing as module
from steadyline.recorder.folders import call_folder, is_live, open_file, recording_files
from steadyline.recorder.reading import Recording
from steadyline.recorder.recorder import Recorder, What
from steadyline.recorder.writing import Writing

UUIDS = [f"01234567-89ab-cdef-0123-{number:012x}" for number in range(10)]
LOG = logging.getLogger("steadyline.tests")
DEADLOCK_S = 20.0


class Dropped:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


def make_recorder(directory: Path, writing: Writing) -> Recorder:
    return Recorder("gateway", 7, directory, lambda: 1000.0, writing, What())


@pytest.fixture
def dropped() -> Dropped:
    return Dropped()


@pytest.fixture
def writing(dropped: Dropped) -> Iterator[Writing]:
    writing = Writing(LOG, dropped, has_thread=False)
    yield writing
    writing.close()


def events(directory: Path, uuid: str) -> list[int]:
    return [one.detail["number"] for one in Recording(call_folder(directory, uuid)).happenings() if one.event == "n"]


def test_a_thread_writes_what_it_was_told(tmp_path: Path, dropped: Dropped) -> None:
    writing = Writing(LOG, dropped)
    recorder = make_recorder(tmp_path, writing)
    for number in range(1000):
        call = recorder.call(UUIDS[number % 3], 2)
        assert call is not None
        call.begin()
        call.event("n", number=number)
    recorder.close()
    assert [events(tmp_path, uuid) for uuid in UUIDS[:3]] == [list(range(first, 1000, 3)) for first in range(3)]
    assert dropped.count == 0
    assert [thread.name for thread in threading.enumerate() if thread.name == "recorder"] == []


def test_a_disk_that_hangs_keeps_nobody_waiting(
    tmp_path: Path, dropped: Dropped, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The writer stands still; whoever tells it something does not."""
    may_go_on = threading.Event()
    real = os.write

    def hangs(descriptor: int, data: Any) -> int:
        may_go_on.wait(DEADLOCK_S)
        return real(descriptor, data)

    monkeypatch.setattr(module.os, "write", hangs)
    monkeypatch.setattr(module, "MAX_QUEUED_BYTES", 20_000)
    writing = Writing(LOG, dropped)
    call = make_recorder(tmp_path, writing).call(UUIDS[0], 66)
    assert call is not None
    call.begin()
    with caplog.at_level(logging.ERROR):
        for number in range(10_000):
            call.event("n", number=number)
    may_go_on.set()
    writing.close()
    assert dropped.count == 1
    [line] = [record for record in caplog.records if "is given up" in record.getMessage()]
    assert line.call_id == 66 and "too slow" in line.getMessage()  # type: ignore[attr-defined]


def test_a_full_disk_costs_the_recording_and_leaves_a_readable_one(
    tmp_path: Path,
    dropped: Dropped,
    writing: Writing,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "RESERVE_BYTES", 0)
    with small_file_system(tmp_path / "small") as disk:
        directory = tmp_path / "small" / "recordings"
        call = make_recorder(directory, writing).call(UUIDS[0], 66)
        assert call is not None
        call.begin()
        call.event("n", number=0)
        writing.drain()
        disk.fill()
        for number in range(1, 2000):
            call.event("n", number=number)
        writing.drain()
        call.event("n", number=3000)
        writing.drain()
        found = events(directory, UUIDS[0])
        assert found == list(range(len(found))), "what there is, is whole"
        disk.free()
        call.event("n", number=4000)
        writing.drain()
        assert events(directory, UUIDS[0]) == found, "nothing follows what was torn"
    assert dropped.count == 1
    assert [record.call_id for record in caplog.records if "No space left" in record.getMessage()] == [66]  # type: ignore[attr-defined]


def test_what_the_journal_needs_of_the_disk_is_left_to_it(
    tmp_path: Path, dropped: Dropped, writing: Writing, caplog: pytest.LogCaptureFixture
) -> None:
    with small_file_system(tmp_path / "small") as disk:
        call = make_recorder(disk.path.parent / "recordings", writing).call(UUIDS[0], 66)
        assert call is not None
        call.begin()
        for number in range(100):
            call.event("n", number=number)
            writing.drain()
        assert events(disk.path.parent / "recordings", UUIDS[0]) == []
    assert dropped.count == 1 and "less than 100 MB are free" in caplog.text


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.EIO, errno.EMFILE])
def test_one_call_whose_file_cannot_be_had_leaves_the_others(
    tmp_path: Path, dropped: Dropped, writing: Writing, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuses(folder: Path, name: str) -> int:
        if folder.name == UUIDS[0]:
            raise OSError(number, os.strerror(number))
        return open_file(folder, name)

    monkeypatch.setattr(module, "open_file", refuses)
    recorder = make_recorder(tmp_path, writing)
    for uuid in UUIDS[:2]:
        call = recorder.call(uuid, 2)
        assert call is not None
        call.begin()
        for event in range(3):
            call.event("n", number=event)
            writing.drain()
    assert (events(tmp_path, UUIDS[0]), events(tmp_path, UUIDS[1]), dropped.count) == ([], [0, 1, 2], 1)


def test_a_mistake_of_ours_costs_the_recording_not_the_call(tmp_path: Path, dropped: Dropped, writing: Writing) -> None:
    call = make_recorder(tmp_path, writing).call(UUIDS[0], 2)
    assert call is not None
    tap = call.link(3, "llama", "dials")
    other = make_recorder(tmp_path, writing).call(UUIDS[1], 4)
    assert other is not None
    tap(True, object(), b"")  # type: ignore[arg-type]
    other.link(3, "llama", "dials")
    other.event("n", number=1)
    writing.drain()
    call.heard(0, 0, None)  # type: ignore[arg-type]
    writing.drain()
    assert dropped.count == 1
    assert events(tmp_path, UUIDS[1]) == [1]


def test_a_mistake_in_what_is_told_at_once_costs_the_recording_not_the_call(
    tmp_path: Path, dropped: Dropped, writing: Writing
) -> None:
    call = make_recorder(tmp_path, writing).call(UUIDS[0], 2)
    assert call is not None
    call.heard(0, 0, None)  # type: ignore[arg-type]
    assert dropped.count == 1


def test_a_live_call_is_locked_until_it_is_over(
    tmp_path: Path, writing: Writing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IDLE_S", 0.0)
    call = make_recorder(tmp_path, writing).call(UUIDS[0], 2)
    assert call is not None
    call.answered("PCMU", 8_000)
    writing.drain()
    folder = call_folder(tmp_path, UUIDS[0])
    assert is_live(folder)
    call.ended("caller hung up")
    writing.drain()
    assert not is_live(folder)


def test_a_file_that_was_idle_is_gone_on_with(
    tmp_path: Path, writing: Writing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IDLE_S", 0.0)
    call = make_recorder(tmp_path, writing).call(UUIDS[0], 2)
    assert call is not None
    call.begin()
    for number in range(3):
        call.event("n", number=number)
        writing.drain()
        writing.drain()
    assert events(tmp_path, UUIDS[0]) == [0, 1, 2]
    assert len(recording_files(call_folder(tmp_path, UUIDS[0]))) == 1


def test_what_is_only_tried_leaves_nothing(tmp_path: Path, writing: Writing) -> None:
    """A call that a stranger has invented: nobody was ever connected for it."""
    call = make_recorder(tmp_path / "recordings", writing).call(UUIDS[0], 2)
    assert call is not None
    for number in range(1000):
        call.event("failed", attempt=number)
    writing.drain()
    assert not (tmp_path / "recordings").exists()


def test_what_was_tried_before_the_call_was_known_is_told(tmp_path: Path, writing: Writing) -> None:
    call = make_recorder(tmp_path, writing).call(UUIDS[0], 2)
    assert call is not None
    call.event("n", number=1)
    call.link(1, "inbound", "dials")
    call.event("n", number=2)
    writing.drain()
    assert events(tmp_path, UUIDS[0]) == [1, 2]


CHILD = """
import logging, sys, time
from pathlib import Path
from steadyline.recorder.recorder import Recorder, What
from steadyline.recorder.writing import Writing
call = Recorder("gateway", 7, Path(sys.argv[1]), time.time, Writing(logging.getLogger()), What()).call(sys.argv[2], 2)
call.answered("PCMU", 8000)
for number in range(10**9):
    call.event("n", number=number)
    time.sleep(0.0005)
    if number == 2000:
        print("well under way", flush=True)
"""


def test_a_process_that_is_killed_leaves_what_it_had_written(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path), UUIDS[0]], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stdout.readline()
        assert is_live(call_folder(tmp_path, UUIDS[0]))
        child.kill()
    found = events(tmp_path, UUIDS[0])
    assert found == list(range(len(found))) and found
    assert not is_live(call_folder(tmp_path, UUIDS[0])), "the kernel has let go of its lock"
