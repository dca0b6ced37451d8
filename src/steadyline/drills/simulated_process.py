"""One process of a simulated system: everything it opens, times and starts is known, so that it can be killed at once.

What runs in a process is told by a context variable: tasks are noted by it, and whatever comes in from outside (bytes,
datagrams, calls) is handled in the receiving process's context.
"""

import asyncio
import contextvars
from collections.abc import Callable
from typing import Any, TypeVar

from steadyline.clock import TimerHandle
from steadyline.link.network import Address, DatagramPort, Listening, Network, OnDatagram, Receiver, Transport

T = TypeVar("T")

WALL_AT_START = 1_750_000_000.0

_current: contextvars.ContextVar["SimulatedProcess | None"] = contextvars.ContextVar("process", default=None)


def note_tasks() -> None:
    """Let the running event loop note in which process each task is started."""
    asyncio.get_running_loop().set_task_factory(_make_task)


def _make_task(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> "asyncio.Task[Any]":
    task = asyncio.Task(coroutine, loop=loop, **options)
    process = _current.get()
    if process is not None:
        process.tasks.add(task)
        task.add_done_callback(process.tasks.discard)
    return task


class SimulatedProcess:
    """A process: a clock and a network of its own.

    Attributes:
        is_alive: it was not killed.
        tasks, timers, transports, ports: what it has now.

    Args:
        name: its service, for people.
        network: the host's network.
    """

    def __init__(self, name: str, network: Network) -> None:
        self.name = name
        self.is_alive = True
        self.tasks: set[asyncio.Task[Any]] = set()
        self.timers: set[_Timer] = set()
        self.transports: set[Transport] = set()
        self.ports: set[Listening | DatagramPort] = set()
        self.clock = _ProcessClock(self)
        self.network = _ProcessNetwork(self, network)

    def __repr__(self) -> str:
        return f"<SimulatedProcess {self.name} {'alive' if self.is_alive else 'killed'} tasks={len(self.tasks)}>"

    def run(self, function: Callable[..., T], *args: Any) -> T:
        """Call `function` inside this process."""
        context = contextvars.copy_context()
        context.run(_current.set, self)
        return context.run(function, *args)

    def tell(self, function: Callable[..., object], *args: Any) -> None:
        """As `run`, for what comes in from outside: a killed process takes no notice."""
        if self.is_alive:
            self.run(function, *args)

    def kill(self) -> None:
        """End it as SIGKILL does: the kernel closes its connections and ports, nobody says anything."""
        self.is_alive = False
        for transport in list(self.transports):
            transport.abort()
        for port in list(self.ports):
            port.close()
        for timer in list(self.timers):
            timer.cancel()
        for task in list(self.tasks):
            task.cancel()


class _Timer:
    """A timer that its process knows of until it fires or is cancelled."""

    def __init__(self, process: SimulatedProcess, when: float, callback: Callable[[], None]) -> None:
        self._process = process
        self._callback = callback
        self._handle = asyncio.get_running_loop().call_at(when, self._fire)
        process.timers.add(self)

    def cancel(self) -> None:
        self._handle.cancel()
        self._process.timers.discard(self)

    def _fire(self) -> None:
        self._process.timers.discard(self)
        self._callback()


class _ProcessClock:
    def __init__(self, process: SimulatedProcess) -> None:
        self._process = process

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def wall(self) -> float:
        return WALL_AT_START + self.now()

    def call_at(self, when: float, callback: Callable[[], None]) -> TimerHandle:
        return _Timer(self._process, when, callback)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _ProcessNetwork:
    def __init__(self, process: SimulatedProcess, network: Network) -> None:
        self._process = process
        self._network = network

    async def connect(self, address: Address, receiver: Receiver) -> None:
        await self._network.connect(address, _ProcessReceiver(self._process, receiver))

    async def listen(self, address: Address, accept: Callable[[], Receiver]) -> Listening:
        process = self._process
        listening = await self._network.listen(address, lambda: _ProcessReceiver(process, process.run(accept)))
        return _ProcessPort(process, listening)

    async def open_datagram(self, address: Address, on_datagram: OnDatagram) -> DatagramPort:
        def on_arrival(data: bytes, sender: Address) -> None:
            self._process.tell(on_datagram, data, sender)

        return _ProcessUdpPort(self._process, await self._network.open_datagram(address, on_arrival))


class _ProcessReceiver:
    def __init__(self, process: SimulatedProcess, receiver: Receiver) -> None:
        self._process = process
        self._receiver = receiver
        self._transport: Transport | None = None

    def connected(self, transport: Transport, peer: Address) -> None:
        if not self._process.is_alive:
            transport.abort()
            return
        self._transport = transport
        self._process.transports.add(transport)
        self._process.run(self._receiver.connected, transport, peer)

    def data_received(self, data: bytes) -> None:
        self._process.tell(self._receiver.data_received, data)

    def disconnected(self, reason: str) -> None:
        if self._transport is not None:
            self._process.transports.discard(self._transport)
        self._process.tell(self._receiver.disconnected, reason)


class _ProcessPort:
    def __init__(self, process: SimulatedProcess, listening: Listening) -> None:
        self._process = process
        self._listening = listening
        self.port = listening.port
        process.ports.add(self)

    def close(self) -> None:
        self._process.ports.discard(self)
        self._listening.close()


class _ProcessUdpPort:
    def __init__(self, process: SimulatedProcess, datagrams: DatagramPort) -> None:
        self._process = process
        self._datagrams = datagrams
        self.port = datagrams.port
        process.ports.add(self)

    def send(self, data: bytes, address: Address) -> None:
        if self._process.is_alive:
            self._datagrams.send(data, address)

    def close(self) -> None:
        self._process.ports.discard(self)
        self._datagrams.close()
