"""The supervisor's operator connection (6) to a service: the service's event loop answers its PINGs, or it does not."""

import asyncio
import itertools
import os

from steadyline.link.link import Link, LinkEvents
from steadyline.link.network import Address
from steadyline.link.runtime import Runtime
from steadyline.services.status_server import OPERATOR_PING_S, STATUS_CONNECTION
from steadyline.wire.messages import PROTOCOL_VERSION, Hello
from steadyline.wire.session import Closed, SessionTimes

REDIAL_S = 0.25
_COUNTER = itertools.count(1)


class Heartbeat:
    """Dials a status port as long as it takes, again whenever the connection is lost, and knows when it was heard.

    Args:
        runtime: surroundings.
        address: the service's status port.
        patience_s: a connection that is silent for so long is given up; longer than a sound service is ever silent, since
            what comes late must still be heard.
    """

    def __init__(self, runtime: Runtime, address: Address, patience_s: float) -> None:
        self._runtime = runtime
        self._address = address
        self._times = SessionTimes(patience_s, OPERATOR_PING_S, patience_s)
        self._link: Link | None = None
        self._heard_at: float | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def heard_at(self) -> float | None:
        """When the service was heard last, on the clock's scale; None: never yet."""
        if self._link is not None and self._link.is_open:
            self._heard_at = self._link.last_frame_at
        return self._heard_at

    def start(self) -> None:
        """Begin to dial."""
        self._task = asyncio.get_running_loop().create_task(self._keep(), name=f"heartbeat {self._address[1]}")

    def stop(self) -> None:
        """Say goodbye."""
        if self._task is not None:
            self._task.cancel()

    async def _keep(self) -> None:
        while True:
            await self._hold()
            await self._runtime.clock.sleep(REDIAL_S)

    async def _hold(self) -> None:
        """One connection, from dialing to its loss."""
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def on_closed(_: Link, how: Closed) -> None:
            if not over.done():
                over.set_result(None)

        uuid = f"supervisor-{os.getpid()}-{next(_COUNTER)}"
        hello = Hello(PROTOCOL_VERSION, STATUS_CONNECTION, "operator", 0, uuid, 1)
        events = LinkEvents(on_message=lambda link, message: None, on_closed=on_closed)
        runtime = self._runtime
        link = self._link = Link(runtime.clock, self._times, events, runtime.seal, self._address[1], hello)
        try:
            async with asyncio.timeout(self._times.hello_timeout_s):
                await runtime.network.connect(self._address, link)
            await over
        except OSError:
            pass  # nobody listens yet, or any more; a TimeoutError is an OSError, too
        finally:
            link.end("watched no longer")
