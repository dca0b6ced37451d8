"""A network in memory, for tests and drills: ports, connections and datagrams without a socket.

Behaves as TCP and UDP on one host do: a connection to a port where nobody listens is refused, a port that is taken
cannot be listened on, datagrams to nobody vanish. Delivery takes `latency_s` of the event loop's time.
"""

import asyncio
import errno
import os
from collections import deque
from collections.abc import Callable

from steadyline.link.network import Address, DatagramPort, Listening, OnDatagram, Receiver, checked_address


class _MemoryTransport:
    """One direction's writer; the pair of transports makes a connection."""

    def __init__(self, latency_s: float) -> None:
        self._latency_s = latency_s
        self._loop = asyncio.get_running_loop()
        self._in_flight: deque[bytes | None] = deque()
        self.receiver: Receiver | None = None
        self.other: _MemoryTransport | None = None
        self.is_closed = False

    def write(self, data: bytes) -> None:
        if not self.is_closed:
            self._travel(data)

    def close(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            self._travel(None)
            self._loop.call_soon(self._tell, "closed")

    def abort(self) -> None:
        self.close()

    def unsent_bytes(self) -> int:
        return 0

    def _travel(self, data: bytes | None) -> None:
        """Send bytes, or the end of the stream, on their way."""
        self._in_flight.append(data)
        self._loop.call_later(self._latency_s, self._arrive)

    def _arrive(self) -> None:
        """One arrival takes the oldest: the loop runs timers of one moment in any order, a stream has one."""
        data, other = self._in_flight.popleft(), self.other
        if data is None:
            self._hang_up("connection closed by the peer without BYE")
        elif other is not None and not other.is_closed and other.receiver is not None:
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
    def __init__(self, network: "MemoryNetwork", port: int) -> None:
        self._network = network
        self.port = port

    def close(self) -> None:
        self._network.listeners.pop(self.port, None)


class _MemoryDatagramPort:
    def __init__(self, network: "MemoryNetwork", port: int) -> None:
        self._network = network
        self.port = port

    def send(self, data: bytes, address: Address) -> None:
        self._network.send_datagram(data, self.port, address)

    def close(self) -> None:
        self._network.datagram_ports.pop(self.port, None)


class MemoryNetwork:
    """One host's ports.

    Args:
        latency_s: delivery time of bytes and datagrams, seconds.
        loses_datagram: decides for each datagram (data, address) whether it is lost.
    """

    def __init__(
        self, latency_s: float = 0.0, loses_datagram: Callable[[bytes, Address], bool] = lambda data, address: False
    ) -> None:
        self._latency_s = latency_s
        self._loses_datagram = loses_datagram
        self._next_ephemeral = 40_000
        self.listeners: dict[int, Callable[[], Receiver]] = {}
        self.datagram_ports: dict[int, OnDatagram] = {}

    async def connect(self, address: Address, receiver: Receiver) -> None:
        await asyncio.sleep(self._latency_s)
        accept = self.listeners.get(address[1])
        if accept is None:
            raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
        near, far = _MemoryTransport(self._latency_s), _MemoryTransport(self._latency_s)
        near.other, far.other = far, near
        near.receiver, far.receiver = receiver, accept()
        far.receiver.connected(far, ("127.0.0.1", self._ephemeral()))
        receiver.connected(near, address)

    async def listen(self, address: Address, accept: Callable[[], Receiver]) -> Listening:
        port = checked_address(address)[1] or self._ephemeral()
        if port in self.listeners:
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
        self.listeners[port] = accept
        return _MemoryListening(self, port)

    async def open_datagram(self, address: Address, on_datagram: OnDatagram) -> DatagramPort:
        port = checked_address(address)[1] or self._ephemeral()
        if port in self.datagram_ports:
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
        self.datagram_ports[port] = on_datagram
        return _MemoryDatagramPort(self, port)

    def send_datagram(self, data: bytes, source_port: int, address: Address) -> None:
        """Deliver a datagram unless it is lost or nobody is there."""
        if self._loses_datagram(data, address):
            return

        def deliver() -> None:
            on_datagram = self.datagram_ports.get(address[1])
            if on_datagram is not None:
                on_datagram(data, ("127.0.0.1", source_port))

        asyncio.get_running_loop().call_later(self._latency_s, deliver)

    def _ephemeral(self) -> int:
        self._next_ephemeral += 1
        return self._next_ephemeral
