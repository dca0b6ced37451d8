"""Notes of when things left: a network that records them, a log handler that stamps lines with the loop's time."""

import logging
from collections.abc import Callable

from tests.link.worlds import LOG, now

from steadyline.link.network import Address, DatagramPort, Listening, Network, OnDatagram, Receiver


class RecordingNetwork:
    """Another network, with the times of every connection attempt and every datagram that left."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.dialed_at: list[float] = []
        self.datagrams: list[tuple[float, bytes]] = []

    async def connect(self, address: Address, receiver: Receiver) -> None:
        self.dialed_at.append(now())
        await self._network.connect(address, receiver)

    async def listen(self, address: Address, accept: Callable[[], Receiver]) -> Listening:
        return await self._network.listen(address, accept)

    async def open_datagram(self, address: Address, on_datagram: OnDatagram) -> DatagramPort:
        return _RecordingPort(await self._network.open_datagram(address, on_datagram), self.datagrams)

    def registers_at(self) -> list[float]:
        """When REGISTERs left."""
        return [at for at, data in self.datagrams if data.startswith(b"REGISTER ")]


class _RecordingPort:
    def __init__(self, port: DatagramPort, datagrams: list[tuple[float, bytes]]) -> None:
        self._port = port
        self._datagrams = datagrams
        self.port = port.port

    def send(self, data: bytes, address: Address) -> None:
        self._datagrams.append((now(), data))
        self._port.send(data, address)

    def close(self) -> None:
        self._port.close()


class TimedLog(logging.Handler):
    """Lines of the test's log as (time of the loop, level, text); a context manager."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[float, str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((now(), record.levelname, record.getMessage()))

    def __enter__(self) -> "TimedLog":
        LOG.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        LOG.removeHandler(self)
