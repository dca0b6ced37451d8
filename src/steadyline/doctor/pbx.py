"""The PBX: does its name resolve, does anybody answer SIP there?"""

import socket
import uuid
from collections.abc import Mapping

from steadyline.config import Config
from steadyline.doctor.finding import Finding

TIMEOUT_S = 2.0
DEFAULT_PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}


def check_pbx(config: Config, running: Mapping[int, str]) -> list[Finding]:
    """Only where `pbx.server` is set: OPTIONS over UDP (RFC 3261, section 11), a connection over TCP and TLS."""
    server = config.pbx.server
    if not server:
        return []
    place, _, transport = server.partition(";transport=")
    host, _, digits = place.partition(":")
    transport = transport or "udp"
    if digits and not digits.isdigit():
        return [Finding("PBX", "error", f"{server}: {digits!r} is no port", "set pbx.server to host or host:port")]
    port = int(digits) if digits else DEFAULT_PORTS.get(transport, 5060)
    try:
        address = socket.gethostbyname(host)
    except OSError as error:
        text = f"{host} does not resolve: {error.strerror or error}"
        return [Finding("PBX", "warning", text, "check pbx.server and the name service")]
    try:
        if transport == "udp":
            return [_answer(server, send_options(config.gateway.sip_host, (address, port), config.pbx.user))]
        with socket.create_connection((address, port), TIMEOUT_S):
            return [Finding("PBX", "ok", f"{server} takes connections")]
    except OSError as error:
        text = f"{server} ({address}) cannot be reached: {error.strerror or error}"
        return [Finding("PBX", "warning", text, "start the PBX, or check pbx.server, routes and firewalls")]


def send_options(own_host: str, address: tuple[str, int], user: str) -> str:
    """The status line of the answer to an OPTIONS.

    Raises:
        OSError: no way there, or no answer within 2 s.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sip:
        sip.settimeout(TIMEOUT_S)
        sip.bind((own_host, 0))
        sip.connect(address)
        own, place, branch = "{}:{}".format(*sip.getsockname()[:2]), "{}:{}".format(*address), uuid.uuid4().hex
        lines = [
            f"OPTIONS sip:{place} SIP/2.0",
            f"Via: SIP/2.0/UDP {own};rport;branch=z9hG4bK{branch}",
            "Max-Forwards: 70",
            f"From: <sip:{user}@{own}>;tag={branch[:8]}",
            f"To: <sip:{place}>",
            f"Call-ID: {branch}",
            "CSeq: 1 OPTIONS",
            f"Contact: <sip:{user}@{own}>",
            "Content-Length: 0",
        ]
        sip.send("\r\n".join([*lines, "", ""]).encode())
        try:
            return sip.recv(65535).decode("utf-8", "replace").partition("\r\n")[0]
        except TimeoutError:
            raise OSError(f"no answer to OPTIONS within {TIMEOUT_S:g} s") from None


def _answer(server: str, status: str) -> Finding:
    # Any SIP answer will do: some servers refuse OPTIONS of strangers, and take registrations all the same.
    if status.startswith("SIP/2.0 "):
        return Finding("PBX", "ok", f"{server} answers SIP ({status.removeprefix('SIP/2.0 ')})")
    return Finding("PBX", "warning", f"{server} answers, but not SIP: {status[:40]!r}", "check pbx.server")
