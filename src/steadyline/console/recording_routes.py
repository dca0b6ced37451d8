"""A call's recording: its wave form, and its sound as a WAV file in whatever parts a player asks for. Read in threads."""

from functools import lru_cache
from http import HTTPStatus
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from steadyline.console.guard import refused
from steadyline.console.sources import sources_of
from steadyline.console.wav import RangeError, wanted_part, wav_part, wav_size
from steadyline.errors import SteadylineError
from steadyline.recorder.folders import LiveRecordingError, RecordingError, call_folder, is_live, recording_files
from steadyline.recorder.outline import Outline, outline
from steadyline.recorder.reading import Recording

KEPT_OUTLINES = 32
"""Each takes 4 kB, and a second of reading for an hour of call."""
NOT_RECORDED = (
    "there is no recording of this call: it was not recorded (recorder.enabled), or is deleted "
    "(`steadyline calls delete`, recorder.keep_days, recorder.keep_mb)"
)
NO_SOUND = "this call was recorded without its sound: recorder.audio and journal.store_text say whether that is kept"
STILL_LIVE = "this call is not over: its recording can be heard when it is"
UNREADABLE = "the recording cannot be read: `steadyline calls show` says more"


class NoRecordingError(RecordingError):
    """There is nothing to be shown or heard; the text says why."""


async def waveform(request: Request) -> Response:
    """The wave form of both channels."""
    try:
        found, _ = await run_in_threadpool(_found, request)
    except RecordingError as error:
        return _refusal(error)
    return JSONResponse(found.as_dict())


async def call_wav(request: Request) -> Response:
    """The sound, or a part of it."""
    try:
        found, folder = await run_in_threadpool(_found, request)
        size = wav_size(found.ticks)
        asked = request.headers.get("range")
        start, end = wanted_part(asked, size) if asked is not None else (0, size)
    except RangeError as error:
        return _refusal(error, {"content-range": f"bytes */{size}"})
    except RecordingError as error:
        return _refusal(error)
    headers = {
        "accept-ranges": "bytes",
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="call-{folder.name[:8]}.wav"',
        "content-length": str(end - start),
    }
    if asked is not None:
        headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
    status = HTTPStatus.OK if asked is None else HTTPStatus.PARTIAL_CONTENT
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type="audio/wav")
    pieces = wav_part(Recording(folder).sound(), found.ticks, start, end)
    return StreamingResponse(pieces, status, headers, media_type="audio/wav")


def _found(request: Request) -> tuple[Outline, Path]:
    """The outline of the call that is asked for, and its folder.

    Raises:
        RecordingError: there is none; why.
    """
    folder = call_folder(sources_of(request).recordings, request.path_params["call_uuid"])
    try:
        files = tuple((path, path.stat().st_size) for path in recording_files(folder))
        if not files:
            raise NoRecordingError(NOT_RECORDED)
        if is_live(folder):
            raise LiveRecordingError(STILL_LIVE)
        found = _outline(folder, files)
    except OSError as error:
        raise NoRecordingError(f"{UNREADABLE} ({error.strerror})") from error
    if not found.ticks:
        raise NoRecordingError(NO_SOUND)
    return found, folder


@lru_cache(maxsize=KEPT_OUTLINES)
def _outline(folder: Path, files: tuple[tuple[Path, int], ...]) -> Outline:
    """A recording of these files, which are not written to any more."""
    return outline(Recording(folder).sound())


def _refusal(error: SteadylineError, headers: dict[str, str] | None = None) -> Response:
    status = HTTPStatus.NOT_FOUND
    if isinstance(error, RangeError):
        status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    elif isinstance(error, LiveRecordingError):
        status = HTTPStatus.CONFLICT
    answer = refused(status, str(error))
    answer.headers.update(headers or {})
    return answer
