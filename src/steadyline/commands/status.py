"""`steadyline status`: the services, what is connected to what, the calls."""

import asyncio
import json
from typing import Any

from steadyline.config import Config
from steadyline.services.status_client import ask_all, ask_status
from steadyline.wire.session import SessionTimes


def run_status(config: Config, *, as_json: bool) -> int:
    """Print the state of the system; 0 when every service answers and is ready, else 1."""
    overview = asyncio.run(collect(config))
    print(json.dumps(overview, ensure_ascii=False, indent=2) if as_json else _table(overview))
    return 0 if all(service["state"] == "ready" for service in overview["services"]) else 1


async def collect(config: Config) -> dict[str, Any]:
    """What `--json` prints: `services`, `connections`, `calls`."""
    supervisor_address = (config.network.host, config.supervisor.status_port)
    answers, supervisor = await asyncio.gather(ask_all(config), ask_status(supervisor_address, SessionTimes()))
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
        more = {"last_lines": child["last_lines"]} if is_fatal else {}
        return {**common, "pid": child.get("pid"), "state": state, "uptime_s": None, "resources": None, **more}
    extra: dict[str, Any] = {key: status[key] for key in ("sip_uri", "pbx_registration") if key in status}
    return {**common, **{key: status[key] for key in ("pid", "state", "uptime_s", "resources")}, **extra}


def _calls(answers: dict[str, dict[str, Any] | None]) -> list[dict[str, Any]]:
    """The gateway's calls, with LLaMA's count of turns."""
    gateway, llama = answers["gateway"], answers["llama"]
    turns = {call["call_id"]: call["turns"] for call in (llama["calls"] if llama else [])}
    return [{**call, "turns": turns.get(call["call_id"], 0)} for call in (gateway["calls"] if gateway else [])]


def _table(overview: dict[str, Any]) -> str:
    lines = ["SERVICE    PID      UP        RESTARTS      STATE"]
    for service in overview["services"]:
        up = "-" if service["uptime_s"] is None else f"{service['uptime_s']:.0f} s"
        restarts = "-" if service["restarts"] is None else str(service["restarts"])
        frozen = f" ({service['freezes']} frozen)" if service["freezes"] else ""
        lines.append(
            f"{service['name']:10} {service['pid'] or '-'!s:8} {up:9} {restarts + frozen:13} {service['state']}"
        )
        lines += [f"    {line}" for line in service.get("last_lines", [])]
    lines += ["", "CONNECTION              CALL   ATTEMPTS  MS TO OPEN  STATE"]
    for connection in overview["connections"]:
        name = f"{connection['number']} {connection['name']}"
        opened = "-" if connection["established_ms"] is None else f"{connection['established_ms']:.1f}"
        error = f" ({connection['last_error']})" if connection["last_error"] else ""
        call = connection["call_id"] or "-"
        lines.append(f"{name:23} {call!s:6} {connection['attempts']:<9} {opened:11} {connection['state']}{error}")
    lines += ["", "CALL   CODEC  TURNS  STATE     PEER"]
    for call in overview["calls"]:
        lines.append(
            f"{call['call_id']:<6} {call['codec'] or '-':6} {call['turns']:<6} {call['state']:9} {call['peer']}"
        )
    if not overview["calls"]:
        lines.append("none")
    return "\n".join(lines)
