"""The state of the whole system: what its processes say on their status ports, put together."""

import asyncio
from typing import Any

from steadyline.config import Config
from steadyline.services.status_client import ask_all, ask_status, operator_seal
from steadyline.wire.session import SessionTimes

Answers = dict[str, dict[str, Any] | None]
"""Services to what they said; None: nothing."""
GATEWAY_KEYS = ("sip_uri", "pbx_registration", "max_calls", "refused_calls")


async def collect(config: Config) -> dict[str, Any]:
    """What `--json` prints: `services`, `connections`, `calls`."""
    supervisor_address = (config.network.host, config.supervisor.status_port)
    asked = ask_status(supervisor_address, SessionTimes(), operator_seal(config))
    answers, supervisor = await asyncio.gather(ask_all(config), asked)
    if None in answers.values():
        # Waiting for somebody who hangs takes longer than it takes his neighbours to find that out: what they said is old.
        answers |= await ask_all(config, [name for name, status in answers.items() if status is not None])
    return overview(answers, supervisor)


def overview(answers: Answers, supervisor: dict[str, Any] | None) -> dict[str, Any]:
    """What services said on their status ports (None: nothing), put together."""
    children: dict[str, Any] = supervisor["children"] if supervisor else {}
    services = [_service(name, status, children.get(name, {})) for name, status in answers.items()]
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
        state = f"FATAL: {child['verdict']}" if is_fatal else "does not answer"
        more: dict[str, Any] = {"last_lines": child["last_lines"]} if is_fatal else {}
        unknown: dict[str, Any] = {"uptime_s": None, "resources": None, "faults": []}
        return {**common, "pid": child.get("pid"), "state": state, **unknown, **more}
    extra: dict[str, Any] = {key: status[key] for key in GATEWAY_KEYS if key in status}
    return {**common, **{key: status.get(key) for key in ("pid", "state", "uptime_s", "resources", "faults")}, **extra}


def _calls(answers: Answers) -> list[dict[str, Any]]:
    """The gateway's calls, with LLaMA's count of turns."""
    gateway, llama = answers["gateway"], answers["llama"]
    turns = {call["call_id"]: call["turns"] for call in (llama["calls"] if llama else [])}
    return [{**call, "turns": turns.get(call["call_id"], 0)} for call in (gateway["calls"] if gateway else [])]
