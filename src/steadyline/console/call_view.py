"""What the Calls page and one call's page show, and what they let people take home. Pure; JSON and text come out."""

from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from steadyline.calls.records import CallRecord, CallSummary, TurnRecord

CLOCK_HZ = 16_000
"""Ticks of the call's clock, which begins with the answer."""
MAX_SHOWN_CHARS = 20_000
"""Of one turn's text; the download has all of it."""
MAX_SHOWN_TURNS = 1000
MAX_SHOWN_EVENTS = 1000
LINE_RATES_HZ = {"opus": 48_000, "g722": 16_000, "pcmu": 8_000, "pcma": 8_000}


def call_rows(calls: Iterable[CallSummary], live: Collection[str]) -> list[dict[str, Any]]:
    """The list's lines.

    Args:
        calls: of the journal.
        live: uuids of the calls that the gateway has now; another one without an end was cut off with its gateway.
    """
    return [{**asdict(call), "state": _state(call.ended_at, call.call_uuid, live)} for call in calls]


def call_details(call: CallRecord, live: Collection[str]) -> dict[str, Any]:
    """One call with its turns on one time line; times in seconds since it began."""
    return {
        "call_uuid": call.call_uuid,
        "call_id": call.call_id,
        "peer": call.peer,
        "codec": call.codec,
        "started_at": call.started_at,
        "answered_s": _since(call, call.answered_at),
        "ended_s": _since(call, call.ended_at),
        "end_reason": call.end_reason,
        "state": _state(call.ended_at, call.call_uuid, live),
        "turns": [_turn(call, turn) for turn in call.turns[:MAX_SHOWN_TURNS]],
        "turns_left_out": max(0, len(call.turns) - MAX_SHOWN_TURNS),
        "events": [
            {"at_s": _since(call, event.at), "service": event.service, "kind": event.kind, "detail": dict(event.detail)}
            for event in call.events[:MAX_SHOWN_EVENTS]
        ],
    }


def call_export(call: CallRecord) -> dict[str, Any]:
    """All that the journal has of a call, as it has it."""
    return asdict(call)


def call_text(call: CallRecord) -> str:
    """The dialogue for people, a line a turn."""
    began = datetime.fromtimestamp(call.started_at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    lines = [f"call {call.call_id} from {_one_line(call.peer)}, {began}"]
    for turn in call.turns:
        at = _clock(_turn_at_s(call, turn))
        if turn.turn:
            lines.append(f"{at}  caller  {_spoken(turn.caller_text)}{' [typed]' if turn.is_typed else ''}")
        if turn.clauses:
            lines.append(f"{at}  agent   {_spoken(turn.reply_text)}")
    lines.append(f"ended: {_one_line(call.end_reason or 'not yet')}")
    return "\n".join(lines) + "\n"


def _state(ended_at: float | None, call_uuid: str, live: Collection[str]) -> str:
    if ended_at is not None:
        return "ended"
    return "live" if call_uuid in live else "cut off"


def _turn(call: CallRecord, turn: TurnRecord) -> dict[str, Any]:
    reply = turn.reply_text
    heard = sum(clause.heard_samples or 0 for clause in turn.clauses)
    return {
        "turn": turn.turn,
        "at_s": _turn_at_s(call, turn),
        "said_from_s": _of_clock(call, turn.start_sample),
        "said_to_s": _of_clock(call, turn.end_sample),
        "caller_text": None if turn.caller_text is None else turn.caller_text[:MAX_SHOWN_CHARS],
        "reply_text": reply[:MAX_SHOWN_CHARS],
        "is_typed": turn.is_typed,
        "is_cut": max(len(turn.caller_text or ""), len(reply)) > MAX_SHOWN_CHARS,
        "clauses": len(turn.clauses),
        "clauses_heard": sum(bool(clause.heard_samples) for clause in turn.clauses),
        "heard_s": round(heard / _line_rate_hz(call.codec), 2),
        "ends_call": turn.ends_call,
        "waterfall": waterfall(call, turn),
    }


def waterfall(call: CallRecord, turn: TurnRecord) -> list[dict[str, Any]]:
    """What happened between the caller's last sound and the first of the answer, as bars.

    Each has a `name`, its beginning `from_ms` after the caller's last sound, and its length `ms`. The journal has lengths, and
    the moments at which turn and first clause were written; what was prepared in the silence began before those.
    """
    spoken_until = None if turn.end_sample is None or call.answered_at is None else _end_at(call, turn.end_sample)
    if spoken_until is None or turn.heard_at is None:
        return []
    over_ms = max(0.0, (turn.heard_at - spoken_until) * 1000)
    transcription_ms, clause_ms = (turn.timings_ms.get(name) for name in ("transcription", "first_clause"))
    audio_ms = turn.timings_ms.get("first_audio")
    bars = [("end of turn", 0.0, over_ms)]
    if transcription_ms is not None:
        bars.append(("transcription", max(0.0, over_ms - transcription_ms), transcription_ms))
    if clause_ms is not None:
        written_ms = max(over_ms, (turn.clauses[0].written_at - spoken_until) * 1000) if turn.clauses else over_ms
        bars.append(("first clause", max(0.0, written_ms - clause_ms), clause_ms))
    if audio_ms is not None:
        bars.append(("first sound", 0.0, audio_ms))
    return [{"name": name, "from_ms": round(begin), "ms": round(ms)} for name, begin, ms in bars]


def _end_at(call: CallRecord, sample: int) -> float:
    return (call.answered_at or call.started_at) + sample / CLOCK_HZ


def _of_clock(call: CallRecord, sample: int | None) -> float | None:
    return None if sample is None else _since(call, _end_at(call, sample))


def _turn_at_s(call: CallRecord, turn: TurnRecord) -> float | None:
    if turn.start_sample is not None:
        return _of_clock(call, turn.start_sample)
    return _since(call, turn.clauses[0].written_at if turn.clauses else call.answered_at)


def _since(call: CallRecord, at: float | None) -> float | None:
    return None if at is None else round(max(0.0, at - call.started_at), 3)


def _line_rate_hz(codec: str) -> int:
    return LINE_RATES_HZ.get(codec.partition("/")[0].lower(), 8_000)


def _spoken(text: str | None) -> str:
    return _one_line(text) if text else "(words are not kept)"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _clock(at_s: float | None) -> str:
    return "--:--" if at_s is None else f"{int(at_s) // 60:02d}:{int(at_s) % 60:02d}"
