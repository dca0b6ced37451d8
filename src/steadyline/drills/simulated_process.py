"""One process of a simulated system: everything it opens, times and starts is known, so that it can be killed at once.

What runs in a process is told by a context variable: tasks are noted by it, and whatever comes in from outside (bytes,
datagrams, calls) is handled in the receiving process's context. By the same variable a process is frozen: the event loop
asks before every callback whose it is.
"""

import asyncio
import contextvars
from collections.abc import Callable
from typing import Any, TypeVar

from steadyline.clock import TimerHandle
from steadyline.link.memory import MemoryNetwork
from steadyline.link.network import Address, DatagramPort, Listening, Network, OnDatagram, Receiver, Transport
from steadyline.link.virtual_time import VirtualTimeLoop

T = TypeVar("T")

WALL_AT_START = 1_750_000_000.0

_current: contextvars.ContextVar["SimulatedProcess | None"] = contextvars.ContextVar("process", default=None)


def current_service() -> str:
    """The name of the process that runs this; "" outside of all."""
    process = _current.get()
    return "" if process is None else process.name


def note_tasks() -> None:
    """Let the running event loop note in which process each task is started."""
    asyncio.get_running_loop().set_task_factory(_make_task)


def _make_task(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> "asyncio.Task[Any]":
    task = asyncio.Task(coroutine, loop=loop, **options)
    process = _current.get()
    if process is not None:
        process.tasks[task] = None
        task.add_done_callback(process.forget_task)
        if not process.is_alive:
            task.cancel()
    return task


class SimulatedProcess:
    """A process: a clock and a network of its own.

    Attributes:
        is_alive: it was not killed.
        is_frozen: it is stopped, as by SIGSTOP.
        tasks, timers, transports, ports: what it has now, in the order in which it got them (as dicts without values:
            a set's order would differ from run to run).

    Args:
        name: its service, for people; its place in the network.
        network: the host's network.
    """

    def __init__(self, name: str, network: Network) -> None:
        self.name = name
        self.is_alive = True
        self.is_frozen = False
        self.tasks: dict[asyncio.Task[Any], None] = {}
        self.timers: dict[_Timer, None] = {}
        self.transports: dict[Transport, None] = {}
        self.ports: dict[Listening | DatagramPort, None] = {}
        self.clock = _ProcessClock(self)
        self.network = _ProcessNetwork(self, network.at(name) if isinstance(network, MemoryNetwork) else network)
        self._held: list[asyncio.Handle] = []

    def __repr__(self) -> str:
        state = "killed" if not self.is_alive else "frozen" if self.is_frozen else "alive"
        return f"<SimulatedProcess {self.name} {state} tasks={len(self.tasks)}>"

    def run(self, function: Callable[..., T], *args: Any) -> T:
        """Call `function` inside this process."""
        return self._context().run(function, *args)

    def tell(self, function: Callable[..., object], *args: Any) -> None:
        """As `run`, for what comes in from outside: a killed process takes no notice, a frozen one later."""
        if self.is_frozen:
            asyncio.get_running_loop().call_soon(self._arrived, function, args, context=self._context())
        elif self.is_alive:
            self.run(function, *args)

    def _arrived(self, function: Callable[..., object], args: tuple[Any, ...]) -> None:
        """What came in while the process was frozen: forgotten if it was killed instead of thawed."""
        if self.is_alive:
            function(*args)

    def freeze(self) -> None:
        """Stop it as SIGSTOP does: it runs nothing, what comes in piles up, and the kernel goes on accepting for it."""
        loop = _virtual_loop()
        if self.is_alive and not self.is_frozen:
            self.is_frozen = True
            loop.holds = _is_of_a_frozen_process

    def thaw(self) -> None:
        """Let it go on, as SIGCONT does: as in asyncio, what came in is looked at before the timers that are due."""
        if self.is_frozen:
            self.is_frozen = False
            held, self._held = self._held, []
            _virtual_loop().release(sorted(held, key=lambda handle: isinstance(handle, asyncio.TimerHandle)))

    def hold(self, handle: asyncio.Handle) -> None:
        """Keep a callback that is due until the process is thawed."""
        self._held.append(handle)

    def kill(self) -> None:
        """End it as SIGKILL does: the kernel closes its connections and ports, nobody says anything."""
        self.is_alive = False
        for transport in list(self.transports):
            transport.abort()
        self.lose_ports()
        for timer in list(self.timers):
            timer.cancel()
        for task in list(self.tasks):
            task.cancel()
        self.thaw()

    def lose_ports(self) -> None:
        """Listen no more, on any port: as when another host has taken over this one's addresses."""
        for port in list(self.ports):
            port.close()

    def forget_task(self, task: "asyncio.Task[Any]") -> None:
        """A task is done."""
        self.tasks.pop(task, None)

    def _context(self) -> contextvars.Context:
        context = contextvars.copy_context()
        context.run(_current.set, self)
        return context


def _virtual_loop() -> VirtualTimeLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop), "only on a virtual loop can a process be frozen"
    return loop


