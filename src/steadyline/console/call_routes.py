"""Calls and waits out of the journal. Every request opens it anew, read only, in a thread."""

import json
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from steadyline.calls.journal import JournalError, JournalReader, read_only
from steadyline.calls.lists import ENDLESS
from steadyline.calls.records import CallRecord
from steadyline.console.call_view import call_details, call_export, call_rows, call_text
from steadyline.console.guard import refused
from steadyline.console.health_view import HOUR_S, health_view
from steadyline.console.sources import sources_of

PAGE_CALLS = 50
HEALTH_HOURS = 24
MAX_WAITS_AN_HOUR = 240
"""Of 10,000 calls a day all would take longer to read than a page may take to open; 80 of each kind say as much."""
MAX_SPANS = 20_000
CALL_UUID = re.compile(r"[0-9A-Za-z-]{1,64}")
_CURSOR = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)~([0-9A-Za-z-]{1,64})")

T = TypeVar("T")


async def calls(request: Request) -> Response:
    """A page of calls, the latest first; `?before=` is the `next` of the page before."""
    before = ENDLESS
    if given := request.query_params.get("before"):
        cursor = _CURSOR.fullmatch(given)
        if cursor is None:
            return refused(HTTPStatus.BAD_REQUEST, "before is not one that this list gave")
        before = (float(cursor[1]), cursor[2])

    def read(journal: JournalReader) -> dict[str, Any]:
        page = journal.page_of_calls(PAGE_CALLS + 1, before)
        last = page[PAGE_CALLS - 1] if len(page) > PAGE_CALLS else None
        following = f"{last.started_at!r}~{last.call_uuid}" if last else None
        return {"calls": call_rows(page[:PAGE_CALLS], live), "next": following}

    live = await sources_of(request).live_calls()
    return await _answer(request, read, nothing={"calls": [], "next": None})


async def call(request: Request) -> Response:
    """One call, for its page."""
    live = await sources_of(request).live_calls()
    return await _of_call(request, lambda record: JSONResponse(call_details(record, live)))


async def call_json(request: Request) -> Response:
    """One call to take home: all that the journal has."""
    return await _of_call(request, lambda record: _download(record, "json", json.dumps(call_export(record), indent=1)))


async def call_txt(request: Request) -> Response:
    """The dialogue to take home."""
    return await _of_call(request, lambda record: _download(record, "txt", call_text(record)))


async def health(request: Request) -> Response:
    """Waits and calls of the last hours, and where each service's metrics are."""
    now = time.time()
    since = now - HEALTH_HOURS * HOUR_S
    metrics = sources_of(request).metrics_addresses

    def read(journal: JournalReader) -> dict[str, Any]:
        bounds = [now - hours * HOUR_S for hours in range(1, HEALTH_HOURS + 1)]
        waits = [
            journal.waits_between(begin, end, MAX_WAITS_AN_HOUR)
            for begin, end in zip(bounds, [ENDLESS[0], *bounds], strict=False)
        ]
        spans = journal.spans_since(since, MAX_SPANS)
        return {**health_view(waits, spans, now, HEALTH_HOURS), "metrics": metrics}

    return await _answer(request, read, nothing={**health_view([], [], now, HEALTH_HOURS), "metrics": metrics})


async def _answer(
    request: Request, read: Callable[[JournalReader], dict[str, Any]], nothing: dict[str, Any]
) -> Response:
    """What was read as JSON; `nothing` while there is no journal yet."""
    if not sources_of(request).journal.exists():
        return JSONResponse(nothing)
    try:
        return JSONResponse(await run_in_threadpool(_read, request, read))
    except JournalError as error:
        return refused(HTTPStatus.SERVICE_UNAVAILABLE, str(error))


async def _of_call(request: Request, show: Callable[[CallRecord], Response]) -> Response:
    call_uuid = request.path_params["call_uuid"]
    if not CALL_UUID.fullmatch(call_uuid):
        return refused(HTTPStatus.NOT_FOUND, "a call's name has letters, digits and hyphens only")

    def read(journal: JournalReader) -> Response | None:
        record = journal.find_call(call_uuid=call_uuid)
        return None if record is None else show(record)

    unknown = refused(HTTPStatus.NOT_FOUND, "the journal has no such call")
    if not sources_of(request).journal.exists():
        return unknown
    try:
        return await run_in_threadpool(_read, request, read) or unknown
    except JournalError as error:
        return refused(HTTPStatus.SERVICE_UNAVAILABLE, str(error))


def _read(request: Request, read: Callable[[JournalReader], T]) -> T:
    with read_only(sources_of(request).journal) as journal:
        return read(journal)


def _download(record: CallRecord, kind: str, content: str) -> Response:
    media_type = "application/json" if kind == "json" else "text/plain; charset=utf-8"
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(record.started_at))
    name = f"call-{record.call_id}-{stamp}.{kind}"
    return Response(content, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'})
