"""Starts `echo_agent.py` as a process and listens to what it reports."""

import json
import os
import queue
import random
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

# Below the ephemeral ports of Linux (32768 and up), so that no client socket lands on them.
# Above the test phone's media ports, below those of whole systems (`free_ports.FIXED_PORT_BASES`, 29000 on); each worker of a
# parallel run has its own part.
_LOWEST_PORT, _PORTS_PER_WORKER, _WORKERS = 22000, 1700, 4
_BLOCK = 100
_given: list[int] = []


def free_block() -> int:
    """The first of a hundred neighbouring ports of which a sample is free; none twice before all others were given."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
    lowest = _LOWEST_PORT + worker * _PORTS_PER_WORKER
    while True:
        base = random.randrange(lowest, lowest + _PORTS_PER_WORKER, _BLOCK)
        if base in _given:
            continue
        try:
            for port in (*range(base, base + 10), base + 20, base + 60):
                for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                    with socket.socket(type=kind) as probe:
                        probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        _given.append(base)
        del _given[: -(_PORTS_PER_WORKER // _BLOCK // 2)]
        return base


class AgentProcess:
    """An echo agent on a block of ports: SIP on `port`, TLS on the one after it, media on the last eighty."""

    def __init__(self, mode: str = "echo", **settings: Any) -> None:
        self.port = free_block()
        fields = {"port": self.port, "rtp_ports": [self.port + 20, self.port + 99], "max_calls": 16} | settings
        command = [sys.executable, str(Path(__file__).with_name("echo_agent.py")), json.dumps(fields), mode]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.expect("ready")

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(json.loads(line))

    @property
    def uri(self) -> str:
        return f"sip:anyone@127.0.0.1:{self.port}"

    @property
    def tls_uri(self) -> str:
        return f"sip:anyone@127.0.0.1:{self.port + 1}"

    def expect(self, event: str, timeout_s: float = 15.0, **fields: Any) -> dict[str, Any]:
        """The next report of that event with those fields; what comes before it is dropped."""
        while True:
            try:
                found = self._lines.get(timeout=timeout_s)
            except queue.Empty:
                raise AssertionError(f"the agent did not report {event} {fields} within {timeout_s} s") from None
            if found["event"] == event and fields.items() <= found.items():
                return found

    def rest(self) -> list[dict[str, Any]]:
        """What was reported since."""
        lines = []
        while not self._lines.empty():
            lines.append(self._lines.get())
        return lines

    def forget(self) -> None:
        """Drop what was reported so far."""
        while not self._lines.empty():
            self._lines.get()

    def stop(self) -> int:
        """Ask it to leave; gives its exit status."""
        self._process.terminate()
        return self._process.wait(15)
