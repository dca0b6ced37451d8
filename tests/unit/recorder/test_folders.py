"""Folders of recordings: hostile ids become no path, others' files are left alone, live ones stay."""

import os
import stat
from pathlib import Path

import pytest

from steadyline.recorder.folders import (
    LiveRecordingError,
    RecordingError,
    call_folder,
    delete_recording,
    is_call_uuid,
    open_file,
    recorded_calls,
)
from steadyline.recorder.recorder import Recorder, What
from steadyline.recorder.retention import DAY_S, MEGABYTE, Bounds, Kept, keep_within, surplus
from steadyline.recorder.writing import Writing

UUID = "01234567-89ab-cdef-0123-456789abcdef"
OTHER = "11234567-89ab-cdef-0123-456789abcdef"
HOSTILE = [
    "",
    ".",
    "..",
    "../../etc",
    "/etc/passwd",
    UUID.upper(),
    UUID + "\n",
    UUID + "/..",
    UUID[:-1],
    "0" * 36,
    "operator-12-1",
    "\u0661" * 8 + UUID[8:],
    UUID.replace("-", ""),
    "a\x00b",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_no_uuid_becomes_no_path(tmp_path: Path, text: str) -> None:
    assert not is_call_uuid(text)
    with pytest.raises(RecordingError, match="is no call's uuid"):
        call_folder(tmp_path, text)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_is_recorded_of_what_is_no_call(tmp_path: Path, text: str) -> None:
    import logging

    recorder = Recorder("gateway", 1, tmp_path, lambda: 0.0, Writing(logging.getLogger(), has_thread=False), What())
    assert recorder.call(text, 2) is None
    recorder.close()
    assert list(tmp_path.iterdir()) == []


def test_a_recorder_that_is_off_records_nothing() -> None:
    assert Recorder().call(UUID, 2) is None


def written(directory: Path, uuid: str, *, size: int = 10, age_s: float = 0.0) -> Path:
    """A recording that nobody writes any more, made at Unix time 1,000,000 less its age."""
    os.close(open_file(call_folder(directory, uuid), "gateway-1"))
    path = directory / uuid / "gateway-1.rec"
    path.write_bytes(b"x" * size)
    os.utime(path, (1_000_000 - age_s,) * 2)
    return path


def test_folders_and_files_are_their_owners_alone(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        path = written(tmp_path / "a" / "b", UUID)
    finally:
        os.umask(old)
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent, path.parent.parent)] == [
        0o600,
        0o700,
        0o700,
    ]


def test_a_link_in_a_files_place_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / UUID).mkdir()
    (tmp_path / UUID / "gateway-1.rec").symlink_to(victim)
    with pytest.raises(OSError, match=r"Too many levels|symbolic"):
        open_file(tmp_path / UUID, "gateway-1")
    delete_recording(tmp_path / UUID)
    assert victim.read_text() == "precious" and not (tmp_path / UUID).exists()


def test_only_recordings_are_seen_and_deleted(tmp_path: Path) -> None:
    written(tmp_path, UUID)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("mine")
    (tmp_path / OTHER).symlink_to(tmp_path / "notes")
    assert list(recorded_calls(tmp_path)) == [UUID]
    assert keep_within(tmp_path, Bounds(0, 0.000_001), 2_000_000) == [UUID]
    assert (tmp_path / "notes" / "mine.txt").exists() and list(recorded_calls(tmp_path)) == []


def test_one_that_is_being_written_is_not_deleted(tmp_path: Path) -> None:
    descriptor = open_file(call_folder(tmp_path, UUID), "gateway-1")
    with pytest.raises(LiveRecordingError, match="being written by gateway-1"):
        delete_recording(tmp_path / UUID)
    written(tmp_path, OTHER, age_s=-10)
    assert keep_within(tmp_path, Bounds(1, 0.000_001), 9_000_000) == [OTHER], "the older one lives"
    os.close(descriptor)
    delete_recording(tmp_path / UUID)
    delete_recording(tmp_path / UUID)
    assert list(recorded_calls(tmp_path)) == []


def test_no_folder_is_no_recording(tmp_path: Path) -> None:
    assert list(recorded_calls(tmp_path / "nothing")) == []
    assert keep_within(tmp_path / "nothing", Bounds(1, 1), 0.0) == []


def test_a_folder_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingError, match="Not a directory"):
        list(recorded_calls(tmp_path / "file"))


DAYS = [Kept(f"day{day}", 100 * MEGABYTE, day * DAY_S) for day in range(10)]


@pytest.mark.parametrize(
    ("bounds", "first_kept"),
    [
        (Bounds(0, 0), 0),
        (Bounds(5, 0), 5),
        (Bounds(0, 250), 8),
        (Bounds(5, 250), 8),
        (Bounds(5, 950), 5),
        (Bounds(0, 1), 10),
    ],
)
def test_the_oldest_go_first(bounds: Bounds, first_kept: int) -> None:
    going = surplus(reversed(DAYS), bounds, now=10 * DAY_S)
    assert going == DAYS[:first_kept]
