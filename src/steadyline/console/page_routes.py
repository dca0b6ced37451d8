"""Pages, each a frame that its script fills, and the way in and out."""

import json
import time
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from steadyline.console.call_routes import CALL_UUID
from steadyline.console.guard import COOKIE, MAX_BODY_BYTES, refused
from steadyline.console.sources import sources_of
from steadyline.console.static_files import html_page

MAX_PASSWORD_CHARS = 1024
_WAY_OUT = 'id="log-out" class="quiet" type="button"'


async def line_page(request: Request) -> Response:
    """Who is there, live."""
    sources_of(request).watch.expect()
    return _page(request, "line.js")


async def calls_page(request: Request) -> Response:
    """All calls."""
    return _page(request, "calls.js", "/api/calls")


async def call_page(request: Request) -> Response:
    """One call, or that there is none of this name."""
    call_uuid = request.path_params["call_uuid"]
    return _page(request, "call.js", f"/api/calls/{call_uuid}" if CALL_UUID.fullmatch(call_uuid) else "")


async def health_page(request: Request) -> Response:
    """How the line did in the last hours, and does now."""
    sources_of(request).watch.expect()
    return _page(request, "health.js", "/api/health")


async def settings_page(request: Request) -> Response:
    """What may be changed."""
    return _page(request, "settings.js", "/api/settings")


def _page(request: Request, script: str, fetched: str = "") -> Response:
    text = html_page("index.html", script, fetched)
    if not sources_of(request).access.is_open:
        text = text.replace(f"{_WAY_OUT} hidden", _WAY_OUT)
    return HTMLResponse(text)


async def login_page(request: Request) -> Response:
    """Where the password is asked for."""
    if sources_of(request).access.is_open:
        return RedirectResponse("/", HTTPStatus.SEE_OTHER)
    return HTMLResponse(html_page("login.html"))


async def log_in(request: Request) -> Response:
    """{"password": …} for a session."""
    # The body first: between the look at the delay and the verdict nobody else gets a try.
    content = await bounded_json(request)
    sources, now = sources_of(request), time.time()
    client = request.client.host if request.client else ""
    wait_s = sources.delays.wait_s(client, now)
    if wait_s > 0:
        answer = refused(HTTPStatus.TOO_MANY_REQUESTS, f"too many wrong passwords: try again in {wait_s:.0f} s")
        answer.headers["retry-after"] = str(int(wait_s) + 1)
        return answer
    password = content.get("password") if content else None
    if not isinstance(password, str) or not 0 < len(password) <= MAX_PASSWORD_CHARS:
        return refused(HTTPStatus.BAD_REQUEST, 'expected a JSON object with "password", a text')
    if sources.access.is_open or not sources.access.matches(password):
        sources.delays.failed(client, now)
        sources.log.warning("a wrong password for the console from %s", client)
        return refused(HTTPStatus.FORBIDDEN, "that is not the password")
    sources.delays.succeeded(client)
    answer = JSONResponse({})
    answer.set_cookie(COOKIE, sources.access.cookie(now), path="/", httponly=True, samesite="strict")
    return answer


async def log_out(request: Request) -> Response:
    """Forget the session."""
    answer = JSONResponse({})
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return answer


async def bounded_json(request: Request) -> dict[str, Any] | None:
    """The body, if it is a JSON object of a decent size; else None."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            return None
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None
