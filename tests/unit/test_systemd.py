"""What systemd is told, and when: sd_notify(3) over a real socket, in virtual time."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from steadyline.clock import LoopClock
from steadyline.link.virtual_time import run_in_virtual_time
from steadyline.services.systemd import Systemd

PID = 4711


class Manager:
    """systemd's end."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.bind(address)

    def told(self) -> list[str]:
        texts = []
        while True:
            try:
                texts.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return texts


@pytest.fixture(params=["a file", "an abstract address"])
def notify_socket(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Manager, str]]:
    if request.param == "a file":
        address = str(tmp_path / "notify")
        manager = Manager(address)
    else:
        address = f"@steadyline-test-{tmp_path}"
        manager = Manager("\0" + address[1:])
    yield manager, address
    manager.socket.close()


def test_up_and_stopping_without_a_watchdog(notify_socket: tuple[Manager, str]) -> None:
    manager, address = notify_socket

    async def scenario() -> None:
        systemd = Systemd({"NOTIFY_SOCKET": address}, PID)
        assert manager.told() == []
        systemd.up(LoopClock())
        await asyncio.sleep(100.0)
        systemd.stopping()

    run_in_virtual_time(scenario())
    assert manager.told() == ["READY=1", "STOPPING=1"]


@pytest.mark.parametrize("pid", [{}, {"WATCHDOG_PID": str(PID)}])
def test_signs_of_life_come_well_within_the_time(notify_socket: tuple[Manager, str], pid: dict[str, str]) -> None:
    manager, address = notify_socket

    async def scenario() -> None:
        Systemd({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "3000000", **pid}, PID).up(LoopClock())
        await asyncio.sleep(0.5)
        assert manager.told() == ["READY=1", "WATCHDOG=1"]
        for _ in range(20):
            await asyncio.sleep(1.0)
            assert manager.told() == ["WATCHDOG=1"]

    run_in_virtual_time(scenario())


def test_a_watchdog_of_another_process_is_none_of_ours(notify_socket: tuple[Manager, str]) -> None:
    manager, address = notify_socket

    async def scenario() -> None:
        wanted = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}
        Systemd(wanted, PID).up(LoopClock())
        await asyncio.sleep(10.0)

    run_in_virtual_time(scenario())
    assert manager.told() == ["READY=1"]


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": "/nowhere/at/all", "WATCHDOG_USEC": "1000000"}])
def test_without_systemd_it_does_nothing(environment: dict[str, str]) -> None:
    async def scenario() -> None:
        systemd = Systemd(environment, PID)
        systemd.up(LoopClock())
        await asyncio.sleep(10.0)
        systemd.stopping()

    run_in_virtual_time(scenario())
