"""Uvicorn as a part of a service: on a socket that is ours, without signals, logs and files of its own."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from steadyline.errors import PortTakenError
from steadyline.link.network import reason

MAX_HEAD_BYTES = 16_384
HEAD_S = 10.0
"""Browsers open connections that they may need soon; they open others when these are closed."""
GRACE_S = 1


class _ImpatientProtocol(H11Protocol):
    """Closes a connection on which no request came as a whole within `HEAD_S`: uvicorn would wait for ever, and there are not
    so many connections.
    """

    _due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_request()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._await_nothing()
        elif self._due is None:
            self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._await_nothing()
        super().connection_lost(exc)

    def _await_request(self) -> None:
        self._due = self.loop.call_later(HEAD_S, self.transport.close)

    def _await_nothing(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None


class _QuietServer(uvicorn.Server):
    """Leaves the signals to the service that it is a part of."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WebServer:
    """Serves an ASGI application from `start` to `stop`.

    Args:
        app: the application.
        max_connections: at once; beyond them an answer is 503. Browsers open up to six.
    """

    def __init__(self, app: ASGIApp, max_connections: int) -> None:
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
        config = uvicorn.Config(
            app,
            http=_ImpatientProtocol,
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=max_connections,
            h11_max_incomplete_event_size=MAX_HEAD_BYTES,
            timeout_graceful_shutdown=GRACE_S,
        )
        self._server = _QuietServer(config)
        self._serving: asyncio.Task[None] | None = None

    @property
    def is_ready(self) -> bool:
        """It answers."""
        return self._server.started

    def start(self, address: tuple[str, int]) -> None:
        """Listen on an IPv4 or IPv6 address.

        Raises:
            PortTakenError: the port is in use, or the address is none of this machine.
        """
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        try:
            listening = socket.create_server(address, family=family)
        except OSError as error:
            text = f"TCP port {address[1]} on {address[0]} cannot be listened on: {reason(error)}"
            raise PortTakenError(text, (("tcp", *address),)) from error
        self._serving = asyncio.ensure_future(self._server.serve(sockets=[listening]))

    async def stop(self) -> None:
        """Answer what is being asked, then close."""
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving
