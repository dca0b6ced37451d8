"""What the Line page shows: each service in a word, each arrow's connections in one, the calls. Pure; JSON comes out."""

from collections.abc import Iterable, Mapping, Set
from typing import Any

from steadyline.services.system_status import SILENT, Answers, overview

Tone = str
"""How a word is coloured: "good", "waiting", "bad" or "idle"."""
_TONES: dict[str, Tone] = {
    "open": "good",
    "registered": "good",
    "connecting": "waiting",
    "polling": "waiting",
    "lost": "bad",
    "refused": "bad",
    "ended": "idle",
}
_SEVERITY = {"idle": 0, "good": 1, "waiting": 2, "bad": 3}
_NO_CALL = {"word": "no call", "tone": "idle", "calls": 0}
_DIALED_FIGURES = ("attempts", "established_ms", "round_trip_ms")
_KEPT_FIGURES = ("losses", "gap_ms")
MAX_TEXT_CHARS = 300


def line_view(
    answers: Answers,
    supervisor: dict[str, Any] | None,
    picture: Mapping[str, Any],
    *,
    drills: bool,
    phone: str = "",
    asked: Set[str] = frozenset(),
) -> dict[str, Any]:
    """The page's content.

    Args:
        answers: services to what they said on their status ports; None: nothing.
        supervisor: what the supervisor said.
        picture: boxes and arrows of `picture`.
        drills: kill and freeze are offered.
        phone: page of the telephone in the browser; "" when there is none.
        asked: services that may yet answer.
    """
    whole = overview(answers, supervisor)
    by_name = {service["name"]: service for service in whole["services"]}
    there = {box["role"] for box in picture["boxes"] if by_name[box["service"]]["state"] == "ready"}
    gateway = answers.get("gateway") or {}
    return {
        "boxes": [
            {**box, **_box(by_name[box["service"]], is_asked=box["service"] in asked)} for box in picture["boxes"]
        ],
        "arrows": [
            {**arrow, **_arrow(arrow["name"], whole["connections"], is_there=arrow["to"] in there)}
            for arrow in picture["arrows"]
        ],
        "calls": [_call(call) for call in whole["calls"]],
        "sip_uri": gateway.get("sip_uri"),
        "is_gateway_asked": "gateway" in asked,
        "phone": phone,
        "max_calls": gateway.get("max_calls"),
        "refused_calls": gateway.get("refused_calls"),
        "actions": _actions(supervisor, drills=drills),
    }


def _actions(supervisor: dict[str, Any] | None, *, drills: bool) -> list[str]:
    """What a box offers: nothing where no supervisor would do it."""
    if supervisor is None:
        return []
    return ["restart", "kill", "freeze"] if drills else ["restart"]


def _box(service: Mapping[str, Any], *, is_asked: bool) -> dict[str, Any]:
    state = str(service["state"])
    if is_asked and state == SILENT:
        state = "has not answered yet"
    is_gone = state == SILENT or state.startswith("FATAL")
    return {
        "word": state[:MAX_TEXT_CHARS],
        "is_asked": is_asked,
        "tone": "good" if state == "ready" else "bad" if is_gone else "waiting",
        "restarts": service["restarts"],
        "freezes": service["freezes"],
        "uptime_s": None if service["uptime_s"] is None else round(service["uptime_s"]),
        "faults": [str(fault["text"])[:MAX_TEXT_CHARS] for fault in service["faults"] or []],
    }


def _arrow(name: str, connections: Iterable[Mapping[str, Any]], *, is_there: bool) -> dict[str, Any]:
    """All connections of an arrow, one a call and told by both ends, as one: the worst of them in a word.

    `is_there`: the listener is ready. A voice that is there and has nothing to say yet is polled until it has.
    """
    told = [one for one in connections if one["name"] == name]
    if not told:
        return {**_NO_CALL, **dict.fromkeys((*_DIALED_FIGURES, *_KEPT_FIGURES)), "last_error": ""}
    worst = max(told, key=lambda one: _SEVERITY[_tone(one["state"], is_there=is_there)])
    # Both ends tell the same; what the dialing one measured is what people mean.
    dialed = [one for one in told if one["side"] != "accepts"] or told
    return {
        "word": worst["state"],
        "tone": _tone(worst["state"], is_there=is_there),
        "calls": len({one["call_id"] for one in told if one["call_id"]}),
        **{key: _highest(one[key] for one in dialed) for key in _DIALED_FIGURES},
        # A process that was started again does not know what its predecessor lost: its peer does.
        **{key: _highest(one[key] for one in told) for key in _KEPT_FIGURES},
        "last_error": str(worst["last_error"])[:MAX_TEXT_CHARS],
    }


def _tone(state: str, *, is_there: bool) -> Tone:
    return "idle" if state == "polling" and is_there else _TONES.get(state, "waiting")


def _highest(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(max(known), 2) if known else None


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    wanted = ("call_id", "call_uuid", "codec", "state", "waiting_for", "started", "turns")
    return {**{key: call.get(key) for key in wanted}, "peer": str(call.get("peer", ""))[:MAX_TEXT_CHARS]}
