"""A network in memory, for tests and drills: ports, connections and datagrams without a socket.

Behaves as TCP and UDP on one host do: a connection to a port where nobody listens is refused, a port that is taken
cannot be listened on, datagrams to nobody vanish. Who opens something does so from a named place (`at`), and between
each two places lies a path of its own that can be slow, narrow or cut.
"""

import asyncio
import contextvars
import errno
import os
from collections import deque
from collections.abc import Callable, Sequence

from steadyline.link.network import Address, DatagramPort, Listening, Network, OnDatagram, Receiver, checked_address

NOWHERE = ""
"""The place of those who did not name one."""

Accept = Callable[[], Receiver]


class Path:
    """One way from one place to another.

    Attributes:
        latency_s: delivery time of bytes and datagrams, seconds.
        bytes_per_s: how fast a connection's bytes are taken; None: at once.
        is_cut: nothing arrives. Bytes wait until `mend`, as TCP's do; datagrams are lost.
    """

    def __init__(self, latency_s: float) -> None:
        self.latency_s = latency_s
        self.bytes_per_s: float | None = None
        self.is_cut = False
        self._waiting: list[Callable[[], None]] = []

    def __repr__(self) -> str:
        return f"<Path {self.latency_s:g} s {'cut' if self.is_cut else 'open'} waiting={len(self._waiting)}>"

    def cut(self) -> None:
        """From now on nothing arrives."""
        self.is_cut = True

    def mend(self) -> None:
        """What waited goes on its way."""
        self.is_cut = False
        waiting, self._waiting = self._waiting, []
        for proceed in waiting:
            proceed()

    def when_open(self, proceed: Callable[[], None]) -> None:
        """Call back once nothing is in the way: now, or when the path is mended."""
        if self.is_cut:
            self._waiting.append(proceed)
        else:
            proceed()


