"""A whole system on free ports, as `steadyline up` runs it, and telephones that call it."""

import asyncio
import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from steadyline.calls.journal import read_only
from steadyline.calls.records import CallRecord
from steadyline.config_file import load_config, render_config
from steadyline.errors import SteadylineError
from steadyline.services.system_status import collect
from steadyline.supervisor.free_ports import free_port_settings

START_DEADLINE_S = 120.0
STOP_DEADLINE_S = 20.0
CALL_DEADLINE_S = 300.0
POLL_S = 0.1
QUIET_SETTINGS = ("outbound.wait_after_s=0", "outbound.silence_prompt_after_s=0", "webphone.enabled=false")
"""Nothing is heard but answers, however long a caller of a measurement says nothing; and nothing runs that it does not need."""


class BenchmarkError(SteadylineError):
    """The system that is to be measured did not do what it should; the text ends with its log."""


class MeasuredSystem:
    """`steadyline up` in a folder of its own, ready when the `with` block begins.

    Args:
        settings: `section.key=value` over the defaults.

    Attributes:
        ready_s: from the start of the process to the line that begins with `ready`.
    """

    def __init__(self, *settings: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="steadyline-benchmark-")
        self.folder = Path(self._folder.name)
        self._journal = self.folder / "journal.sqlite"
        self.config = load_config(
            None,
            [
                *free_port_settings(),
                "console.enabled=false",
                f"journal.path={self._journal}",
                *QUIET_SETTINGS,
                *settings,
            ],
        )
        self._config_file = self.folder / "config.toml"
        self._config_file.write_text(render_config(self.config))
        self._log_file = self.folder / "log.txt"
        self._process: subprocess.Popen[str] | None = None
        self.ready_s = 0.0

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_DEADLINE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._folder.cleanup()

    @property
    def pid(self) -> int:
        """The supervisor's; the services are its children."""
        assert self._process is not None
        return self._process.pid

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "steadyline", "--config", str(self._config_file), *arguments]

    def _start(self) -> None:
        started_at = time.monotonic()
        with self._log_file.open("w") as log:
            self._process = subprocess.Popen(
                self._command("up"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True
            )
        deadline = threading.Timer(START_DEADLINE_S, self._process.kill)
        deadline.start()
        try:
            assert self._process.stdout is not None
            for line in self._process.stdout:
                if line.startswith("ready"):
                    self.ready_s = time.monotonic() - started_at
                    return
        finally:
            deadline.cancel()
        raise self.failed(f"`steadyline up` was not ready within {START_DEADLINE_S:g} s")

    def failed(self, what: str) -> BenchmarkError:
        """An error to raise, with the end of the system's log."""
        return BenchmarkError(f"{what}\n{self._log_file.read_text()[-3000:]}")

    def status(self) -> dict[str, Any]:
        """What `steadyline status --json` prints, without the price of another Python."""
        return asyncio.run(collect(self.config))

    def service_pids(self) -> dict[str, int]:
        """Process ids by the services' names, the supervisor among them."""
        return {"supervisor": self.pid, **{item["name"]: item["pid"] for item in self.status()["services"]}}

    def wait_status(self, what: str, is_reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first status for which `is_reached` holds; `what` says what was waited for when it never does."""
        deadline = time.monotonic() + START_DEADLINE_S
        while True:
            status = self.status()
            if is_reached(status):
                return status
            if time.monotonic() > deadline:
                raise self.failed(f"waited {START_DEADLINE_S:g} s in vain for {what}: {status}")
            time.sleep(POLL_S)

    def wait_no_calls(self) -> None:
        """Wait until every service has forgotten every call."""
        self.wait_status(
            "the end of all calls",
            lambda status: not status["calls"] and not [item for item in status["connections"] if item["call_id"]],
        )

    def start_call(self, *options: str) -> "Telephone":
        """`steadyline call` with these options, in a process of its own."""
        out = tempfile.mkdtemp(prefix="call-", dir=self.folder)
        command = self._command("call", "--json", "--out", out, *options)
        return Telephone(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True))

    def start_quiet_call(self, *options: str) -> "Telephone":
        """A call in which nobody speaks after the greeting, until it is told to hang up; returns when it is answered."""
        answered = len(_answered(self.status()))
        telephone = self.start_call("--hold", "3600", *options)
        self.wait_status("an answer", lambda status: len(_answered(status)) > answered)
        return telephone

    def call(self, *options: str) -> dict[str, Any]:
        """A whole call; its report."""
        return self.completed(self.start_call(*options).finish())

    def completed(self, report: dict[str, Any]) -> dict[str, Any]:
        """The report, if the call went to its end."""
        if report.get("ended") != "completed":
            raise self.failed(f"a call did not go to its end: {report}")
        return report

    def recorded_calls(self, count: int) -> Sequence[CallRecord]:
        """The journal's last `count` calls, all of them ended, oldest first."""
        deadline = time.monotonic() + STOP_DEADLINE_S
        while True:
            with read_only(self._journal) as reader:
                calls = reader.recent_calls(count)[::-1]
            if len(calls) == count and all(call.ended_at is not None for call in calls):
                return calls
            if time.monotonic() > deadline:
                raise self.failed(f"the journal has {len(calls)} of {count} calls")
            time.sleep(POLL_S)


class Telephone:
    """A caller under way."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def finish(self, deadline_s: float = CALL_DEADLINE_S) -> dict[str, Any]:
        """The call's report, once it is over."""
        output, _ = self._process.communicate(timeout=deadline_s)
        return dict(json.loads(output)) if output else {"ended": f"caller ended with status {self._process.returncode}"}

    def hang_up(self) -> dict[str, Any]:
        """End the call now; its report."""
        self._process.send_signal(signal.SIGTERM)
        return self.finish()


def _answered(status: dict[str, Any]) -> list[dict[str, Any]]:
    return [call for call in status["calls"] if call["state"] == "answered"]
