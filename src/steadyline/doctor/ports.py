"""The ports of the configuration: free, ours already, or somebody else's, and then whose."""

import socket
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from errno import EADDRNOTAVAIL
from pathlib import Path
from typing import Any

import psutil

from steadyline.config import Config
from steadyline.doctor.finding import Finding
from steadyline.services.port_holder import holder_pids, port_holder
from steadyline.services.ports import Port, configured_ports

EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
SHOWN = 5


def check_ports(config: Config, running: Mapping[int, str]) -> list[Finding]:
    """Every fixed port: two keys with one number, and ports that are taken."""
    ports = configured_ports(config)
    findings = list(_collisions(ports))
    ours = 0
    for port in ports:
        problem = bind_problem(port)
        if problem is None or (problem.errno == EADDRNOTAVAIL and port.key == "gateway.sip_port"):
            continue  # that the address is none of ours is said once, by the check of the SIP address
        if set(holder_pids(port.host, port.number, port.kind)) & running.keys():
            ours += 1
        else:
            findings.append(_taken(port, problem))
    if findings:
        return findings
    if ours:
        names = ", ".join(sorted(running.values()))
        return [Finding("ports", "ok", f"this system runs already ({names}) and has {ours} of its {len(ports)} ports")]
    return [Finding("ports", "ok", f"all {len(ports)} fixed ports are free")]


def bind_problem(port: Port) -> OSError | None:
    """Why a port cannot be had; None when it can."""
    kind = socket.SOCK_STREAM if port.kind == "tcp" else socket.SOCK_DGRAM
    try:
        with socket.socket(socket.AF_INET, kind) as probe:
            if port.kind == "tcp":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((port.host, port.number))
            if port.kind == "tcp":
                probe.listen()
    except OSError as error:
        return error
    return None


def _collisions(ports: Iterable[Port]) -> Iterable[Finding]:
    keys: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    for port in ports:
        if port.number:
            keys[port.kind, port.number].append(port.key)
    for (kind, number), names in keys.items():
        if len(names) > 1:
            text = f"{' and '.join(names)} are both {kind.upper()} port {number}"
            yield Finding("ports", "error", text, f"set {names[-1]} to another port")


def _taken(port: Port, problem: OSError) -> Finding:
    place = f"{port.kind.upper()} port {port.number} on {port.host} ({port.key}, for {port.service})"
    holder = port_holder(port.host, port.number, port.kind)
    if holder:
        mend = f"end that process, or set another {port.key}"
        return Finding("ports", "error", f"{place} is taken by {holder}", mend)
    host_key = "gateway.sip_host" if port.key == "gateway.sip_port" else "network.host"
    mend = f"set another {port.key}, or {host_key} to an address of this machine"
    return Finding("ports", "error", f"{place} cannot be had: {problem.strerror or problem}", mend)


def check_call_ports(config: Config, running: Mapping[int, str]) -> list[Finding]:
    """The ports that go with call ids: below the ephemeral ones, and how many of them are somebody else's."""
    low = min(config.inbound.audio_port_base, config.outbound.audio_port_base) + config.gateway.first_call_id
    high = max(config.inbound.audio_port_base, config.outbound.audio_port_base) + config.gateway.last_call_id
    text = f"TCP {low} to {high} for calls, UDP {config.gateway.rtp_port_low} to {config.gateway.rtp_port_high} for RTP"
    findings = _fixed_within(config, low, high)
    ephemeral = ephemeral_low()
    if high >= ephemeral:
        last = config.gateway.last_call_id - (high - ephemeral) - 1
        warning = f"{text}: other programs' connections use ports from {ephemeral} on, such a call id is skipped"
        return [*findings, Finding("call ports", "warning", warning, f"set gateway.last_call_id to {last - last % 2}")]
    others = _listeners(low, high, running)
    if others:
        text += f"; {len(others)} of them are taken and skipped: {', '.join(map(str, others[:SHOWN]))}"
    return [*findings, Finding("call ports", "ok", text)]


def ephemeral_low() -> int:
    """The lowest port that the kernel gives to outgoing connections."""
    with suppress(OSError, ValueError, IndexError):
        return int(EPHEMERAL.read_text().split()[0])
    return 32768


def _fixed_within(config: Config, low: int, high: int) -> list[Finding]:
    return [
        Finding(
            "call ports",
            "warning",
            f"{port.key} is {port.number}, which is also a call's port ({low} to {high}): that call id is skipped",
            f"set {port.key} below {low}",
        )
        for port in configured_ports(config)
        if port.kind == "tcp" and low <= port.number <= high
    ]


def _listeners(low: int, high: int, running: Mapping[int, str]) -> list[int]:
    """Ports of the range on which others listen."""
    try:
        sockets: list[Any] = [item for item in psutil.net_connections("tcp") if item.status == psutil.CONN_LISTEN]
    except (psutil.Error, OSError):
        return []
    return sorted({item.laddr.port for item in sockets if low <= item.laddr.port <= high and item.pid not in running})
