"""Writing the log of all processes to one descriptor without ever waiting for it."""

import os
import select
import threading

CAPACITY_BYTES = 4 << 20
"""Kept while nobody takes the log (a terminal that is held with Ctrl-S, a pager): 40,000 lines."""


class LogWriter:
    """Writes whole lines from a thread of its own; a stream for `logging`.

    When nobody reads the descriptor for so long that the lines exceed the capacity, further lines are dropped and their
    number is written once it is read again: services that waited for their log would let their callers wait.

    Args:
        descriptor: where to, e.g. 2; a file, pipe or terminal, blocking or not.
        capacity_bytes: what may wait there.
    """

    def __init__(self, descriptor: int, capacity_bytes: int = CAPACITY_BYTES) -> None:
        self._descriptor = descriptor
        self._capacity_bytes = capacity_bytes
        self._changed = threading.Condition()
        self._lines: list[bytes] = []
        self._waiting_bytes = 0
        self._dropped_lines = 0
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def put(self, lines: bytes) -> None:
        """Whole lines, each with its newline; never blocks before `close`."""
        with self._changed:
            is_closed = self._is_closed
            if not is_closed:
                self._queue(lines)
        if is_closed and not self._thread.is_alive():
            self._write(lines)

    def write(self, text: str) -> None:
        """For `logging`: a record is whole lines."""
        self.put(text.encode("utf-8", "backslashreplace"))

    def flush(self) -> None:
        """For `logging`: nothing to do, the thread is at it."""

    def close(self, timeout_s: float) -> None:
        """Write what is left, if it is taken within the time, seconds. Later lines are written directly; if it was not
        taken, they are lost.
        """
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join(timeout_s)

    def _queue(self, lines: bytes) -> None:
        if self._waiting_bytes + len(lines) > self._capacity_bytes:
            self._dropped_lines += lines.count(b"\n")
            return
        self._lines.append(lines)
        self._waiting_bytes += len(lines)
        self._changed.notify()

    def _run(self) -> None:
        while data := self._next():
            self._write(data)

    def _next(self) -> bytes:
        """What waits; b"" when there will be nothing more."""
        with self._changed:
            self._changed.wait_for(lambda: self._lines or self._is_closed)
            data = b"".join(self._lines)
            self._lines.clear()
            self._waiting_bytes = 0
            if self._dropped_lines:
                data += f"steadyline: {self._dropped_lines} lines are missing here: nobody took the log\n".encode()
                self._dropped_lines = 0
            return data

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._descriptor, rest) :]
            except BlockingIOError:
                # Whoever shares the terminal or the pipe has made it non-blocking.
                select.select([], [self._descriptor], [])
            except OSError:
                return  # a terminal or a pipe that is gone: nobody can read this any more
