"""Who may ask: pages of our own, in a browser on this machine.

Another site that is open in the same browser can send requests to the loopback, and a name of its own that it points at the
loopback makes them look like ours (DNS rebinding). The first names itself in Origin, the second in Host.
"""

from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Permissions-Policy": "microphone=(self)",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Gatekeeper:
    """Lets requests through whose Host is ours and whose Origin, if they have one, is; and puts our headers on every answer.

    Args:
        app: what is behind it.
        port: ours.
    """

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._hosts = frozenset(f"{name}:{port}" for name in LOOPBACK_NAMES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        refusal = self._refusal(Headers(scope=scope))
        answer = self._app if refusal is None else JSONResponse({"error": refusal}, 403)
        await answer(scope, receive, send_with_headers)

    def _refusal(self, headers: Headers) -> str | None:
        host, origin = headers.get("host", ""), headers.get("origin")
        if host not in self._hosts:
            return f"Host: found {host[:100]!r}; open {_choice(self._hosts)}"
        if origin is not None and origin not in {f"http://{name}" for name in self._hosts}:
            return f"Origin: found {origin[:100]!r}; only our own page may ask"
        return None


def _choice(names: Iterable[str]) -> str:
    return " or ".join(f"http://{name}/" for name in sorted(names))
