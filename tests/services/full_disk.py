"""Disks that are full when a test says so: an imagined one for virtual time, and a small file system of its own."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import pytest

from steadyline.calls.database import Database
from steadyline.calls.journal import JournalError

FULL = "journal x: database or disk is full: free some space"


class FullDisk:
    """Under all journals, once it is installed: writes fail as SQLite makes them fail, reads go on.

    Attributes:
        is_full: writes fail.
        refused: how many did.
    """

    def __init__(self) -> None:
        self.is_full = False
        self.refused = 0

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand in the way of every journal of this test."""
        real = Database.run

        def run(database: Database, work: Callable[[Any], Any], *, write: bool = False) -> Any:
            if write and self.is_full:
                self.refused += 1
                raise JournalError(FULL)
            return real(database, work, write=write)

        monkeypatch.setattr(Database, "run", run)


class Disk(Protocol):
    """A place for a journal that has no room when a test says so."""

    path: Path

    def fill(self) -> None: ...

    def free(self) -> None: ...


class SmallFileSystem:
    """A tmpfs of 1 MB."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "journal.sqlite"

    def fill(self) -> None:
        with suppress(OSError), (self.path.parent / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(b"x" * 512)

    def free(self) -> None:
        (self.path.parent / "filler").unlink()


@contextmanager
def small_file_system(folder: Path) -> Iterator[SmallFileSystem]:
    """Mount one; skips the test of a user who may not (CI is root)."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "steadyline-test", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"only root may mount a file system: {mounted.stderr.strip()}")
    try:
        yield SmallFileSystem(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
