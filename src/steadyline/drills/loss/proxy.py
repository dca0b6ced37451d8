"""A UDP proxy that treats datagrams as a bad network does: lost, doubled, late and out of order. Real sockets."""

import asyncio
from typing import cast

from steadyline.drills.weather import Weather
from steadyline.link.network import Address


class UdpProxy(asyncio.DatagramProtocol):
    """Passes on what comes to its port, as the weather wants it.

    Attributes:
        arrived, passed_on: datagrams so far; of doubled ones both are passed on.

    Args:
        target: where to.
        weather: decides.
    """

    def __init__(self, target: Address, weather: Weather) -> None:
        self.arrived = self.passed_on = 0
        self._target = target
        self._weather = weather
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    async def open(cls, target: Address, weather: Weather) -> "UdpProxy":
        """A proxy on a free port of the target's host."""
        loop = asyncio.get_running_loop()
        _, proxy = await loop.create_datagram_endpoint(lambda: cls(target, weather), local_addr=(target[0], 0))
        return proxy

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    def close(self) -> None:
        """Listen no more; what is late is lost."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.arrived += 1
        for late_s in self._weather.fate():
            asyncio.get_running_loop().call_later(late_s, self._pass_on, data)

    def _pass_on(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self.passed_on += 1
            self._transport.sendto(data, self._target)
