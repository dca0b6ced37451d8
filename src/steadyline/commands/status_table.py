"""The tables of `steadyline status`, for people: what is lost, since when, how often, and when it healed."""

from typing import Any

UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def table(overview: dict[str, Any]) -> str:
    """The overview of `steadyline status --json` as text."""
    lines = [
        *_services(overview["services"]),
        "",
        *_connections(overview["connections"]),
        "",
        *_calls(overview["calls"]),
        *_limits(overview["calls"], overview["services"]),
    ]
    return "\n".join(lines)


def duration(seconds: float | None) -> str:
    """A duration in one unit, as a person would say it; "-" for none."""
    if seconds is None:
        return "-"
    for size, unit in UNITS:
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def _services(services: list[dict[str, Any]]) -> list[str]:
    lines = ["SERVICE    PID      UP        RESTARTS      STATE"]
    for service in services:
        restarts = "-" if service["restarts"] is None else str(service["restarts"])
        frozen = f" ({service['freezes']} frozen)" if service["freezes"] else ""
        up, pid = duration(service["uptime_s"]), service["pid"] or "-"
        beside = " (beside: no call needs it)" if service["beside"] else ""
        lines.append(f"{service['name']:10} {pid!s:8} {up:9} {restarts + frozen:13} {service['state']}{beside}")
        lines += [f"    {line}" for line in service.get("last_lines", [])]
        for fault in service["faults"]:
            lines.append(f"  FAULT for {duration(fault['since_s'])}: {fault['text']}")
    return lines


def _connections(connections: list[dict[str, Any]]) -> list[str]:
    """A line each, and the story of those that were lost."""
    lines = [
        "CONNECTION              CALL   TOLD BY   STATE               LOST  FRAME   ROUND TRIP  ATTEMPTS  MS TO OPEN"
    ]
    for one in connections:
        name = f"{one['number']} {one['name']}"
        state = f"{one['state']} for {duration(one['since_s'])}"
        frame, round_trip = _milliseconds(one["last_frame_ms"], 0), _milliseconds(one["round_trip_ms"], 1)
        opened = "-" if one["established_ms"] is None else f"{one['established_ms']:.1f}"
        error = f" ({one['last_error']})" if one["last_error"] else ""
        lines.append(
            f"{name:23} {one['call_id'] or '-'!s:6} {one['service']:9} {state:19} {one['losses']:<5} "
            f"{frame:7} {round_trip:11} {one['attempts']:<9} {opened}{error}"
        )
        if one["losses"]:
            lines.append("    " + _losses(one))
    return lines


def _losses(one: dict[str, Any]) -> str:
    """When it was lost, whether it healed and when, how often lately."""
    lost_ago_s, healed_ago_s = one["lost_ago_s"], one["healed_ago_s"]
    is_healed = healed_ago_s is not None and healed_ago_s <= lost_ago_s
    healed = f"healed {duration(healed_ago_s)} ago, after {one['gap_ms']:.0f} ms" if is_healed else "not healed"
    return f"lost {duration(lost_ago_s)} ago, {healed}; {one['flaps_last_hour']} times within the hour"


def _calls(calls: list[dict[str, Any]]) -> list[str]:
    lines = ["CALL   CODEC  TURNS  STATE     PEER"]
    for call in calls:
        lines.append(
            f"{call['call_id']:<6} {call['codec'] or '-':6} {call['turns']:<6} {call['state']:9} {call['peer']}"
        )
    return lines if calls else [*lines, "none"]


def _limits(calls: list[dict[str, Any]], services: list[dict[str, Any]]) -> list[str]:
    """How many calls there are, and may be; nothing while the gateway does not answer."""
    return [
        f"{len(calls)} of {service['max_calls']} calls; {service['refused_calls']} refused since the gateway's start"
        for service in services
        if "refused_calls" in service
    ]


def _milliseconds(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f} ms"
