"""The telephone's HTTP side: a page of static files, an offer to be answered, a call to be hung up."""

import json
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from steadyline.errors import SteadylineError
from steadyline.webphone.gatekeeper import Gatekeeper
from steadyline.webphone.offer import MAX_OFFER_BYTES, OfferError

MAX_BODY_BYTES = 2 * MAX_OFFER_BYTES
"""JSON writes a line's end as four characters."""
PAGE = {
    "/": ("index.html", "text/html"),
    "/phone.js": ("phone.js", "text/javascript"),
    "/phone.css": ("phone.css", "text/css"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}


class AllCallsTakenError(SteadylineError):
    """There are as many calls as `webphone.max_calls` allows."""


class BodyError(SteadylineError):
    """A request's body is not what was expected.

    Attributes:
        status: the HTTP status to answer with.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def webphone_app(
    take_offer: Callable[[str], Awaitable[tuple[str, str]]], hang_up: Callable[[str], bool], port: int
) -> ASGIApp:
    """The ASGI application.

    Args:
        take_offer: makes a call of an offer (SDP); gives the answer (SDP) and the call's token. Raises `OfferError` and
            `AllCallsTakenError`.
        hang_up: ends the call with this token; whether there is one.
        port: where we are reached, for the check of Host.
    """

    async def offer(request: Request) -> Response:
        body = await _json_object(request)
        sdp = body.get("sdp")
        if body.get("type") != "offer" or not isinstance(sdp, str):
            raise BodyError(400, 'expected {"type": "offer", "sdp": "v=0…"}')
        answer, token = await take_offer(sdp)
        return JSONResponse({"type": "answer", "sdp": answer, "call_id": token})

    async def end(request: Request) -> Response:
        body = await _json_object(request)
        token = body.get("call_id")
        if not isinstance(token, str):
            raise BodyError(400, 'expected {"call_id": "…"} as it came with the answer to the offer')
        return JSONResponse({"ended": hang_up(token)})

    routes = [Route(path, _static(*page)) for path, page in PAGE.items()]
    routes += [Route("/offer", offer, methods=["POST"]), Route("/hang-up", end, methods=["POST"])]
    return Gatekeeper(Starlette(routes=routes, exception_handlers=_HANDLERS), port)


async def _json_object(request: Request) -> dict[str, Any]:
    """The body, a JSON object of bounded size.

    Raises:
        BodyError: it is something else.
    """
    # A page of another site may send other types without asking first (CORS, "simple" requests).
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise BodyError(415, "expected Content-Type: application/json")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise BodyError(413, f"the body is too long; allowed are {MAX_BODY_BYTES} bytes")
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BodyError(400, "the body is not JSON") from error
    if not isinstance(content, dict):
        raise BodyError(400, "expected a JSON object")
    return content


def _static(name: str, media_type: str) -> Callable[[Request], Response]:
    content = (files("steadyline.webphone") / "static" / name).read_bytes()

    def serve(_: Request) -> Response:
        return Response(content, media_type=media_type)

    return serve


def _refused(status: int) -> Callable[[Request, Exception], Response]:
    return lambda _, error: JSONResponse({"error": str(error)}, status)


def _bad_body(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, error.status if isinstance(error, BodyError) else 400)


_HANDLERS: dict[Any, Callable[[Request, Exception], Response]] = {
    OfferError: _refused(400),
    AllCallsTakenError: _refused(503),
    BodyError: _bad_body,
}
