"""The Settings page: what may be changed, and changing it."""

from http import HTTPStatus
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from steadyline.console.guard import refused
from steadyline.console.offered_settings import OFFERED
from steadyline.console.page_routes import bounded_json
from steadyline.console.settings_desk import FileChangedError, WrongValuesError
from steadyline.console.settings_view import settings_view
from steadyline.console.sources import sources_of
from steadyline.errors import ConfigError

SHOWN_CHARS = 60


async def settings(request: Request) -> Response:
    """What the page shows."""
    return JSONResponse(await _view(request))


async def change_settings(request: Request) -> Response:
    """{"version": …, "values": {"section.key": …}}: all of it is saved, or nothing; answers with what the page shows then."""
    content = await bounded_json(request) or {}
    version, values = content.get("version"), content.get("values")
    if not isinstance(version, str) or not isinstance(values, dict):
        return refused(HTTPStatus.BAD_REQUEST, 'expected a JSON object with "version", a text, and "values", an object')
    foreign = next((name for name in values if name not in OFFERED), None)
    if foreign is not None:
        text = (
            f"{foreign[:SHOWN_CHARS]!r} is not among the settings of this page: it belongs into the configuration file"
        )
        return refused(HTTPStatus.BAD_REQUEST, text)
    sources = sources_of(request)
    try:
        changed = await run_in_threadpool(sources.desk.save, version, values)
    except FileChangedError as error:
        return refused(HTTPStatus.CONFLICT, str(error))
    except WrongValuesError as error:
        content = {"error": "nothing was saved: some values may not be", "fields": error.complaints}
        return JSONResponse(content, HTTPStatus.UNPROCESSABLE_ENTITY)
    except ConfigError as error:
        return refused(HTTPStatus.UNPROCESSABLE_ENTITY, f"nothing was saved: {error}")
    if changed:
        client = request.client.host if request.client else "?"
        sources.log.warning("settings were changed from %s: %s", client, ", ".join(changed))
    return JSONResponse(await _view(request))


async def _view(request: Request) -> dict[str, Any]:
    sources = sources_of(request)
    found = await run_in_threadpool(sources.desk.look)
    return settings_view(found, sources.config, await sources.ask_all())
