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

from steadyline.recorder.folders import open_file

MAX_QUEUED_BYTES = 16 << 20
"""What ten calls at 48 kHz give in some eight seconds, at 8 kHz in forty: a disk that hangs for longer costs the recordings
that wait for it."""
RESERVE_BYTES = 100_000_000
"""So much of the disk is left to others, the journal among them, which calls need more than their recordings."""
GATHER_S = 1.0
"""So long the thread lets things gather: a crash costs as much of the recording, and one write a call does for them.
What the thread costs is its waking and its writes, and hardly what it writes."""
IDLE_S = 2.0
"""A file that nothing came for in so long is closed, but that of a live call; what comes later opens it again."""
CHORE_LOOK_S = 60.0
"""So often the thread looks whether its chore is due."""
CLOSE_TIMEOUT_S = 1.0


@dataclass(eq=False)
class Stream:
    """One file that is written.

    Attributes:
        folder, name: where.
        opening: bytes that the file begins with.
        call_id: for the log.
        is_dropped: nothing is written any more.
        is_live: the call is not over: the file stays open.
        waiting: what is to be appended.
        is_waiting: it is in the queue.
    """

    folder: Path
    name: str
    opening: bytes
    call_id: int
    is_dropped: bool = False
    is_live: bool = False
    waiting: list[bytes] = field(default_factory=list)
    is_waiting: bool = False
    descriptor: int | None = None
    used_at: float = field(default=0.0)


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
        self._queue: deque[Stream] = deque()
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

    def put(self, stream: Stream, data: bytes) -> None:
        """Have it appended to a file; never waits, never raises. A recording that finds the queue full is given up.

        What waits is bytes: they cost the garbage collector nothing, and the thread need only join them.
        """
        if stream.is_dropped:
            return
        size = len(data)
        if self._put_bytes - self._taken_bytes + size > MAX_QUEUED_BYTES:
            self.drop(stream, f"more than {MAX_QUEUED_BYTES >> 20} MB wait: the disk is too slow")
            return
        self._put_bytes += size
        stream.waiting.append(data)
        if not stream.is_waiting:
            stream.is_waiting = True
            self._queue.append(stream)
            if not self._is_awake:
                self._is_awake = True
                self._wake.set()

    def drain(self) -> None:
        """Write what waits, one write a file; close files that are done with."""
        self._is_awake = self._is_room_known = False
        now = time.monotonic()
        # What comes meanwhile waits for the next time, lest each of its pieces be a write.
        for _ in range(len(self._queue)):
            stream = self._queue.popleft()
            data = self._take(stream)
            if data and not stream.is_dropped:
                stream.used_at = now
                self._write(stream, data)
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
            is_woken = self._wake.wait(IDLE_S if self._open else None if self._chore is None else CHORE_LOOK_S)
            self._wake.clear()
            if is_woken and not self._is_closing:
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

    def _take(self, stream: Stream) -> bytes:
        """What waits for a file. The loop may append to it meanwhile: what comes after the first line is queued again."""
        stream.is_waiting = False
        count = len(stream.waiting)
        data = b"".join(stream.waiting[:count])
        del stream.waiting[:count]
        self._taken_bytes += len(data)
        return data

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
