"""The Line page's stream, and what its buttons do."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from steadyline.console.event_stream import EventStream
from steadyline.console.guard import refused
from steadyline.console.sources import sources_of


async def line_stream(request: Request) -> Response:
    """What all services say of themselves, as soon as something happens."""
    watch = sources_of(request).watch
    if watch.is_full:
        return refused(HTTPStatus.SERVICE_UNAVAILABLE, "too many pages look at once: close some")
    return EventStream(watch.looks())


async def act(request: Request) -> Response:
    """Restart, kill or freeze a service; the supervisor judges whether it may be."""
    service, action = request.path_params["service"], request.path_params["action"]
    reply = await sources_of(request).ask_of_child(action, service)
    if reply is None:
        return refused(HTTPStatus.BAD_GATEWAY, "the supervisor does not answer: is `steadyline up` running?")
    if not reply.done:
        return refused(HTTPStatus.CONFLICT, reply.text)
    return JSONResponse({})
