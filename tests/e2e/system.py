"""A whole system on free ports, as `steadyline up` runs it, or service by service as an operator would by hand."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

from steadyline.calls.journal import read_only
from steadyline.calls.records import CallRecord
from steadyline.config import Config
from steadyline.config_file import load_config, render_config
from steadyline.supervisor.free_ports import free_port_settings

READY_DEADLINE_S = 90.0
STOP_DEADLINE_S = 20.0
JOURNAL_DEADLINE_S = 15.0
REPLY_SILENCE_S = 3
"""Two clauses of an answer may be farther apart on a busy machine than a caller waits by default."""


class System:
    """Processes of one system, their log and their journal, in a folder of their own."""

    def __init__(self, directory: Path, *settings: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.config_file = directory / "config.toml"
        self.journal = directory / "journal.sqlite"
        # On a busy machine answers may come late, and so may callers: what is compared with answers must hold nothing else.
        unasked = ("outbound.wait_after_s=0", "outbound.silence_prompt_after_s=0")
        alone = ("console.enabled=false", "webphone.enabled=false")
        every = [*free_port_settings(), f"journal.path={self.journal}", *unasked, *alone, *settings]
        self.config: Config = load_config(None, every)
        self.config_file.write_text(render_config(self.config))
        self._log_file = directory / "log.txt"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        self.start("up")
        try:
            self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def uri(self, transport: str = "udp") -> str:
        """What to dial; SIP over TLS has the next port."""
        port = self.config.gateway.sip_port + (transport == "tls")
        return f"sip:steadyline@{self.config.gateway.sip_host}:{port}"

    @property
    def log(self) -> str:
        """What the processes have logged so far."""
        return self._log_file.read_text() if self._log_file.exists() else ""

    def start(self, name: str) -> None:
        """Start `up` or one service."""
        command = [sys.executable, "-m", "steadyline", "--config", str(self.config_file), name]
        with self._log_file.open("ab") as log:
            self._processes[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def kill(self, name: str) -> None:
        """SIGKILL for one service that was started by hand."""
        process = self._processes.pop(name)
        process.kill()
        process.wait()

    def stop(self) -> None:
        """SIGTERM for all; whoever is still there at the deadline is killed and fails the test."""
        for process in self._processes.values():
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_DEADLINE_S
        late = []
        for name, process in self._processes.items():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                late.append(name)
        self._processes.clear()
        assert not late, f"{late} did not stop:\n{self.log[-3000:]}"

    def wait_ready(self) -> None:
        """Wait until every service says that it is ready."""
        deadline = time.monotonic() + READY_DEADLINE_S
        while True:
            services = self.status()["services"]
            if all(service["state"] == "ready" for service in services):
                return
            states = {service["name"]: service["state"] for service in services}
            dead = [name for name, process in self._processes.items() if process.poll() is not None]
            assert not dead and time.monotonic() < deadline, f"dead: {dead}, states: {states}\n{self.log[-3000:]}"
            time.sleep(0.3)

    def status(self) -> dict[str, Any]:
        """`steadyline status --json`."""
        return dict(json.loads(self.run("status", "--json").stdout))

    def run(self, *arguments: str, timeout_s: float = 180.0) -> subprocess.CompletedProcess[str]:
        """A command of the command line with this system's configuration."""
        command = [sys.executable, "-m", "steadyline", "--config", str(self.config_file), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)

    def call(self, *questions: Path, out: Path, more: tuple[str, ...] = ()) -> dict[str, Any]:
        """`steadyline call --json`, to its end."""
        return self.finish_call(self.start_call(*questions, out=out, more=more))

    def start_call(self, *questions: Path, out: Path, more: tuple[str, ...] = ()) -> "subprocess.Popen[str]":
        """`steadyline call --json`, under way."""
        command = [sys.executable, "-m", "steadyline", "--config", str(self.config_file), "call", "--json"]
        command += ["--out", str(out), "--reply-silence", str(REPLY_SILENCE_S), *more]
        for question in questions:
            command += ["--say", str(question)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish_call(self, process: "subprocess.Popen[str]", timeout_s: float = 180.0) -> dict[str, Any]:
        """The report of a call that was started."""
        output, errors = process.communicate(timeout=timeout_s)
        assert output, f"the caller said nothing, status {process.returncode}: {errors[-2000:]}"
        return dict(json.loads(output))

    def recorded_calls(self, at_least: int = 1) -> list[CallRecord]:
        """The calls in the journal that have ended, newest first; waits for the last row to be written."""
        deadline = time.monotonic() + JOURNAL_DEADLINE_S
        calls: list[CallRecord] = []
        while True:
            if self.journal.exists():
                with read_only(self.journal) as reader:
                    calls = [call for call in reader.recent_calls(1000) if call.ended_at is not None]
            if len(calls) >= at_least or time.monotonic() > deadline:
                return calls
            time.sleep(0.2)

    def resources(self) -> dict[str, dict[str, Any]]:
        """Descriptors, threads, tasks and memory of every service."""
        return {service["name"]: service["resources"] for service in self.status()["services"]}


def process_exists(pid: int) -> bool:
    """Whether a process runs and is no zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not re.search(r"^State:\s+Z", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