class _MemoryTransport:
    """One direction's writer; the pair of transports makes a connection."""

    def __init__(self, network: "MemoryNetwork", source: str, target: str) -> None:
        self._network = network
        self._source, self._target = source, target
        self._path = network.path(source, target)
        self._loop = asyncio.get_running_loop()
        self._in_flight: deque[bytes | None] = deque()
        self._unsent_bytes = 0
        self._taken_at = 0.0
        self.receiver: Receiver | None = None
        self.other: _MemoryTransport | None = None
        self.is_closed = False

    def write(self, data: bytes) -> None:
        if not self.is_closed:
            self._network.on_bytes(self._source, self._target, data)
            self._unsent_bytes += len(data)
            self._travel(data)

    def close(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            self._travel(None)
            self._loop.call_soon(self._tell, "closed")

    def abort(self) -> None:
        self.close()

    def unsent_bytes(self) -> int:
        return self._unsent_bytes

    def _travel(self, data: bytes | None) -> None:
        """Send bytes, or the end of the stream, on their way."""
        self._in_flight.append(data)
        size = len(data or b"")
        if self._path.is_cut:
            self._path.when_open(lambda: self._depart(size))
        else:
            self._depart(size)

    def _depart(self, size: int) -> None:
        """What is in flight belongs to the network: it arrives even if its sender is frozen or dies."""
        due = self._loop.time() + self._path.latency_s
        if self._path.bytes_per_s is not None:
            due = self._taken_at = max(due, self._taken_at + size / self._path.bytes_per_s)
        self._loop.call_at(due, self._arrive, context=self._network.context)

    def _arrive(self) -> None:
        """One arrival takes the oldest: latencies may change under way, a stream has one order."""
        data, other = self._in_flight.popleft(), self.other
        if data is None:
            self._hang_up("connection closed by the peer without BYE")
            return
        self._unsent_bytes -= len(data)
        if other is not None and not other.is_closed and other.receiver is not None:
            other.receiver.data_received(data)

    def _hang_up(self, reason: str) -> None:
        if self.other is not None and not self.other.is_closed:
            self.other.is_closed = True
            self.other._tell(reason)

    def _tell(self, reason: str) -> None:
        receiver, self.receiver = self.receiver, None
        if receiver is not None:
            receiver.disconnected(reason)


class _MemoryListening:
    def __init__(self, network: "MemoryNetwork", port: int, accept: Accept) -> None:
        self._network = network
        self._accept = accept
        self.port = port

    def close(self) -> None:
        if self._network.listeners.get(self.port) is self._accept:
            del self._network.listeners[self.port]


class _MemoryDatagramPort:
    def __init__(self, network: "MemoryNetwork", port: int, on_datagram: OnDatagram) -> None:
        self._network = network
        self._on_datagram = on_datagram
        self.port = port

    def send(self, data: bytes, address: Address) -> None:
        self._network.send_datagram(data, self.port, address)

    def close(self) -> None:
        if self._network.datagram_ports.get(self.port) is self._on_datagram:
            del self._network.datagram_ports[self.port]


class MemoryNetwork:
    """One host's ports.

    Attributes:
        on_bytes: told of all that is written to connections, as (source, target, data).
        context: what the network's own callbacks run in, whoever's bytes they carry.

    Args:
        latency_s: delivery time of bytes and datagrams, seconds, on paths that say nothing else.
        fate: what becomes of the next datagram: for each copy of it that arrives how much later than usual, seconds.
    """

    def __init__(self, latency_s: float = 0.0, fate: Callable[[], Sequence[float]] = lambda: (0.0,)) -> None:
        self._latency_s = latency_s
        self._fate = fate
        self._next_ephemeral = 40_000
        self._paths: dict[tuple[str, str], Path] = {}
        self._places: dict[tuple[str, int], str] = {}
        self.context = contextvars.copy_context()
        self.on_bytes: Callable[[str, str, bytes], None] = lambda source, target, data: None
        self.listeners: dict[int, Accept] = {}
        self.datagram_ports: dict[int, OnDatagram] = {}

    def at(self, place: str) -> Network:
        """The same network, for somebody who is at that place."""
        return _PlacedNetwork(self, place)

    def path(self, source: str, target: str) -> Path:
        """The way from one place to another."""
        path = self._paths.get((source, target))
        if path is None:
            path = self._paths[source, target] = Path(self._latency_s)
        return path

    def paths(self) -> list[Path]:
        """All ways that were used."""
        return list(self._paths.values())

    async def connect(self, address: Address, receiver: Receiver) -> None:
        await self.connect_from(NOWHERE, address, receiver)

    async def listen(self, address: Address, accept: Accept) -> Listening:
        return self.listen_at(NOWHERE, address, accept)

    async def open_datagram(self, address: Address, on_datagram: OnDatagram) -> DatagramPort:
        return self.open_datagram_at(NOWHERE, address, on_datagram)

    async def connect_from(self, place: str, address: Address, receiver: Receiver) -> None:
        """As `connect`, from a place."""
        target = self._places.get(("tcp", address[1]), NOWHERE)
        path = self.path(place, target)
        await asyncio.sleep(path.latency_s)
        while path.is_cut:
            opened = asyncio.get_running_loop().create_future()
            path.when_open(lambda: None if opened.done() else opened.set_result(None))  # noqa: B023
            await opened
        accept = self.listeners.get(address[1])
        if accept is None:
            raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
        near, far = _MemoryTransport(self, place, target), _MemoryTransport(self, target, place)
        near.other, far.other = far, near
        near.receiver, far.receiver = receiver, accept()
        far.receiver.connected(far, ("127.0.0.1", self._ephemeral()))
        receiver.connected(near, address)

    def listen_at(self, place: str, address: Address, accept: Accept) -> Listening:
        """As `listen`, at a place."""
        port = checked_address(address)[1] or self._ephemeral()
        if port in self.listeners:
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
        self.listeners[port] = accept
        self._places["tcp", port] = place
        return _MemoryListening(self, port, accept)

    def open_datagram_at(self, place: str, address: Address, on_datagram: OnDatagram) -> DatagramPort:
        """As `open_datagram`, at a place."""
        port = checked_address(address)[1] or self._ephemeral()
        if port in self.datagram_ports:
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
        self.datagram_ports[port] = on_datagram
        self._places["udp", port] = place
        return _MemoryDatagramPort(self, port, on_datagram)

    def send_datagram(self, data: bytes, source_port: int, address: Address) -> None:
        """Deliver a datagram as its fate wants it, unless the path is cut or nobody is there."""
        source, target = (self._places.get(("udp", port), NOWHERE) for port in (source_port, address[1]))
        path = self.path(source, target)
        if path.is_cut:
            return

        def deliver() -> None:
            on_datagram = self.datagram_ports.get(address[1])
            if on_datagram is not None:
                on_datagram(data, ("127.0.0.1", source_port))

        for late_s in self._fate():
            asyncio.get_running_loop().call_later(path.latency_s + late_s, deliver, context=self.context)

    def _ephemeral(self) -> int:
        self._next_ephemeral += 1
        return self._next_ephemeral


class _PlacedNetwork:
    """A network as it is seen from one place."""

    def __init__(self, network: MemoryNetwork, place: str) -> None:
        self._network = network
        self._place = place

    async def connect(self, address: Address, receiver: Receiver) -> None:
        await self._network.connect_from(self._place, address, receiver)

    async def listen(self, address: Address, accept: Accept) -> Listening:
        return self._network.listen_at(self._place, address, accept)

    async def open_datagram(self, address: Address, on_datagram: OnDatagram) -> DatagramPort:
        return self._network.open_datagram_at(self._place, address, on_datagram)
