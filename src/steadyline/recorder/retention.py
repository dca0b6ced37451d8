"""How long recordings are kept: the oldest go first, a live one never."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from steadyline.recorder.folders import (
    RecordingError,
    call_folder,
    delete_recording,
    recorded_calls,
    recording_files,
)

DAY_S = 86_400
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Kept:
    """A recording: its call, its size, and when something was last written to it (Unix time, seconds)."""

    call_uuid: str
    size_bytes: int
    written_at: float


@dataclass(frozen=True)
class Bounds:
    """What is kept.

    Attributes:
        days: a recording is kept for so long; 0: for ever.
        megabytes: all of them together; 0: as much as the disk takes.
    """

    days: float
    megabytes: float


def surplus(kept: Iterable[Kept], bounds: Bounds, now: float) -> list[Kept]:
    """Those that go, the oldest first."""
    oldest_first = sorted(kept, key=lambda one: one.written_at)
    total = sum(one.size_bytes for one in oldest_first)
    going: list[Kept] = []
    for one in oldest_first:
        is_old = bounds.days and now - one.written_at > bounds.days * DAY_S
        is_too_much = bounds.megabytes and total > bounds.megabytes * MEGABYTE
        if not (is_old or is_too_much):
            break
        going.append(one)
        total -= one.size_bytes
    return going


def keep_within(directory: Path, bounds: Bounds, now: float) -> list[str]:
    """Delete what is too old or too much; the uuids of what is gone. One that is being written stays.

    Raises:
        RecordingError: the directory cannot be read.
    """
    found = [kept(directory, call_uuid) for call_uuid in recorded_calls(directory)]
    gone: list[str] = []
    for one in surplus(found, bounds, now):
        try:
            delete_recording(call_folder(directory, one.call_uuid))
        except RecordingError:
            continue
        gone.append(one.call_uuid)
    return gone


def kept(directory: Path, call_uuid: str) -> Kept:
    """What there is of a call; size and time 0 when that is nothing."""
    status = [_status(path) for path in recording_files(call_folder(directory, call_uuid))]
    sizes, times = [one[0] for one in status], [one[1] for one in status]
    return Kept(call_uuid, sum(sizes), max(times, default=0.0))


def _status(path: Path) -> tuple[int, float]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0.0  # it was deleted at this moment
    return found.st_size, found.st_mtime
