"""Who can call: the address that SIP and RTP are bound to and advertise."""

import ipaddress
import socket
from collections.abc import Mapping

import psutil

from steadyline.config import Config
from steadyline.doctor.finding import Finding

ANY = "0.0.0.0"


def check_sip_address(config: Config, running: Mapping[int, str]) -> list[Finding]:
    """Whether the address is one of this machine, and whom it can be reached from."""
    host, port = config.gateway.sip_host, config.gateway.sip_port
    others = [address for address in own_addresses() if not ipaddress.ip_address(address).is_loopback]
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((host, 0))
            bound = str(probe.getsockname()[0])
    except OSError as error:
        text = f"{host} cannot be bound: {error.strerror or error}; this machine has {', '.join(own_addresses())}"
        return [Finding("SIP address", "error", text, "set gateway.sip_host to one of these")]
    if bound == ANY:
        text = f"all addresses, port {port}; calls from this machine itself must dial {others[0] if others else 'one'}"
        return [Finding("SIP address", "ok", text)]
    if not ipaddress.ip_address(bound).is_loopback:
        return [Finding("SIP address", "ok", f"{host}:{port}")]
    choice = f"set gateway.sip_host to {others[0] if others else 'an address in your network'}"
    if config.pbx.server and not _is_loopback(config.pbx.server):
        text = f"{host} reaches this machine only, so the PBX {config.pbx.server} cannot be registered with"
        return [Finding("SIP address", "warning", text, choice)]
    return [Finding("SIP address", "ok", f"{host}:{port}: only this machine can call; for others, {choice}")]


def own_addresses() -> list[str]:
    """The machine's IPv4 addresses."""
    return [
        address.address
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family is socket.AF_INET
    ]


def _is_loopback(server: str) -> bool:
    host = server.partition(";")[0].partition(":")[0]
    try:
        return ipaddress.ip_address(socket.gethostbyname(host)).is_loopback
    except (OSError, ValueError):
        return False
