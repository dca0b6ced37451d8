"""Written behind: what is to be recorded waits in a bounded queue for one thread a process, which nobody waits for."""

import errno
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from steadyline.recorder.folders import open_file

MAX_QUEUED_BYTES = 16 << 20
"""The audio of ten calls for some ten seconds: a disk that hangs for longer costs the recordings that wait for it."""
RESERVE_BYTES = 100_000_000
"""So much of the disk is left to others, the journal among them, which calls need more than their recordings."""
GATHER_S = 0.5
"""So long the thread lets things gather: a crash costs as much of the recording, and one write a call does for them.
A thread that wakes pays more for its cold caches than for what it does: ten calls cost half of what they do at 0.2 s."""
IDLE_S = 1.0
"""A file that nothing came for in so long is closed, but that of a live call; what comes later opens it again."""
CHORE_LOOK_S = 60.0
"""So often the thread looks whether its chore is due."""
CLOSE_TIMEOUT_S = 1.0


Pack: TypeAlias = Callable[..., bytes]


@dataclass(eq=False)
class Stream:
    """One file that is written.

    Attributes:
        folder, name: where.
        opening: bytes that the file begins with.
        call_id: for the log.
        is_dropped: nothing is written any more.
        is_live: the call is not over: the file stays open.
    """

    folder: Path
    name: str
    opening: bytes
    call_id: int
    is_dropped: bool = False
    is_live: bool = False
    descriptor: int | None = None
    used_at: float = field(default=0.0)


Entry: TypeAlias = tuple[Stream, int, Pack, tuple[Any, ...]]
"""What waits: for which file, how many bytes it counts for, and how it is made into bytes."""


class Writing:
    """The queue of one process, and what empties it.

    Args:
        log: gets one line for each recording that is given up.
        on_dropped: called for each of them; from any thread.
        chore: done by the thread every `chore_s`, beginning at once; None: nothing.
        chore_s: see there.
        has_thread: False: `drain` writes, when it is called.
    """

    def __init__(
        self,
        log: logging.Logger,
        on_dropped: Callable[[], None] = lambda: None,
        *,
        chore: Callable[[], None] | None = None,
        chore_s: float = 600.0,
        has_thread: bool = True,
    ) -> None:
        self._log = log
        self._on_dropped = on_dropped
        self._chore, self._chore_s, self._chore_at = chore, chore_s, time.monotonic()
        self._queue: deque[Entry] = deque()
        # Each is counted by one thread alone, so that neither needs a lock.
        self._put_bytes = self._taken_bytes = 0
        self._open: dict[Stream, None] = {}
        self._wake = threading.Event()
        self._is_awake = self._is_closing = self._is_room_known = False
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True) if has_thread else None
        if self._thread is not None:
            self._thread.start()

    def __repr__(self) -> str:
        return f"<Writing {self._put_bytes - self._taken_bytes} bytes wait, {len(self._open)} files open>"

    def put(self, stream: Stream, size: int, pack: Pack, *arguments: Any) -> None:
        """Have `pack(*arguments)` written; never waits, never raises. A recording that finds the queue full is given up.

        It is packed when it is written, many in a row and all of them warm in the processor's caches; until then nobody may
        change the arguments.

        Args:
            stream: where.
            size: bytes that wait meanwhile, about.
            pack: makes the bytes of it; if it raises, the recording is given up.
            arguments: of `pack`.
        """
        if stream.is_dropped:
            return
        if self._put_bytes - self._taken_bytes + size > MAX_QUEUED_BYTES:
            self.drop(stream, f"more than {MAX_QUEUED_BYTES >> 20} MB wait: the disk is too slow")
            return
        self._put_bytes += size
        self._queue.append((stream, size, pack, arguments))
        if not self._is_awake:
            self._is_awake = True
            self._wake.set()

    def drain(self) -> None:
        """Write what waits, one write a file; close files that are done with."""
        self._is_awake = self._is_room_known = False
        pending: dict[Stream, list[Entry]] = {}
        while self._queue:
            entry = self._queue.popleft()
            self._taken_bytes += entry[1]
            pending.setdefault(entry[0], []).append(entry)
        now = time.monotonic()
        for stream, entries in pending.items():
            if not stream.is_dropped:
                stream.used_at = now
                self._write_entries(stream, entries)
        for stream in [stream for stream in self._open if not stream.is_live and now - stream.used_at >= IDLE_S]:
            self._close(stream)

    def drop(self, stream: Stream, why: str) -> None:
        """Give a recording up: log it once, write no more of it."""
        if stream.is_dropped:
            return
        stream.is_dropped = True
        self._on_dropped()
        self._log.error(
            "the recording of this call is given up: %s; the call goes on", why, extra={"call_id": stream.call_id}
        )

    def close(self) -> None:
        """Write what waits and close the files; at most `CLOSE_TIMEOUT_S` is waited for a disk that hangs."""
        self._is_closing = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(CLOSE_TIMEOUT_S)
        else:
            self._end()

    def _run(self) -> None:
        while not self._is_closing:
            self._do_chore()
            self._wake.wait(IDLE_S if self._open else None if self._chore is None else CHORE_LOOK_S)
            self._wake.clear()
            if not self._is_closing:
                time.sleep(GATHER_S)
            self.drain()
        self._end()

    def _do_chore(self) -> None:
        if self._chore is None or time.monotonic() < self._chore_at:
            return
        self._chore_at = time.monotonic() + self._chore_s
        try:
            self._chore()
        except Exception:
            self._log.exception("recorder: old recordings could not be looked through")

    def _end(self) -> None:
        self.drain()
        for stream in list(self._open):
            self._close(stream)

    def _write_entries(self, stream: Stream, entries: list[Entry]) -> None:
        try:
            data = b"".join([pack(*arguments) for _, _, pack, arguments in entries])
        except Exception as error:  # a mistake of ours costs the recording, and not those of other calls
            self.drop(stream, f"what happened cannot be put into words: {error!r:.200}")
            self._close(stream)
            return
        self._write(stream, data)

    def _write(self, stream: Stream, data: bytes) -> None:
        try:
            if stream.descriptor is None:
                stream.descriptor = open_file(stream.folder, stream.name)
                self._open[stream] = None
                if not os.fstat(stream.descriptor).st_size:
                    data = stream.opening + data
            if not self._is_room_known:
                _check_room(stream.descriptor)
                self._is_room_known = True
            _write_all(stream.descriptor, data)
        except OSError as error:
            self.drop(stream, f"{stream.folder}: {error.strerror or error}")
            self._close(stream)

    def _close(self, stream: Stream) -> None:
        self._open.pop(stream, None)
        if stream.descriptor is not None:
            with suppress(OSError):
                os.close(stream.descriptor)
            stream.descriptor = None


def _check_room(descriptor: int) -> None:
    """Raise OSError when the disk has not enough room to spare."""
    disk = os.fstatvfs(descriptor)
    if disk.f_bavail * disk.f_frsize < RESERVE_BYTES:
        raise OSError(
            errno.ENOSPC, f"less than {RESERVE_BYTES // 1_000_000} MB are free, which are left to the journal"
        )


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