def _is_of_a_frozen_process(handle: asyncio.Handle) -> bool:
    process: SimulatedProcess | None = handle._context.get(_current)  # type: ignore[attr-defined]
    if process is None or not process.is_frozen:
        return False
    process.hold(handle)
    return True


class _Timer:
    """A timer that its process knows of until it fires or is cancelled."""

    def __init__(self, process: SimulatedProcess, when: float, callback: Callable[[], None]) -> None:
        self._process = process
        self._callback = callback
        self._handle = asyncio.get_running_loop().call_at(when, self._fire)
        process.timers[self] = None

    def cancel(self) -> None:
        self._handle.cancel()
        self._process.timers.pop(self, None)

    def _fire(self) -> None:
        self._process.timers.pop(self, None)
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
        await self._network.connect(address, _ProcessReceiver(self._process, lambda: receiver))

    async def listen(self, address: Address, accept: Callable[[], Receiver]) -> Listening:
        listening = await self._network.listen(address, lambda: _ProcessReceiver(self._process, accept))
        return _ProcessPort(self._process, listening)

    async def open_datagram(self, address: Address, on_datagram: OnDatagram) -> DatagramPort:
        def on_arrival(data: bytes, sender: Address) -> None:
            self._process.tell(on_datagram, data, sender)

        return _ProcessUdpPort(self._process, await self._network.open_datagram(address, on_arrival))


class _ProcessReceiver:
    """A connection's end in a process. Its real receiver is made by the process itself, which may be frozen now."""

    def __init__(self, process: SimulatedProcess, make: Callable[[], Receiver]) -> None:
        self._process = process
        self._make = make
        self._receiver: Receiver | None = None
        self._transport: Transport | None = None

    def connected(self, transport: Transport, peer: Address) -> None:
        if not self._process.is_alive:
            transport.abort()
            return
        self._transport = transport
        self._process.transports[transport] = None
        self._process.tell(self._connected, transport, peer)

    def data_received(self, data: bytes) -> None:
        self._process.tell(self._data_received, data)

    def disconnected(self, reason: str) -> None:
        if self._transport is not None:
            self._process.transports.pop(self._transport, None)
        self._process.tell(self._disconnected, reason)

    def _connected(self, transport: Transport, peer: Address) -> None:
        self._receiver = self._make()
        self._receiver.connected(transport, peer)

    def _data_received(self, data: bytes) -> None:
        if self._receiver is not None:
            self._receiver.data_received(data)

    def _disconnected(self, reason: str) -> None:
        if self._receiver is not None:
            self._receiver.disconnected(reason)


class _ProcessPort:
    def __init__(self, process: SimulatedProcess, listening: Listening) -> None:
        self._process = process
        self._listening = listening
        self.port = listening.port
        process.ports[self] = None

    def close(self) -> None:
        self._process.ports.pop(self, None)
        self._listening.close()


class _ProcessUdpPort:
    def __init__(self, process: SimulatedProcess, datagrams: DatagramPort) -> None:
        self._process = process
        self._datagrams = datagrams
        self.port = datagrams.port
        process.ports[self] = None

    def send(self, data: bytes, address: Address) -> None:
        if self._process.is_alive:
            self._datagrams.send(data, address)

    def close(self) -> None:
        self._process.ports.pop(self, None)
        self._datagrams.close()
