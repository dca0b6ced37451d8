"""Where recordings lie: a folder per call, named by its uuid; a process's file in it. Nothing from outside becomes a path.

A process that writes a file holds a shared lock on it (flock(2)), which the kernel lets go of when the process dies: a
folder in which nothing is locked is that of a call that is over.
"""

import errno
import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from steadyline.errors import SteadylineError

SUFFIX = ".rec"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class RecordingError(SteadylineError):
    """A recording cannot be read or deleted; names it and why."""


class LiveRecordingError(RecordingError):
    """It is being written."""


def is_call_uuid(text: str) -> bool:
    """Whether it is a uuid as Steadyline writes it: 36 characters, small letters."""
    return _UUID.fullmatch(text) is not None


def call_folder(directory: Path, call_uuid: str) -> Path:
    """The folder of a call's recording, which need not exist.

    Raises:
        RecordingError: the uuid is none.
    """
    if not is_call_uuid(call_uuid):
        raise RecordingError(f"{call_uuid!r:.60} is no call's uuid, expected 32 hexadecimal digits in five groups")
    return directory / call_uuid


def recorded_calls(directory: Path) -> Iterator[str]:
    """The uuids of all recordings; whatever else lies there is left alone.

    Raises:
        RecordingError: the folder is there and cannot be read.
    """
    try:
        entries = list(os.scandir(directory))
    except FileNotFoundError:
        return
    except OSError as error:
        raise RecordingError(f"recordings {directory}: {error.strerror}") from error
    yield from (entry.name for entry in entries if is_call_uuid(entry.name) and entry.is_dir(follow_symlinks=False))


def recording_files(folder: Path) -> list[Path]:
    """The files of a call, by name; none when it is not recorded."""
    return sorted(path for path in folder.glob(f"*{SUFFIX}") if path.is_file() and not path.is_symlink())


def open_file(folder: Path, name: str) -> int:
    """A descriptor to append to a file of a call, locked; the folder is made with mode 0700, the file with 0600.

    Raises:
        OSError: as the system says.
    """
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(folder / f"{name}{SUFFIX}", flags, 0o600)
    # Who looks whether it is live, or deletes it, holds it for a moment only.
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def is_live(folder: Path) -> bool:
    """Whether some process writes there."""
    try:
        with ExitStack() as locks:
            _lock_all(folder, locks)
    except LiveRecordingError:
        return True
    return False


def delete_recording(folder: Path) -> None:
    """Remove the folder of a call that is over; nothing when there is none.

    Raises:
        LiveRecordingError: it is being written.
        RecordingError: it cannot be removed.
    """
    if not folder.exists():
        return
    with ExitStack() as locks:
        _lock_all(folder, locks)
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise RecordingError(f"recording {folder}: cannot be removed: {error.strerror}") from error


def _lock_all(folder: Path, locks: ExitStack) -> None:
    for path in recording_files(folder):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            locks.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            continue
        except OSError as error:
            if error.errno == errno.EWOULDBLOCK:
                raise LiveRecordingError(f"recording {folder} is being written by {path.stem}") from error
            raise RecordingError(f"recording {path}: {error.strerror}") from error
