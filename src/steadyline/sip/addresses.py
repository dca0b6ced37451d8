"""Under which address a line is reached."""

import socket

ANY = "0.0.0.0"


def reachable_host(host: str) -> str:
    """What to dial, and what a line that is bound to `host` advertises: for all addresses that of the default route."""
    return _routed_address() if host == ANY else host


def _routed_address() -> str:
    """Our address on the interface of the default route; connecting a UDP socket sends nothing."""
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737: an address that belongs to nobody
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])
