"""/metrics, /live and /ready of a process, over HTTP.

It runs in a daemon thread with an event loop of its own, not on the service's loop: /live has to say so when that loop hangs,
which nothing on it could; and /metrics is wanted most of all then. What it costs the audio path is the interpreter's lock:
an exposition takes 2-3 ms of it, of which the loop waits at most for one switch interval (sys.getswitchinterval, 5 ms) at a
time, against 80 ms that are queued in the gateway. The service's state is asked for on the service's own loop, so no
service needs a lock.
"""

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus

from steadyline.errors import PortTakenError
from steadyline.link.network import Address, reason
from steadyline.link.runtime import Runtime
from steadyline.metrics.http import (
    HEAD_END,
    MAX_HEAD_BYTES,
    Request,
    RequestError,
    Response,
    parse_request,
    render_response,
)

LIVE_WITHIN_S = 1.0
"""The service's event loop counts as alive when it answers within this."""
REQUEST_WITHIN_S = 2.0
"""So long has a client to say what it wants, and so long to take the answer."""
MAX_CLIENTS = 16
PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8"
PATHS = "/metrics, /live, /ready"


class MetricsServer:
    """The HTTP port of a process.

    Args:
        runtime: surroundings; its metrics are shown.
        state: the service's state, "ready" or what is in the way; called on the service's event loop.
    """

    def __init__(self, runtime: Runtime, state: Callable[[], str]) -> None:
        self._runtime = runtime
        self._state = state
        self._service_loop = asyncio.get_running_loop()
        self._asked: asyncio.Future[str] | None = None
        self._clients = 0
        self._thread: threading.Thread | None = None
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()

    def start(self, address: Address) -> None:
        """Listen; not at all on port 0.

        Raises:
            PortTakenError: the port is in use.
        """
        if not address[1]:
            return
        try:
            listening = socket.create_server(address)
        except OSError as error:
            text = f"TCP port {address[1]} on {address[0]} cannot be listened on: {reason(error)}"
            raise PortTakenError(text, (("tcp", *address),)) from error
        self._thread = threading.Thread(target=self._run, args=(listening,), name="metrics", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close."""
        if self._thread is None:
            self._loop.close()
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(REQUEST_WITHIN_S)

    def _run(self, listening: socket.socket) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve(listening))

    async def _serve(self, listening: socket.socket) -> None:
        server = await asyncio.start_server(self._client, sock=listening, limit=MAX_HEAD_BYTES)
        await self._stopping.wait()
        server.close()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: one request, one response. A client that is slow, or gone, costs nobody anything."""
        self._clients += 1
        try:
            async with asyncio.timeout(2 * REQUEST_WITHIN_S + LIVE_WITHIN_S):
                writer.write(await self._response(reader))
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except (OSError, TimeoutError):
            pass  # it is gone, or does not take the answer
        finally:
            writer.transport.abort()
            self._clients -= 1

    async def _response(self, reader: asyncio.StreamReader) -> bytes:
        try:
            if self._clients > MAX_CLIENTS:
                raise RequestError(HTTPStatus.SERVICE_UNAVAILABLE, f"more than {MAX_CLIENTS} clients at once")
            request = parse_request(await _head(reader))
            return render_response(await self._answer(request), with_body=request.method == "GET")
        except RequestError as error:
            return render_response(Response(error.status, f"{error}\n".encode()))

    async def _answer(self, request: Request) -> Response:
        if request.path == "/metrics":
            return Response(HTTPStatus.OK, self._runtime.metrics.exposition(), PROMETHEUS_TEXT)
        if request.path not in ("/live", "/ready"):
            return Response(HTTPStatus.NOT_FOUND, f"there is nothing at this path, only at {PATHS}\n".encode())
        state = await self._ask_state()
        if state is None:
            text = f"the event loop did not answer within {LIVE_WITHIN_S:g} s\n"
            return Response(HTTPStatus.SERVICE_UNAVAILABLE, text.encode())
        if request.path == "/live":
            return Response(HTTPStatus.OK, b"live\n")
        status = HTTPStatus.OK if state == "ready" else HTTPStatus.SERVICE_UNAVAILABLE
        return Response(status, f"{state}\n".encode())

    async def _ask_state(self) -> str | None:
        """The service's state, as its own event loop tells it; None when that does not answer.

        One question at a time is put to that loop, however many clients ask, so that nothing piles up while it hangs.
        """
        if self._asked is None or self._asked.done():
            self._asked = self._loop.create_future()
            with suppress(RuntimeError):  # a loop that was closed answers no more
                self._service_loop.call_soon_threadsafe(self._tell_state, self._asked)
        await asyncio.wait({self._asked}, timeout=LIVE_WITHIN_S)
        return self._asked.result() if self._asked.done() else None

    def _tell_state(self, asked: "asyncio.Future[str]") -> None:
        """On the service's loop."""
        state = self._state()
        with suppress(RuntimeError):  # nobody asks any more
            self._loop.call_soon_threadsafe(asked.set_result, state)


async def _head(reader: asyncio.StreamReader) -> bytes:
    """A request's head.

    Raises:
        RequestError: it is too long, or did not come in time or as a whole.
    """
    try:
        async with asyncio.timeout(REQUEST_WITHIN_S):
            return await reader.readuntil(HEAD_END)
    except TimeoutError as error:
        raise RequestError(HTTPStatus.REQUEST_TIMEOUT, f"no request within {REQUEST_WITHIN_S:g} s") from error
    except asyncio.LimitOverrunError as error:
        text = f"the request's head is longer than {MAX_HEAD_BYTES} bytes"
        raise RequestError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, text) from error
    except asyncio.IncompleteReadError as error:
        raise RequestError(HTTPStatus.BAD_REQUEST, "the request ended in the middle") from error
