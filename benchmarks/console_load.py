"""What the console is asked while it is measured: a journal of many calls, every list that a page loads, lookers that stay."""

import http.client
import json
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from steadyline.calls.journal import Journal
from steadyline.drills.real_system import DrillError

HOST = "127.0.0.1"
TIMEOUT_S = 30.0
BETWEEN_S = 8.0
"""10,000 calls are a day's: the Health page has all of them to look at."""
TURNS = 3
TIMINGS = (("transcription", 210.0), ("first_clause", 330.0), ("first_audio", 980.0))
PAGES_POLL_S = 2.0
LOOKERS = 5


def fill_journal(path: Path, calls: int) -> list[str]:
    """Past calls of three turns, the latest a minute ago; their uuids, the latest first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with Journal(path):
        pass
    now = time.time() - 60
    uuids = [str(uuid.UUID(int=number + 1, version=4)) for number in range(calls)]
    starts = [now - number * BETWEEN_S for number in range(calls)]
    turns = [(one, at, turn) for one, at in zip(uuids, starts, strict=True) for turn in range(1, TURNS + 1)]
    with sqlite3.connect(path) as journal:
        journal.executemany(
            "INSERT INTO calls VALUES (?, 66, 'sip', 'sip:alice@example.com', 'PCMU/8000', ?, ?, ?, 'caller hung up')",
            [(one, at, at + 1, at + 40) for one, at in zip(uuids, starts, strict=True)],
        )
        journal.executemany(
            "INSERT INTO turns VALUES (?, ?, ?, ?, 'What is the capital of France?', 'en', ?)",
            [(one, turn, turn * 100_000, turn * 100_000 + 32_000, at + 6 * turn) for one, at, turn in turns],
        )
        journal.executemany(
            "INSERT INTO clauses VALUES (?, ?, 0, 'The capital of France is Paris.', ?, 16000, 16000)",
            [(one, turn, at + 6 * turn) for one, at, turn in turns],
        )
        journal.executemany(
            "INSERT INTO timings VALUES (?, ?, ?, ?)",
            [(one, turn, name, ms + turn) for one, _, turn in turns for name, ms in TIMINGS],
        )
    return uuids


def lists_of(port: int, past_call: str) -> dict[str, str]:
    """Every list that the pages load; of the calls the first page, one in the middle and the last one."""
    pages = ["/api/calls"]
    while following := _json(port, pages[-1])["next"]:
        pages.append(f"/api/calls?before={following}")
    return {
        "calls, first page": pages[0],
        "calls, middle page": pages[len(pages) // 2],
        "calls, last page": pages[-1],
        "one call": f"/api/calls/{past_call}",
        "health": "/api/health",
    }


def timed(port: int, path: str, count: int) -> list[float]:
    """How long each of so many requests took, from the request to the last byte, milliseconds.

    Raises:
        DrillError: it was refused.
    """
    connection = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT_S)
    took = []
    try:
        for _ in range(count):
            began = time.perf_counter()
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
            took.append((time.perf_counter() - began) * 1000)
            if response.status != 200:
                raise DrillError(f"{path}: the console answered {response.status}")
    finally:
        connection.close()
    return took


def first_picture_ms(port: int) -> float:
    """From the request for the Line page's stream to its first picture."""
    began = time.perf_counter()
    with _stream(port) as pictures:
        next(pictures)
    return (time.perf_counter() - began) * 1000


class Lookers:
    """Who looks at the console all the time in a `with` block: streams of the Line page, and the lists again and again.

    Args:
        port: of the console.
        paths: of the lists.
    """

    def __init__(self, port: int, paths: Sequence[str]) -> None:
        self._port, self._paths = port, paths
        self._over = threading.Event()
        works: list[Callable[[], None]] = [self._ask, *[self._look] * LOOKERS]
        self._threads = [threading.Thread(target=work, daemon=True) for work in works]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(TIMEOUT_S)

    def _look(self) -> None:
        with _stream(self._port) as pictures:
            for _ in pictures:
                if self._over.is_set():
                    return

    def _ask(self) -> None:
        while not self._over.wait(PAGES_POLL_S):
            for path in self._paths:
                timed(self._port, path, 1)


@contextmanager
def _stream(port: int) -> Iterator[Iterator[bytes]]:
    """The Line page's stream: a line a picture, until the `with` block ends."""
    connection = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/api/line")
        response = connection.getresponse()
        yield (line for line in iter(response.readline, b"") if line.startswith(b"data: "))
    finally:
        connection.close()


def _json(port: int, path: str) -> dict[str, Any]:
    connection = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", path)
        return dict(json.loads(connection.getresponse().read()))
    finally:
        connection.close()
