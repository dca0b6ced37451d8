"""The network seam: what the links need of TCP and UDP, with a real network here and one in memory in `memory.py`.

Everything is callbacks on the event loop, as in asyncio's protocols: a frame costs no task switch.
"""

import asyncio
import contextlib
import errno
import os
import socket
from collections.abc import Callable
from typing import Protocol, cast

MAX_PORT = 65535

Address = tuple[str, int]
OnDatagram = Callable[[bytes, Address], None]


def reason(error: OSError) -> str:
    """Why a port cannot be had, in the system's words; asyncio's repeat the address."""
    number = error.errno or 0
    return os.strerror(number) if number > 0 else str(error.strerror or error)


class Transport(Protocol):
    """An open byte stream."""

    def write(self, data: bytes) -> None: ...

    def close(self) -> None:
        """Close after what was written has left."""

    def abort(self) -> None:
        """Close at once."""

    def unsent_bytes(self) -> int:
        """Bytes written and not yet taken by the peer's side."""


class Receiver(Protocol):
    """Who gets the bytes."""

    def connected(self, transport: Transport, peer: Address) -> None: ...

    def data_received(self, data: bytes) -> None: ...

    def disconnected(self, reason: str) -> None:
        """The stream is closed; called exactly once after `connected`."""


class Listening(Protocol):
    """A listening port; `port` is the real one where 0 was asked for."""

    port: int

    def close(self) -> None: ...


class DatagramPort(Protocol):
    """An open UDP port."""

    port: int

    def send(self, data: bytes, address: Address) -> None:
        """Send and forget; an unreachable address is no error."""

    def close(self) -> None: ...


class Network(Protocol):
    """A way to reach others. All methods raise OSError as sockets do."""

    async def connect(self, address: Address, receiver: Receiver) -> None: ...

    async def listen(self, address: Address, accept: Callable[[], Receiver]) -> Listening: ...

    async def open_datagram(self, address: Address, on_datagram: OnDatagram) -> DatagramPort: ...


class _StreamProtocol(asyncio.Protocol):
    """asyncio's side of a Receiver."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        stream = cast(asyncio.Transport, transport)
        connection = stream.get_extra_info("socket")
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 2000)
        peer = stream.get_extra_info("peername") or ("", 0)
        self._receiver.connected(_TcpTransport(stream), (peer[0], peer[1]))

    def data_received(self, data: bytes) -> None:
        self._receiver.data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._receiver.disconnected(str(exc) if exc else "connection closed by the peer without BYE")


class _TcpTransport:
    def __init__(self, stream: asyncio.Transport) -> None:
        self._stream = stream

    def write(self, data: bytes) -> None:
        self._stream.write(data)

    def close(self) -> None:
        self._stream.close()

    def abort(self) -> None:
        self._stream.abort()

    def unsent_bytes(self) -> int:
        return self._stream.get_write_buffer_size()


class _TcpListening:
    def __init__(self, server: asyncio.Server) -> None:
        self._server = server
        self.port = int(server.sockets[0].getsockname()[1])

    def close(self) -> None:
        self._server.close()


class _DatagramProtocol(asyncio.DatagramProtocol):
    def __init__(self, on_datagram: OnDatagram) -> None:
        self._on_datagram = on_datagram

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._on_datagram(data, (addr[0], addr[1]))

    def error_received(self, exc: Exception) -> None:
        """ICMP "port unreachable": nobody listens yet, which polling is there for."""


class _UdpPort:
    def __init__(self, transport: asyncio.DatagramTransport) -> None:
        self._transport = transport
        self.port = int(transport.get_extra_info("sockname")[1])

    def send(self, data: bytes, address: Address) -> None:
        self._transport.sendto(data, address)

    def close(self) -> None:
        self._transport.close()


def checked_address(address: Address) -> Address:
    """The address; sockets raise OverflowError for a port that is none, this raises OSError as for any other failure."""
    if not 0 <= address[1] <= MAX_PORT:
        raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    return address


class TcpNetwork:
    """The real network."""

    async def connect(self, address: Address, receiver: Receiver) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: _StreamProtocol(receiver), *checked_address(address))

    async def listen(self, address: Address, accept: Callable[[], Receiver]) -> Listening:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: _StreamProtocol(accept()), *checked_address(address), reuse_address=True
        )
        return _TcpListening(server)

    async def open_datagram(self, address: Address, on_datagram: OnDatagram) -> DatagramPort:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _DatagramProtocol(on_datagram), local_addr=checked_address(address), family=socket.AF_INET
        )
        return _UdpPort(transport)
