"""The log goes out whole and in order, and nobody ever waits for whoever reads it."""

import fcntl
import logging
import os
import re
import threading
from pathlib import Path

import pytest

from steadyline.log import start_logging
from steadyline.supervisor.log_writer import LogWriter

DEADLOCK_S = 30.0


class SlowReader:
    """A pipe that nobody reads before `read_all`."""

    def __init__(self) -> None:
        self.readable, self.writable = os.pipe()

    def read_all(self) -> bytes:
        """Everything until the writing end is closed, which another thread has to do."""
        with os.fdopen(self.readable, "rb") as reading:
            return reading.read()


def line(number: int) -> bytes:
    return b"line %06d %s\n" % (number, b"x" * 80)


def close(writer: LogWriter, pipe: SlowReader) -> None:
    writer.close(DEADLOCK_S)
    os.close(pipe.writable)


@pytest.mark.parametrize("is_blocking", [True, False])
def test_nothing_is_lost_and_nobody_waits_while_the_reader_is_slow(is_blocking: bool) -> None:
    pipe = SlowReader()
    os.set_blocking(pipe.writable, is_blocking)
    writer = LogWriter(pipe.writable)
    lines = [line(number) for number in range(10_000)]  # 1 MB; the pipe takes 64 KiB
    for one in lines:
        writer.put(one)
    threading.Thread(target=close, args=(writer, pipe)).start()
    assert pipe.read_all() == b"".join(lines)


def test_a_reader_that_does_not_read_costs_bounded_memory_and_is_told_what_it_has_missed() -> None:
    pipe = SlowReader()
    pipe_bytes = fcntl.fcntl(pipe.writable, fcntl.F_GETPIPE_SZ)
    capacity_bytes = 100 * len(line(0))
    writer = LogWriter(pipe.writable, capacity_bytes)
    count = 4 * (2 * capacity_bytes + pipe_bytes) // len(line(0))
    for number in range(count):
        writer.put(line(number))
    threading.Thread(target=close, args=(writer, pipe)).start()
    came = pipe.read_all().splitlines()
    assert len(came) < count / 2
    expected = 0
    for one in came:
        if missing := re.fullmatch(rb"steadyline: (\d+) lines are missing here: nobody took the log", one):
            expected += int(missing[1])
        else:
            assert one == line(expected).rstrip(b"\n")
            expected += 1
    assert expected == count


def test_a_reader_that_is_gone_does_not_matter() -> None:
    pipe = SlowReader()
    os.close(pipe.readable)
    writer = LogWriter(pipe.writable)
    for number in range(100):
        writer.put(line(number))
    close(writer, pipe)


def test_closing_does_not_wait_for_ever() -> None:
    pipe = SlowReader()
    writer = LogWriter(pipe.writable)
    writer.put(b"x" * (1 << 20))
    writer.close(0.01)
    writer.put(b"nobody takes this either\n")
    os.close(pipe.readable)


def test_the_supervisors_own_lines_go_the_same_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.root, "handlers", [])
    path = tmp_path / "log.txt"
    with path.open("wb") as file:
        writer = LogWriter(file.fileno())
        log = start_logging("supervisor", "info", "marks", writer)
        writer.put("✅ of a child\n".encode())
        log.info("✅ of the supervisor")
        writer.put(b"of a child again\n")
        writer.close(DEADLOCK_S)
        log.info("after the end")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [lines[0], lines[2]] == ["✅ of a child", "of a child again"]
    assert lines[1].endswith("INFO supervisor ✅ of the supervisor")
    assert lines[3].endswith("INFO supervisor after the end")
