"""A call as files: its sound (WAV), all that is known of it (JSON), its story (text). Readable by their owner alone."""

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from steadyline.audio.files import write_wav
from steadyline.calls.records import CallRecord
from steadyline.commands.call_choice import CallsError
from steadyline.commands.call_story import story
from steadyline.commands.calls_arguments import FORMATS
from steadyline.config import Config
from steadyline.recorder.channels import CLOCK_HZ, two_channels
from steadyline.recorder.folders import call_folder
from steadyline.recorder.reading import PassedFrame, Recording
from steadyline.replay.choices import SUFFIX
from steadyline.replay.recorded_call import RecordedCall, recorded_call
from steadyline.services.recording import recordings_directory

SUFFIXES = {"wav": ".wav", "json": ".json", "text": ".txt", "replay": SUFFIX}


def wanted_formats(text: str) -> tuple[str, ...]:
    """Those that are named, with commas between them.

    Raises:
        CallsError: another one, or none.
    """
    names = tuple(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
    strange = set(names) - set(FORMATS)
    if strange or not names:
        raise CallsError(f"--format {text!r:.40}: expected some of {', '.join(FORMATS)}, with commas between them")
    return names


def export_call(
    call: CallRecord, recording: Recording, recorded: str, out: Path, formats: tuple[str, ...]
) -> list[Path]:
    """Write the files; their paths. There is no WAV of a call without sound.

    Raises:
        CallsError: a file cannot be written.
    """
    began = datetime.fromtimestamp(call.started_at, UTC).strftime("%Y%m%dT%H%M%SZ")
    written: list[Path] = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in formats:
            path = out / f"call-{began}-{call.call_uuid[:8]}{SUFFIXES[name]}"
            if name == "wav":
                both = two_channels(recording.sound())
                if not len(both):
                    continue
                _make_private(path)
                write_wav(path, both, CLOCK_HZ)
            elif name == "replay":
                replayed = recorded_call(call, recording.sound(), recording.origin())
                _make_private(path)
                replayed.save(path)
            else:
                _make_private(path)
                pieces = (
                    call_json(call, recording)
                    if name == "json"
                    else [story(call, recording.happenings(), recorded, recording.origin()), "\n"]
                )
                with path.open("w", encoding="utf-8") as file:
                    file.writelines(pieces)
            written.append(path)
    except OSError as error:
        raise CallsError(f"--out {out}: cannot be written: {error.strerror or error}") from error
    return written


def call_to_replay(call: CallRecord, config: Config) -> RecordedCall:
    """A call with what its caller said.

    Raises:
        SteadylineError: that was not recorded.
    """
    folder = call_folder(recordings_directory(config), call.call_uuid)
    recording = Recording(folder)
    return recorded_call(call, recording.sound(), recording.origin())


def call_json(call: CallRecord, recording: Recording) -> Iterator[str]:
    """A JSON object, in pieces: `call` as the journal has it, `origin`, `happenings` and `frames` as the recording has them.

    A frame is a line; there are some hundred a second.
    """
    yield '{"call": ' + json.dumps(call_object(call), ensure_ascii=False)
    yield ',\n"origin": ' + json.dumps(asdict(recording.origin()), ensure_ascii=False) + ',\n"happenings": ['
    yield ",\n".join(json.dumps(asdict(one), ensure_ascii=False) for one in recording.happenings())
    yield '],\n"frames": [\n'
    comma = ""
    for frame in recording.frames():
        yield comma + json.dumps(_frame(frame), ensure_ascii=False, separators=(",", ":"))
        comma = ",\n"
    yield '\n],\n"damages": ' + json.dumps(recording.damages(), ensure_ascii=False) + "}\n"


def call_object(call: CallRecord) -> dict[str, Any]:
    """The journal's record as a JSON object; times in Unix seconds."""
    return asdict(call)


def _frame(frame: PassedFrame) -> dict[str, Any]:
    plain = {key: value for key, value in asdict(frame).items() if key != "body"}
    return {**plain, "body": base64.b64encode(frame.body).decode("ascii")} if frame.body else plain


def _make_private(path: Path) -> None:
    """An empty file with mode 0600."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    os.fchmod(descriptor, 0o600)
    os.close(descriptor)
