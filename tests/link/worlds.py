"""The two worlds that every link test runs in: memory and virtual time, and loopback sockets in real time."""

import asyncio
import logging
import socket
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from steadyline.clock import LoopClock
from steadyline.link.memory import MemoryNetwork
from steadyline.link.network import Network, TcpNetwork
from steadyline.link.runtime import Runtime
from steadyline.link.virtual_time import run_in_virtual_time

HOST = "127.0.0.1"
LOG = logging.getLogger("steadyline.tests")


class World(Protocol):
    """Where links live: a network, and a way to run a scenario in its kind of time."""

    network: Network

    def run(self, scenario: Coroutine[Any, Any, None]) -> None: ...

    def free_port(self) -> int: ...


class MemoryWorld:
    """Everything in memory; time jumps."""

    def __init__(self, network: MemoryNetwork | None = None) -> None:
        self.network: Network = network or MemoryNetwork(latency_s=0.001)
        self._next_port = 20_000

    def run(self, scenario: Coroutine[Any, Any, None]) -> None:
        run_in_virtual_time(scenario)

    def free_port(self) -> int:
        self._next_port += 1
        return self._next_port


class TcpWorld:
    """Sockets on loopback; time passes."""

    def __init__(self) -> None:
        self.network: Network = TcpNetwork()

    def run(self, scenario: Coroutine[Any, Any, None]) -> None:
        asyncio.run(scenario)

    def free_port(self) -> int:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            return int(probe.getsockname()[1])


def make_runtime(network: Network, role: str, epoch: int = 1, **changes: Any) -> Runtime:
    """A process of that role; its log is `LOG`'s."""
    return Runtime(role, LoopClock(), network, epoch, lambda: 0.5, LOG, **changes)


async def until(condition: Callable[[], object], within_s: float = 20.0) -> None:
    """Wait for something to have happened; the limit is for tests that fail."""
    deadline = now() + within_s
    while not condition():
        assert now() < deadline, "it did not happen"
        await asyncio.sleep(0.005)


async def soon() -> None:
    """Long enough for what is under way on loopback to arrive, where a test shows that nothing does."""
    await asyncio.sleep(0.2)


def now() -> float:
    """The loop's time, seconds."""
    return asyncio.get_running_loop().time()
