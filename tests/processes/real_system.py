"""A whole system as a user starts it: `python -m steadyline … up` on free ports, its output read as it comes."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from steadyline.supervisor.free_ports import free_port_settings

DEADLOCK_S = 180.0
"""No test asserts speed; this only ends one that hangs."""
LIGHT = (
    "llama.engine=openai",
    "whisper.workers=1",
    "gateway.max_calls=2",
    "console.enabled=false",
    "webphone.enabled=false",
)
"""No language model is loaded, and nothing runs beside the services: these tests are about processes."""


def steadyline(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "steadyline", *arguments],
        capture_output=True,
        text=True,
        timeout=DEADLOCK_S,
        env={**os.environ, **environment},
    )


def with_settings(settings: Sequence[str]) -> list[str]:
    """`--set` for each."""
    return [part for text in settings for part in ("--set", text)]


class RealSystem:
    """`steadyline up`; `lines` are what it and its services have printed so far."""

    def __init__(self, folder: Path, *settings: str) -> None:
        journal = f"journal.path={folder / 'journal.sqlite'}"
        self.settings = [*free_port_settings(), journal, *LIGHT, *settings]
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "steadyline", *with_settings(self.settings), "up"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._new: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            self._new.put(line.rstrip("\n"))
        self._new.put(None)

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def wait_line(self, start: str) -> str:
        """The next line that begins so."""
        until = time.monotonic() + DEADLOCK_S
        with suppress(queue.Empty):
            while (line := self._new.get(timeout=max(0.1, until - time.monotonic()))) is not None:
                if line.startswith(start):
                    return line
        raise AssertionError(f"it did not print {start!r}:\n{self.output}")

    def children(self) -> dict[str, psutil.Process]:
        """The calls' services' processes by name, as the system's own status tells."""
        return {service["name"]: psutil.Process(service["pid"]) for service in self.call_services()}

    def call_services(self) -> list[dict[str, Any]]:
        """Of the status: the services that calls need."""
        return [service for service in self.status()["services"] if not service["beside"]]

    def status(self) -> dict[str, Any]:
        """`steadyline status --json`."""
        result = steadyline(*with_settings(self.settings), "status", "--json")
        content: dict[str, Any] = json.loads(result.stdout)
        return content

    def descendants(self) -> list[psutil.Process]:
        """Every process below it."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self, number: signal.Signals) -> float:
        """Send it a signal and wait for its end; returns how long that took, in seconds."""
        started_at = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(DEADLOCK_S)
        took_s = time.monotonic() - started_at
        self._reader.join(DEADLOCK_S)
        return took_s

    def destroy(self) -> None:
        """Leave nothing behind, whatever the test came to."""
        if self.process.poll() is None:
            for process in [*self.descendants(), psutil.Process(self.process.pid)]:
                if is_alive(process):
                    process.kill()
            self.process.wait(DEADLOCK_S)


def is_alive(process: psutil.Process) -> bool:
    """Whether it runs; a zombie that nobody collects does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(condition: Callable[[], bool], what: str) -> float:
    """Wait for something; returns how long it took, in seconds."""
    started_at = time.monotonic()
    while not condition():
        assert time.monotonic() - started_at < DEADLOCK_S, f"never: {what}"
        time.sleep(0.05)
    return time.monotonic() - started_at
