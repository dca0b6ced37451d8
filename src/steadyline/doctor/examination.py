"""All checks in their order, and the report."""

import asyncio
import json
import sys
from collections.abc import Callable, Mapping

from steadyline.config import Config
from steadyline.doctor.certificate import check_certificate
from steadyline.doctor.engines import check_language_model, check_round_trip
from steadyline.doctor.finding import Finding
from steadyline.doctor.journal import check_journal
from steadyline.doctor.machine import check_clock, check_memory, check_processor
from steadyline.doctor.models import check_models
from steadyline.doctor.packages import check_packages, check_python
from steadyline.doctor.pbx import check_pbx
from steadyline.doctor.ports import check_call_ports, check_ports
from steadyline.doctor.sip_address import check_sip_address
from steadyline.services.status_client import ask_all, ask_status, operator_seal, side_status_ports
from steadyline.wire.session import SessionTimes

Running = Mapping[int, str]
"""Pids of the system that runs already with this configuration, to the names of its services; empty: none runs."""
Check = Callable[[Config, Running], list[Finding]]

CHECKS: tuple[tuple[str, Check], ...] = (
    ("python", check_python),
    ("packages", check_packages),
    ("processor", check_processor),
    ("memory", check_memory),
    ("clock", check_clock),
    ("ports", check_ports),
    ("call ports", check_call_ports),
    ("SIP address", check_sip_address),
    ("certificate", check_certificate),
    ("PBX", check_pbx),
    ("journal", check_journal),
    ("models", check_models),
    ("round trip", check_round_trip),
    ("language model", check_language_model),
)
MARKS = {"ok": "✅ ", "warning": "⚠️ ", "error": "❌ "}
WORDS = {"ok": "ok       ", "warning": "warning  ", "error": "ERROR    "}


def run_doctor(config: Config, *, as_json: bool) -> int:
    """Examine the installation and print the findings; progress goes to standard error.

    Returns:
        1 when something was found that keeps the system from running, else 0.
    """
    findings = examine(config, lambda text: print(text, file=sys.stderr, flush=True))
    errors = sum(finding.severity == "error" for finding in findings)
    if as_json:
        content = {"can_run": errors == 0, "findings": [finding.as_dict() for finding in findings]}
        print(json.dumps(content, ensure_ascii=False, indent=2))
    else:
        print("\n".join(line(finding, is_plain=_is_plain(config)) for finding in findings))
        problems = f"{errors} error" + ("s" if errors > 1 else "")
        print(f"the system cannot run: {problems}" if errors else "the system can run")
    return 1 if errors else 0


def examine(
    config: Config, progress: Callable[[str], None], checks: tuple[tuple[str, Check], ...] = CHECKS
) -> list[Finding]:
    """Run the checks one after another."""
    running = asyncio.run(running_system(config))
    findings: list[Finding] = []
    for name, check in checks:
        progress(f"checking: {name}")
        try:
            findings += check(config, running)
        except Exception as error:  # whatever is odd about this machine, the other checks are wanted all the same
            findings.append(Finding(name, "warning", f"cannot be checked: {error!r}"))
    return findings


async def running_system(config: Config) -> dict[int, str]:
    """Pids of what answers on the status ports of this configuration, to names."""
    address = (config.network.host, config.supervisor.status_port)
    asked = ask_status(address, SessionTimes(), operator_seal(config))
    beside = side_status_ports(config)
    seal, host = operator_seal(config), config.network.host
    others = [ask_status((host, port), SessionTimes(), seal) for port in beside.values()]
    services, supervisor, *found = await asyncio.gather(ask_all(config), asked, *others)
    answers = {**services, "up": supervisor, **dict(zip(beside, found, strict=True))}
    return {int(status["pid"]): name for name, status in answers.items() if status is not None}


def line(finding: Finding, *, is_plain: bool) -> str:
    """One finding as one line."""
    mark = (WORDS if is_plain else MARKS)[finding.severity]
    mend = f" → {finding.mend}" if finding.mend else ""
    text = f"{mark}{finding.check}: {finding.text}{mend}"
    return text.replace("→", "->") if is_plain else text


def _is_plain(config: Config) -> bool:
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    return config.log.style == "plain" or not encoding.startswith("utf")
