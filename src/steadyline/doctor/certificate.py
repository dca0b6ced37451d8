"""The certificate of SIP over TLS: readable, key and certificate belong together, not expired."""

import ssl
import time
from collections.abc import Mapping
from pathlib import Path

from steadyline.config import Config
from steadyline.doctor.finding import Finding

SOON_DAYS = 14
DAY_S = 86_400


def check_certificate(config: Config, running: Mapping[int, str]) -> list[Finding]:
    """Only where `gateway.transports` has tls."""
    if "tls" not in config.gateway.transports:
        return []
    path = Path(config.gateway.certificate).expanduser()
    mend = "set gateway.certificate to a PEM file with the private key and its certificate"
    try:
        path.read_bytes()
        days = days_left(path)
    except ssl.SSLCertVerificationError as error:
        text = f"{path}: {error.verify_message}; telephones will refuse it"
        return [Finding("certificate", "warning", text, "renew it")]
    except ssl.SSLError as error:
        return [
            Finding("certificate", "error", f"{path} does not hold a key and its certificate: {error.reason}", mend)
        ]
    except OSError as error:
        return [Finding("certificate", "error", f"{path} cannot be read: {error.strerror}", mend)]
    if days < SOON_DAYS:
        return [Finding("certificate", "warning", f"{path} is valid for {days:.0f} more days", "renew it")]
    return [Finding("certificate", "ok", f"{path} is valid for {days:.0f} more days")]


def days_left(path: Path) -> float:
    """Days until the certificate expires.

    Python decodes a certificate only after a handshake that trusts it, so one is held in memory with ourselves.

    Raises:
        ssl.SSLError: the file does not hold a key and its certificate, or the certificate is not valid now.
    """
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    client.load_verify_locations(path)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    pending = [ours, theirs]
    while pending:
        side = pending.pop(0)
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            pending.append(side)
    certificate = ours.getpeercert() or {}
    return (ssl.cert_time_to_seconds(str(certificate["notAfter"])) - time.time()) / DAY_S
