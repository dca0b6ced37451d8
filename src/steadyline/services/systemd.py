"""Telling systemd that this process is up, alive, stopping: sd_notify(3), the few bytes of it that are needed.

The event loop sends the sign of life, so it says as much as a PONG: the loop runs. Without systemd all of it does nothing.
"""

import asyncio
import os
import socket
from collections.abc import Mapping
from contextlib import suppress

from steadyline.clock import Clock

SYSTEMD_VARIABLES = frozenset({"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
"""They concern the process that systemd started, not its children."""


class Systemd:
    """The service manager's end of sd_notify.

    Args:
        environment: of this process; `NOTIFY_SOCKET` says where, `WATCHDOG_USEC` how often a sign of life is wanted.
        pid: of this process.
    """

    def __init__(self, environment: Mapping[str, str], pid: int) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        usec, wanted_pid = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", str(pid))
        self._watchdog_s = int(usec) / 1e6 if usec.isdigit() and wanted_pid == str(pid) else 0.0
        self._living: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<Systemd at {self._address!r} watchdog={self._watchdog_s:g} s>"

    def up(self, clock: Clock) -> None:
        """This process does its work from now on; signs of life follow, if they are wanted."""
        self._tell("READY=1")
        if self._watchdog_s:
            self._living = asyncio.get_running_loop().create_task(self._live(clock), name="systemd watchdog")

    def stopping(self) -> None:
        """It is ending on purpose; a watchdog goes on meanwhile."""
        self._tell("STOPPING=1")

    async def _live(self, clock: Clock) -> None:
        while True:
            self._tell("WATCHDOG=1")
            await clock.sleep(self._watchdog_s / 3)

    def _tell(self, text: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
            # A full or missing socket is no reason to fail: systemd has its own deadlines.
            sender.sendto(text.encode(), self._address)


def systemd() -> Systemd:
    """That of this process."""
    return Systemd(os.environ, os.getpid())
