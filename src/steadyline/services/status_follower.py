"""Following a service on its status port: told at once what changes, that it is gone, and that it is back."""

import asyncio
import itertools
import os
from typing import Any, Protocol

from steadyline.clock import LoopClock
from steadyline.link.link import Link, LinkEvents
from steadyline.link.network import Address, Network, TcpNetwork
from steadyline.link.security import Seal
from steadyline.services.status_server import STATUS_CONNECTION
from steadyline.wire.messages import PROTOCOL_VERSION, Hello, Message, StatusReply, StatusRequest, Welcome
from steadyline.wire.operator_messages import StatusFollow
from steadyline.wire.session import Closed, SessionTimes

ASK_INTERVAL_S = 0.5
"""Figures that grow all the time are asked for so often: they are no news, and nobody tells them unasked."""
REDIAL_S = 0.1
_COUNTER = itertools.count(1)


class Told(Protocol):
    """Gets a service's status; None: it is not there. `is_news`: something happened, nobody has asked."""

    def __call__(self, status: dict[str, Any] | None, *, is_news: bool) -> None: ...


class StatusFollower:
    """Holds a connection to one status port, and dials again whenever it is lost.

    Args:
        address: the port.
        times: how long a service may be silent.
        seal: an operator's.
        told: gets what it says.
        network: TCP, but for tests.
    """

    def __init__(
        self, address: Address, times: SessionTimes, seal: Seal, told: Told, network: Network | None = None
    ) -> None:
        self._address, self._times, self._seal, self._told = address, times, seal, told
        self._network = network or TcpNetwork()
        self._is_asked = self._is_there = False

    async def run(self) -> None:
        """Follow until this is cancelled."""
        while True:
            await self._hold()
            self._told(None, is_news=self._is_there)
            self._is_there = False
            await asyncio.sleep(REDIAL_S)

    async def _hold(self) -> None:
        """One connection, from dialing to its loss."""
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def on_closed(_: Link, how: Closed) -> None:
            if not over.done():
                over.set_result(None)

        uuid = f"follower-{os.getpid()}-{next(_COUNTER)}"
        hello = Hello(PROTOCOL_VERSION, STATUS_CONNECTION, "operator", 0, uuid, 1)
        events = LinkEvents(self._received, on_closed, on_open=self._opened)
        link = Link(LoopClock(), self._times, events, self._seal, self._address[1], hello)
        try:
            async with asyncio.timeout(self._times.hello_timeout_s):
                await self._network.connect(self._address, link)
            while not over.done():
                await asyncio.wait([over], timeout=ASK_INTERVAL_S)
                self._is_asked = link.send(StatusRequest(details=False))
        except OSError:
            pass  # nobody listens; a TimeoutError is an OSError, too
        finally:
            link.end("followed no longer")

    def _opened(self, link: Link, _: Welcome) -> None:
        self._is_asked = False
        link.send(StatusFollow())

    def _received(self, _: Link, message: Message) -> None:
        if isinstance(message, StatusReply):
            was_asked, self._is_asked, self._is_there = self._is_asked, False, True
            self._told(message.status, is_news=not was_asked)
