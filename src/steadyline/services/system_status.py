"""The state of the whole system: what its processes say on their status ports, put together."""

import asyncio
from typing import Any

from steadyline.config import Config
from steadyline.services.status_client import ask_all, ask_status, operator_seal, side_status_ports
from steadyline.wire.session import SessionTimes

Answers = dict[str, dict[str, Any] | None]
"""Services to what they said; None: nothing."""
OWN_KEYS = ("sip_uri", "pbx_registration", "max_calls", "refused_calls", "page")
"""What only the gateway, or only the webphone, tells of itself."""
SILENT = "does not answer"
"""The state of who said nothing."""


async def collect(config: Config) -> dict[str, Any]:
    """What `--json` prints: `services`, `connections`, `calls`."""
    more = {"supervisor": config.supervisor.status_port, **side_status_ports(config)}
    seal, host = operator_seal(config), config.network.host
    asked = [ask_status((host, port), SessionTimes(), seal) for port in more.values()]
    answers, supervisor, *beside = await asyncio.gather(ask_all(config), *asked)
    if None in answers.values():
        # Waiting for somebody who hangs takes longer than it takes his neighbours to find that out: what they said is old.
        answers |= await ask_all(config, [name for name, status in answers.items() if status is not None])
    return overview(answers, supervisor, dict(zip(side_status_ports(config), beside, strict=True)))


def overview(answers: Answers, supervisor: dict[str, Any] | None, beside: Answers | None = None) -> dict[str, Any]:
    """What services said on their status ports (None: nothing), put together; `beside`: those that no call needs."""
    children: dict[str, Any] = supervisor["children"] if supervisor else {}
    services = [
        {**_service(name, status, children.get(name, {})), "beside": is_beside}
        for is_beside, told in ((False, answers), (True, beside or {}))
        for name, status in told.items()
    ]
    connections = [
        {"service": name, **connection}
        for name, status in answers.items()
        for connection in (status["connections"] if status else [])
    ]
    return {"services": services, "connections": connections, "calls": _calls(answers)}


def _service(name: str, status: dict[str, Any] | None, child: dict[str, Any]) -> dict[str, Any]:
    common = {"name": name, **{key: child.get(key) for key in ("restarts", "freezes")}}
    if status is None:
        is_fatal = child.get("state") == "fatal"
        state = f"FATAL: {child['verdict']}" if is_fatal else SILENT
        more: dict[str, Any] = {"last_lines": child["last_lines"]} if is_fatal else {}
        unknown: dict[str, Any] = {"uptime_s": None, "resources": None, "faults": []}
        return {**common, "pid": child.get("pid"), "state": state, **unknown, **more}
    extra: dict[str, Any] = {key: status[key] for key in OWN_KEYS if key in status}
    return {**common, **{key: status.get(key) for key in ("pid", "state", "uptime_s", "resources", "faults")}, **extra}


def _calls(answers: Answers) -> list[dict[str, Any]]:
    """The gateway's calls, with LLaMA's count of turns."""
    gateway, llama = answers["gateway"], answers["llama"]
    turns = {call["call_id"]: call["turns"] for call in (llama["calls"] if llama else [])}
    return [{**call, "turns": turns.get(call["call_id"], 0)} for call in (gateway["calls"] if gateway else [])]
