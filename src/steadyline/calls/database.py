"""The journal's file: opened by several processes at once, set aside when damaged, its errors in our words.

Write-ahead log with `synchronous = NORMAL`: what was committed survives the death of any process, which is what the
journal is for; only a power cut or a crash of the kernel can take the last commits, and that takes the call as well.
`FULL` would wait for the disk at every clause, in the middle of an answer. (sqlite.org/pragma.html#pragma_synchronous)
"""

import errno
import fcntl
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from steadyline.calls.schema import MIGRATIONS, migrate, version
from steadyline.errors import SteadylineError

BUSY_TIMEOUT_S = 5.0
"""How long a statement waits for another process that is writing."""

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_MENDS = {
    sqlite3.SQLITE_FULL: "free some space",
    sqlite3.SQLITE_IOERR: "the disk is full or fails",
    sqlite3.SQLITE_READONLY: "make the file and its folder writable",
    sqlite3.SQLITE_CANTOPEN: "make the folder writable, or name another file",
    sqlite3.SQLITE_BUSY: f"another process held it for more than {BUSY_TIMEOUT_S:g} s; end the one that hangs",
}

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_ABSENT = -1

log = logging.getLogger(__name__)
T = TypeVar("T")


class JournalError(SteadylineError):
    """The journal cannot be opened, read or written; names the file, why, and what to do. The call can go on."""


class JournalConflictError(JournalError):
    """The journal works and does not take this: it contradicts what is written. Trying again would not help."""


def _code(error: sqlite3.Error) -> int | None:
    """SQLite's primary result code: the low byte of the extended one; None for an error of the Python module."""
    extended: int | None = getattr(error, "sqlite_errorcode", None)
    return None if extended is None else extended & 0xFF


class Database:
    """One process's connection to the journal file. Not for two threads at the same moment.

    Args:
        path: the file; missing folders are made with mode 0700, the file with 0600.
        now: Unix time in seconds, for the name under which a damaged file is set aside.

    Raises:
        JournalError: the file cannot be opened, or a newer version wrote it.
    """

    def __init__(self, path: Path, *, read_only: bool = False, now: Callable[[], float] = time.time) -> None:
        self.path = path.absolute()
        self._read_only = read_only
        self._now = now
        self._connection: sqlite3.Connection | None = None
        self._inode = _ABSENT
        self.run(lambda connection: None)

    def close(self) -> None:
        """Close the connection; the last one to close folds the write-ahead log into the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def run(self, work: Callable[[sqlite3.Connection], T], *, write: bool = False) -> T:
        """Run `work` in one transaction and return what it returns; after an exception nothing of it remains.

        A file that turns out to be damaged is set aside, and `work` runs on a fresh one.

        Raises:
            JournalError: disk full, read-only, locked for more than `BUSY_TIMEOUT_S`, or damaged and read-only.
        """
        with self._errors_in_our_words():
            try:
                return self._attempt(work, write)
            except sqlite3.DatabaseError as error:
                if _code(error) not in _DAMAGED or self._read_only:
                    raise
                self._set_aside(error)
                return self._attempt(work, write)

    def fold(self) -> None:
        """Fold the write-ahead log into the file and empty it, so that what was erased is in neither."""
        with self._errors_in_our_words():
            self._current().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def _errors_in_our_words(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.IntegrityError as error:
            raise JournalConflictError(f"journal {self.path}: {error}") from error
        except sqlite3.Error as error:
            mend = _MENDS.get(_code(error) or 0)
            raise JournalError(f"journal {self.path}: {error}" + (f": {mend}" if mend else "")) from error
        except OSError as error:
            mend = "free some space" if error.errno in _FULL else "name another file, or mend its folder"
            raise JournalError(f"journal {self.path}: {error.strerror}; {mend}") from error

    def _attempt(self, work: Callable[[sqlite3.Connection], T], write: bool) -> T:
        connection = self._current()
        connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
        try:
            result = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            # SQLite has ended the transaction by itself after some errors, a full disk among them.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return result

    def _current(self) -> sqlite3.Connection:
        """The open connection; a new one when the file at the path is no longer the one that was opened."""
        if self._connection is not None and self._inode_at_path() == self._inode:
            return self._connection
        self.close()
        if self._read_only:
            self._inode = self._inode_at_path()
            if self._inode == _ABSENT:
                raise JournalError(f"journal {self.path} is not there: no call was taken yet, or name another file")
            self._connection = self._open(f"{self.path.as_uri()}?mode=ro")
        else:
            _make_folders(self.path.parent)
            with self._opening():
                self._create_file()
                self._inode = self._inode_at_path()
                self._connection = self._open(f"{self.path.as_uri()}?mode=rw")
        return self._connection

    def _open(self, uri: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        try:
            self._check_version(version(connection))
            if not self._read_only:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute("PRAGMA secure_delete = ON")
                migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_version(self, found: int) -> None:
        known = len(MIGRATIONS)
        if found > known:
            mend = "upgrade Steadyline, or name another file"
        elif self._read_only and found < known:
            mend = "start a service of this version, which brings the file up to date"
        else:
            return
        raise JournalError(f"journal {self.path} has schema version {found}, this Steadyline has {known}: {mend}")

    def _set_aside(self, error: sqlite3.Error) -> None:
        """Rename the damaged file and its log, unless another process has done so already."""
        self.close()
        with self._opening():
            if self._inode != self._inode_at_path():
                return
            stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._now()))
            aside = self.path.with_name(f"{self.path.name}.corrupt-{stamp}")
            while aside.exists():
                aside = aside.with_name(aside.name + "+")
            for suffix in ("", "-wal", "-shm"):
                part = self.path.with_name(self.path.name + suffix)
                if part.exists():
                    part.rename(aside.with_name(aside.name + suffix))
        log.warning("journal %s is damaged (%s): set aside as %s, a fresh one is begun", self.path, error, aside.name)

    @contextmanager
    def _opening(self) -> Iterator[None]:
        """Only one process at a time creates, migrates or sets aside: a second one would set aside the fresh file."""
        lock = os.open(self.path.with_name(self.path.name + ".lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _create_file(self) -> None:
        # O_EXCL, since closing a second descriptor of an existing file would drop this process's own locks on it.
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            return

    def _inode_at_path(self) -> int:
        try:
            return self.path.stat().st_ino
        except FileNotFoundError:
            return _ABSENT


def _make_folders(folder: Path) -> None:
    """Make `folder` and what is missing above it, readable for the owner alone; what exists keeps its mode."""
    missing = [part for part in (folder, *folder.parents) if not part.exists()]
    for part in reversed(missing):
        part.mkdir(mode=0o700, exist_ok=True)
