"""A whole system of real processes: `steadyline up` on free ports in a folder of its own, its services struck by signals."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from steadyline.config_file import load_config, render_config
from steadyline.drills.logbook import FOLDER_VARIABLE, LogbookReader
from steadyline.drills.tone_engines import PACE_VARIABLE
from steadyline.errors import SteadylineError
from steadyline.services.status_client import ask_all, ask_status, operator_seal, status_ports
from steadyline.supervisor.free_ports import free_port_settings
from steadyline.wire.session import SessionTimes

START_DEADLINE_S = 120.0
STOP_DEADLINE_S = 20.0
POLL_S = 0.1
LOG_TAIL = 40
FOLLOW_THE_DRILL = (
    "import ctypes, os, signal, sys; ctypes.CDLL(None).prctl(1, signal.SIGTERM); "
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)
"""Ask the kernel for SIGTERM when the drill dies (Linux, prctl(2), PR_SET_PDEATHSIG), whatever it dies of; kept by execve(2)."""
ALONE = ("console.enabled=false", "webphone.enabled=false", "pbx.server=")
"""A drill strikes and measures the services of the call alone, and its callers have telephones of their own, not the PBX's."""


class DrillError(SteadylineError):
    """The system under drill did not do what every drill takes for granted; the text ends with its log."""


class RealSystem:
    """A system in which services can be killed and frozen.

    Attributes:
        folder: where its configuration, log, journal and logbook are.
        config: its configuration.
        uri: what to dial, once it is started.
        logbook: what its drill engines did.

    Args:
        folder: an empty folder.
        settings: `section.key=value` over the defaults and the free ports.
        pace: factor of the drill engines' times.
        config_path: a configuration file under all of these.
    """

    def __init__(
        self, folder: Path, settings: Sequence[str], *, pace: float = 1.0, config_path: Path | None = None
    ) -> None:
        self.folder = folder
        journal = f"journal.path={folder / 'journal.sqlite'}"
        self.config = load_config(config_path, [*free_port_settings(), *ALONE, journal, *settings])
        self.uri = ""
        self.logbook = LogbookReader(folder)
        self._pace = pace
        self._log_path = folder / "log.txt"
        self._process: asyncio.subprocess.Process | None = None

    def __repr__(self) -> str:
        return f"<RealSystem {self.folder} {self.uri or 'not started'}>"

    @property
    def services(self) -> tuple[str, ...]:
        """Names of the services that can be asked for their status."""
        return tuple(status_ports(self.config))

    @property
    def voice(self) -> str:
        """The name that the voice's service goes by."""
        return self.config.tts.service

    async def start(self) -> None:
        """Start it and wait until it is ready.

        Raises:
            DrillError: it does not become ready.
        """
        config_path = self.folder / "config.toml"
        config_path.write_text(render_config(self.config, with_secrets=True))
        environment = {**os.environ, FOLDER_VARIABLE: str(self.folder), PACE_VARIABLE: str(self._pace)}
        with self._log_path.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", FOLLOW_THE_DRILL, "-m", "steadyline", "--config", str(config_path), "up"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
            )
        await self.until(self._has_printed_ready, START_DEADLINE_S, "`ready`")
        [line] = [line for line in self.log_since(0).splitlines() if line.startswith("ready ")]
        self.uri = line.split()[1]

    async def _has_printed_ready(self) -> bool:
        assert self._process is not None
        if self._process.returncode is not None:
            raise self.failed(f"`steadyline up` ended with status {self._process.returncode}")
        return any(line.startswith("ready ") for line in self.log_since(0).splitlines())

    async def stop(self) -> None:
        """Take it down; nothing is left, whatever was done to it."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_DEADLINE_S):
                await self._process.wait()
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def pids(self) -> dict[str, int]:
        """Process ids of the services by name, as the supervisor has them: a frozen one needs not answer.

        Raises:
            DrillError: the supervisor does not answer.
        """
        host, port = self.config.network.host, self.config.supervisor.status_port
        answer = await ask_status((host, port), SessionTimes(), operator_seal(self.config))
        if answer is None:
            raise self.failed("the supervisor does not answer")
        return {name: child["pid"] for name, child in answer["children"].items() if child["pid"] is not None}

    async def status_of(self, service: str) -> dict[str, Any] | None:
        """What a service says of itself; None when it does not answer."""
        address = (self.config.network.host, status_ports(self.config)[service])
        return await ask_status(address, SessionTimes(), operator_seal(self.config))

    async def wait_quiet(self, deadline_s: float) -> None:
        """Wait until every service is ready and knows of no call.

        Raises:
            DrillError: it does not become so in time.
        """

        async def is_quiet() -> bool:
            answers = await ask_all(self.config)
            return all(one is not None and one["state"] == "ready" and not one["calls"] for one in answers.values())

        await self.until(is_quiet, deadline_s, "all services ready and without calls")

    async def until(self, condition: Callable[[], Awaitable[bool]], deadline_s: float, what: str) -> None:
        """Wait for a condition.

        Raises:
            DrillError: it did not come true in time.
        """
        try:
            async with asyncio.timeout(deadline_s):
                while True:
                    if await condition():
                        return
                    await asyncio.sleep(POLL_S)
        except TimeoutError as error:
            raise self.failed(f"waited {deadline_s:g} s in vain for {what}") from error

    def failed(self, what: str) -> DrillError:
        """An error to raise, with the end of the system's log."""
        tail = "\n".join(self.log_since(0).splitlines()[-LOG_TAIL:])
        return DrillError(f"{what}; the end of its log:\n{tail}")

    @property
    def log_size(self) -> int:
        """How long the log is now, bytes."""
        return self._log_path.stat().st_size if self._log_path.exists() else 0

    def log_since(self, offset: int) -> str:
        """What was logged since then."""
        with self._log_path.open("rb") as file:
            file.seek(offset)
            return file.read().decode(errors="replace")


def strike(pid: int, number: signal.Signals) -> None:
    """Send a signal; a process that is gone already is none to be struck."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)
