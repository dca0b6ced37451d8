"""What every request passes first: whom it was sent to, whose page sent it, how long it is, who asks."""

import time
from collections.abc import Collection
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from steadyline.console.access import Access

COOKIE = "steadyline_session"
MAX_BODY_BYTES = 64 * 1024
SAFE_METHODS = frozenset({"GET", "HEAD"})
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
WILDCARDS = frozenset({"0.0.0.0", "::"})
OPEN_PATHS = ("/login", "/api/login", "/static/")
"""What is there without the password."""
HEADERS = {
    "content-security-policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Guard:
    """ASGI middleware around the whole console.

    Args:
        app: what is guarded.
        access: who may.
        host: the address that the console listens on.
        names: further host names by which browsers reach it.
    """

    def __init__(self, app: ASGIApp, access: Access, host: str, names: Collection[str]) -> None:
        self._app = app
        self._access = access
        self._names = LOOPBACK_NAMES | {name.lower() for name in (host, *names)}
        # On a wildcard any address may be one of ours; a foreign page can make a name of its own mean us, not an address.
        self._takes_addresses = host in WILDCARDS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        # The path that is routed; that of the request's URL is made with the Host header, which anybody may write.
        refusal = self._refusal(HTTPConnection(scope), scope["method"], scope["path"])
        await (refusal or self._app)(scope, receive, send_guarded)

    def _refusal(self, request: HTTPConnection, method: str, path: str) -> Response | None:
        host = request.headers.get("host", "")
        if not self._is_ours(host):
            text = f"the console is not reached as {host[:80]!r}; console.names may list further names"
            return refused(HTTPStatus.MISDIRECTED_REQUEST, text)
        if method not in SAFE_METHODS and _place(request.headers.get("origin", "")) != host.lower():
            return refused(HTTPStatus.FORBIDDEN, "what changes anything is taken from the console's own pages only")
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:20]) > MAX_BODY_BYTES:
            return refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body has at most {MAX_BODY_BYTES} bytes")
        if self._access.is_open or path.startswith(OPEN_PATHS):
            return None
        if self._access.admits(request.cookies.get(COOKIE, ""), time.time()):
            return None
        if method in SAFE_METHODS and not path.startswith("/api/"):
            return RedirectResponse("/login", HTTPStatus.SEE_OTHER)
        return refused(HTTPStatus.UNAUTHORIZED, "give the password first")

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name in self._names or (self._takes_addresses and _is_address(name))


def refused(status: HTTPStatus, text: str) -> JSONResponse:
    """An answer that says why not."""
    return JSONResponse({"error": text}, status)


def _place(origin: str) -> str:
    """The host and port that a page came from; "" for what is no origin."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
