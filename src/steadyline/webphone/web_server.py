"""Uvicorn as a part of a service: on a socket that is ours, without signals, logs and files of its own."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from steadyline.errors import PortTakenError

MAX_CONNECTIONS = 64
"""Browsers open up to six; beyond this an answer is 503."""
MAX_HEAD_BYTES = 16_384


class _QuietServer(uvicorn.Server):
    """Leaves the signals to the service that it is a part of."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WebServer:
    """Serves an ASGI application from `start` to `stop`."""

    def __init__(self, app: ASGIApp) -> None:
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
        config = uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=MAX_CONNECTIONS,
            h11_max_incomplete_event_size=MAX_HEAD_BYTES,
            timeout_graceful_shutdown=1,
        )
        self._server = _QuietServer(config)
        self._serving: asyncio.Task[None] | None = None

    def start(self, address: tuple[str, int]) -> None:
        """Listen; `PortTakenError` if the port is in use."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
        except OSError as error:
            listener.close()
            text = f"TCP port {address[1]} on {address[0]} cannot be listened on: {error.strerror}"
            raise PortTakenError(text, (("tcp", *address),)) from error
        self._serving = asyncio.ensure_future(self._server.serve(sockets=[listener]))

    async def stop(self) -> None:
        """Answer what is being asked, then close."""
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving
