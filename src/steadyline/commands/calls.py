"""`steadyline calls list | show | why | export | delete`: calls that were, and what is kept of them."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from steadyline.calls.journal import Journal, JournalReader, read_only
from steadyline.calls.records import CallRecord
from steadyline.commands.call_choice import CallsError, chosen_call, since_when
from steadyline.commands.call_export import call_object, export_call, wanted_formats
from steadyline.commands.call_story import duration_s, ending, local_time, story, turns_said
from steadyline.commands.calls_arguments import NO_CALLS
from steadyline.commands.live_calls import live_uuids
from steadyline.config import Config
from steadyline.diagnosis.evidence import evidence_of
from steadyline.diagnosis.rules import findings
from steadyline.log import printable
from steadyline.recorder.folders import RecordingError, call_folder, delete_recording, is_call_uuid
from steadyline.recorder.reading import Recording
from steadyline.services.recording import KEEPER, recordings_directory

MAX_LIMIT = 1_000_000


def run_calls(action: str, options: argparse.Namespace, config: Config) -> int:
    """Run one action; returns the exit status.

    Raises:
        SteadylineError: there is no such call, it lives (delete), or something cannot be read or written.
    """
    actions: dict[str, Callable[[JournalReader, argparse.Namespace, Config], int]] = {
        "list": _list,
        "show": _show,
        "export": _export,
        "why": _why,
        "delete": _delete,
    }
    path = Path(config.journal.path).expanduser()
    if not path.exists():
        if action != "list":
            raise CallsError(f"there are {NO_CALLS}")
        print("[]" if options.json else NO_CALLS)
        return 0
    with read_only(path) as journal:
        return actions[action](journal, options, config)


def _list(journal: JournalReader, options: argparse.Namespace, config: Config) -> int:
    if not 1 <= options.limit <= MAX_LIMIT:
        raise CallsError(f"--limit {options.limit}: expected 1 or more, at most {MAX_LIMIT}")
    since = since_when(options.since) if options.since else 0.0
    calls = journal.recent_calls(options.limit, since=since)
    live = live_uuids(calls, config)
    rows = [_row(number, call, config, call.call_uuid in live) for number, call in enumerate(calls, 1)]
    if options.json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
    elif rows:
        print("\n".join(_table(rows)))
    else:
        print("no calls since then" if options.since else NO_CALLS)
    return 0


def _row(number: int, call: CallRecord, config: Config, is_live: bool) -> dict[str, Any]:
    return {
        "number": number,
        "call_id": call.call_id,
        "call_uuid": call.call_uuid,
        "started": call.started_at,
        "peer": call.peer,
        "codec": call.codec,
        "duration_s": duration_s(call),
        "turns": turns_said(call),
        "ended": call.ended_at,
        "end_reason": call.end_reason,
        "live": is_live,
        "recorded": bool(_recording(call, config).files),
    }


def _table(rows: list[dict[str, Any]]) -> list[str]:
    lines = ["N     BEGAN                CALL    UUID      SECONDS  TURNS  RECORDED  CALLER, HOW IT ENDED"]
    for row in rows:
        seconds = "-" if row["duration_s"] is None else f"{row['duration_s']:.1f}"
        is_recorded = "yes" if row["recorded"] else "no"
        ended = ending(row["end_reason"], is_live=row["live"])
        lines.append(
            f"{row['number']:<5} {local_time(row['started'])}  {row['call_id']:<6}  {row['call_uuid'][:8]}  {seconds:7}  "
            f"{row['turns']:<5}  {is_recorded:8}  {printable(row['peer'])}, {ended}"
        )
    return lines


def _show(journal: JournalReader, options: argparse.Namespace, config: Config) -> int:
    call = chosen_call(journal, options.call)
    recording = _recording(call, config)
    happenings = recording.happenings()
    if options.json:
        told = [{"at": one.at, "service": one.service, "event": one.event, **one.detail} for one in happenings]
        shown = {
            "call": call_object(call),
            "origin": asdict(recording.origin()),
            "happenings": told,
            "damages": recording.damages(),
        }
        print(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        is_live = bool(live_uuids([call], config))
        print(story(call, happenings, _recorded(recording), recording.origin(), is_live=is_live))
    return 0


def _export(journal: JournalReader, options: argparse.Namespace, config: Config) -> int:
    formats = wanted_formats(options.format)
    call = chosen_call(journal, options.call)
    recording = _recording(call, config)
    written = export_call(call, recording, _recorded(recording), options.out, formats)
    for path in written:
        print(path)
    if "wav" in formats and not any(path.suffix == ".wav" for path in written):
        print("no sound of this call is recorded", file=sys.stderr)
        return 0 if len(formats) > 1 else 1
    return 0


def _why(journal: JournalReader, options: argparse.Namespace, config: Config) -> int:
    call = chosen_call(journal, options.call)
    recording = _recording(call, config)
    found = findings(evidence_of(call, recording, config.llama.apology))
    if options.json:
        print(json.dumps([asdict(finding) for finding in found], ensure_ascii=False, indent=2))
        return 0
    for finding in found:
        at = "      ?" if finding.at_s is None else f"{finding.at_s:7.2f}"
        print(f"{at}  {printable(finding.text)}  [{finding.rule}]")
        print("\n".join(f"         - {printable(line)}" for line in finding.evidence))
    if not found:
        print("nothing is known to have gone wrong")
    if not recording.files:
        print("this call is not recorded: only the journal was looked at")
    return 0


def _delete(journal: JournalReader, options: argparse.Namespace, config: Config) -> int:
    call = chosen_call(journal, options.call)
    if not options.yes and not _is_confirmed(call):
        print("nothing was deleted")
        return 1
    if live_uuids([call], config):
        raise CallsError(f"call {call.call_id} ({call.call_uuid}) is under way; a live call is not deleted")
    if is_call_uuid(call.call_uuid):
        delete_recording(call_folder(recordings_directory(config), call.call_uuid))
    with Journal(Path(config.journal.path).expanduser()) as writer:
        writer.forget_call(call.call_uuid)
    print(f"deleted: call {call.call_id} of {local_time(call.started_at)} ({call.call_uuid})")
    return 0


def _is_confirmed(call: CallRecord) -> bool:
    if not sys.stdin.isatty():
        raise CallsError("nobody can be asked here: give --yes to delete without being asked")
    text = f"delete call {call.call_id} of {local_time(call.started_at)} from {printable(call.peer)}? [y/N] "
    try:
        return input(text).strip().lower() in ("y", "yes")
    except EOFError:  # Ctrl-D
        print()
        return False


def _recording(call: CallRecord, config: Config) -> Recording:
    """Its recording, which may have no files."""
    try:
        return Recording(call_folder(recordings_directory(config), call.call_uuid))
    except RecordingError:
        return Recording(recordings_directory(config) / "no-uuid")


def _recorded(recording: Recording) -> str:
    """What there is, for people; to be asked after it was read."""
    if not recording.files:
        return "no"
    services = {file.path.stem.rpartition("-")[0] for file in recording.files}
    text = f"yes, {recording.size_bytes / 1e6:.1f} MB of {len(services)} services"
    if KEEPER not in services:
        text += ", the gateway not among them"
    damages = recording.damages()
    return text + (f"; incomplete: {'; '.join(damages)}" if damages else "")
