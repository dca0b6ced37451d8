"""Uvicorn as a part of a service: on a socket that is ours, without signals, logs and files of its own."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from steadyline.errors import PortTakenError
from steadyline.link.network import reason

MAX_HEAD_BYTES = 16_384
GRACE_S = 1


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
            http="h11",
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
