"""One call as a story: what was said and when, what was waited for, what became of the connections."""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from steadyline.calls.records import CallRecord, EventRecord, TurnRecord
from steadyline.log import printable
from steadyline.recorder.format import SIP, Origin
from steadyline.recorder.reading import Happening

CLOCK_HZ = 16_000
REPAIRS = {"failed", "lost", "healed", "resent", "connection refused"}
PHRASES = {1: "one moment, please", 2: "an apology", 3: "goodbye", 4: "are you still there?", 5: "farewell"}
NOT_KEPT = "(words not kept)"


class Line(NamedTuple):
    """One line of it: seconds after the answer (None: not known), who, what."""

    at_s: float | None
    who: str
    text: str


def local_time(at: float) -> str:
    """Unix seconds as a person reads them."""
    return datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M:%S")


def duration_s(call: CallRecord) -> float | None:
    """Seconds from the answer to the end; None when one of them was not."""
    if call.answered_at is None or call.ended_at is None:
        return None
    return max(0.0, call.ended_at - call.answered_at)


def turns_said(call: CallRecord) -> int:
    """How many turns the caller said."""
    return sum(1 for turn in call.turns if turn.start_sample is not None)


def ending(reason: str | None, *, is_live: bool) -> str:
    """How a call ended, for people; `reason` is None when no end was journaled."""
    if reason is None:
        return "under way" if is_live else "unknown: its gateway died"
    return printable(reason)


def story(
    call: CallRecord, happenings: Collection[Happening], recorded: str, origin: Origin, *, is_live: bool = False
) -> str:
    """All of it as text.

    Args:
        call: as the journal has it.
        happenings: of its recording.
        recorded: what there is of a recording, for people.
        origin: what the services ran on.
        is_live: it is under way.
    """
    length_s = duration_s(call)
    length = "" if length_s is None else f", {length_s:.1f} s after the answer"
    lines = [
        f"call {call.call_id}  {call.call_uuid}",
        f"  from      {printable(call.peer)}",
        f"  began     {local_time(call.started_at)}",
        f"  answered  {_answered(call)}",
        f"  ended     {ending(call.end_reason, is_live=is_live)}{length}",
        f"  recorded  {recorded}",
        *_ran_on(origin),
        "",
        *_table(_by_time([*_said(call), *_events(call)]), "nothing was said"),
        "",
        "connections",
        *_table(_by_time(_repairs(call, happenings)), "nothing is known to have failed"),
        *_signalling(call, happenings),
    ]
    return "\n".join(lines)


def _answered(call: CallRecord) -> str:
    if call.answered_at is None:
        return "no"
    return f"after {call.answered_at - call.started_at:.1f} s, {call.codec}"


def _ran_on(origin: Origin) -> list[str]:
    """Models, and a hash that is the same only for the same configuration."""
    lines = [f"  {name:8}  {printable(str(model))}" for name, model in sorted(origin.models.items())]
    if origin.settings:
        whole = hashlib.sha256(json.dumps(dict(origin.settings), sort_keys=True).encode()).hexdigest()
        lines.append(f"  settings  sha256:{whole[:16]}")
    return lines


def _signalling(call: CallRecord, happenings: Iterable[Happening]) -> list[str]:
    """The first line of each SIP message; nothing when none was recorded."""
    lines = [
        Line(
            None if call.answered_at is None else one.at - call.answered_at,
            "to" if one.detail.get("sent") else "from",
            printable(str(one.detail.get("message", "")).partition("\n")[0].strip()),
        )
        for one in happenings
        if one.event == SIP
    ]
    return ["", "SIP, to and from the caller", *_table(_by_time(lines), "")] if lines else []


def _by_time(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: float("inf") if line.at_s is None else line.at_s)


def _table(lines: list[Line], otherwise: str) -> list[str]:
    if not lines:
        return [f"  {otherwise}"]
    return [f"{'      ?' if at_s is None else f'{at_s:7.2f}'}  {who:8}  {text}" for at_s, who, text in lines]


def _said(call: CallRecord) -> Iterator[Line]:
    for turn in call.turns:
        if turn.start_sample is not None:
            text = NOT_KEPT if turn.caller_text is None else printable(turn.caller_text)
            yield Line(turn.start_sample / CLOCK_HZ, "caller", f"{text} [typed]" if turn.is_typed else text)
        if turn.clauses:
            text = printable(turn.reply_text) or NOT_KEPT
            yield Line(_reply_at_s(call, turn), "agent", f"{text}{_unheard(turn)}{_waits(turn)}")


def _reply_at_s(call: CallRecord, turn: TurnRecord) -> float | None:
    """When the answer began to be heard; where that is not known, when its first clause was written."""
    wait_ms = turn.timings_ms.get("first_audio")
    if turn.end_sample is not None and wait_ms is not None:
        return turn.end_sample / CLOCK_HZ + wait_ms / 1000
    if call.answered_at is None:
        return None
    return max(0.0, turn.clauses[0].written_at - call.answered_at)


def _unheard(turn: TurnRecord) -> str:
    is_whole = all(
        clause.heard_samples is not None and clause.heard_samples >= (clause.samples or 0) for clause in turn.clauses
    )
    return "" if is_whole else "  (not all of it was heard)"


def _waits(turn: TurnRecord) -> str:
    parts = [f"{name.replace('_', ' ')} {ms:.0f} ms" for name, ms in turn.timings_ms.items()]
    return f"  [{', '.join(parts)}]" if parts else ""


def _events(call: CallRecord) -> Iterator[Line]:
    for event in call.events:
        text = _event_text(event)
        if text:
            at_s = None if call.answered_at is None else event.at - call.answered_at
            yield Line(at_s, event.service, text)


def _event_text(event: EventRecord) -> str:
    """ "" for what the heading tells."""
    detail = event.detail
    match event.kind:
        case "digit":
            return printable(f"key {detail.get('digit')}")
        case "phrase":
            return f"phrase: {PHRASES.get(_number(detail.get('phrase')), 'unknown')}"
        case "interrupted":
            return f"the caller interrupted the answer to turn {_number(detail.get('turn'))}"
        case "answered" | "media":
            return ""
    return printable(event.kind)


def _number(value: object) -> int:
    return value if isinstance(value, int) else -1


def _repairs(call: CallRecord, happenings: Iterable[Happening]) -> Iterator[Line]:
    for one in happenings:
        if one.event in REPAIRS:
            at_s = None if call.answered_at is None else one.at - call.answered_at
            yield Line(at_s, one.service, printable(_repair_text(one.event, one.detail)))


def _repair_text(event: str, detail: dict[str, Any]) -> str:
    name = f"{detail.get('connection')} {detail.get('name')}"
    match event:
        case "failed":
            return f"{name}: attempt {detail.get('attempt')} failed: {detail.get('error')}"
        case "healed":
            return f"{name}: healed after {detail.get('gap_ms')} ms, {detail.get('attempts')} attempts"
        case "resent":
            return f"{name}: {detail.get('frames')} frames sent again"
    return f"{name}: {event.removeprefix('connection ')}: {detail.get('error')}"
