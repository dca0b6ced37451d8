"""One run of a service as a child process: its process group, its standard error, its end."""

import asyncio
import fcntl
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Self

from steadyline.services.process import SUPERVISOR_VARIABLE
from steadyline.services.systemd import SYSTEMD_VARIABLES
from steadyline.supervisor.line_relay import LineRelay

PIPE_BYTES = 1 << 20
"""Linux's largest for everybody: a service can go on logging while the supervisor itself is held up."""


class ServiceProcess:
    """A running service, the leader of a process group of its own; made by `start`."""

    def __init__(self, process: asyncio.subprocess.Process, log_ended: asyncio.Event) -> None:
        self._process = process
        self._log_ended = log_ended

    @classmethod
    async def start(cls, name: str, arguments: Sequence[str], relay: LineRelay) -> Self:
        """Start `steadyline NAME ARGUMENTS`; `relay` is fed with its standard error, and its engine's, until both are gone.

        Raises:
            OSError: no process or descriptor is to be had.
        """
        readable, writable = os.pipe()
        log_ended = asyncio.Event()
        try:
            with suppress(OSError):
                fcntl.fcntl(writable, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
            reading = os.fdopen(readable, "rb", 0)
            await asyncio.get_running_loop().connect_read_pipe(lambda: _Relaying(relay, log_ended), reading)
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "steadyline",
                name,
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stderr=writable,
                env=_environment(),
                start_new_session=True,
            )
        finally:
            os.close(writable)
        return cls(process, log_ended)

    @property
    def pid(self) -> int:
        """Its process id; that of its group, too."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """It has not ended."""
        return self._process.returncode is None

    async def wait(self) -> int:
        """Wait for its end and end what it has left in its group; its exit status, or minus the signal's number."""
        code = await self._process.wait()
        self.kill()
        return code

    async def wait_log(self, timeout_s: float) -> None:
        """Wait until the last of its lines was passed on, but no longer than that, seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._log_ended.wait()

    def terminate(self) -> None:
        """Ask it to end."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)

    def strike(self, number: signal.Signals) -> None:
        """Send the service itself, not its engine, a signal, as a drill does."""
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    def kill(self) -> None:
        """End its whole group, stopped or not: it and its engine."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


class _Relaying(asyncio.Protocol):
    """The reading end of a child's standard error."""

    def __init__(self, relay: LineRelay, ended: asyncio.Event) -> None:
        self._relay = relay
        self._ended = ended

    def data_received(self, data: bytes) -> None:
        self._relay.feed(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._relay.finish()
        self._ended.set()


def _environment() -> dict[str, str]:
    """The child follows this process, and systemd hears of this process alone."""
    ours = {key: value for key, value in os.environ.items() if key not in SYSTEMD_VARIABLES}
    return {**ours, SUPERVISOR_VARIABLE: str(os.getpid())}
