"""Who has a port: the process behind "Address already in use"."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from steadyline.config import Config
from steadyline.errors import PortTakenError
from steadyline.services.ports import key_of

MAX_COMMAND_CHARS = 80
WILDCARDS = frozenset({"0.0.0.0", "::"})


@contextmanager
def port_holder_named(config: Config) -> Iterator[None]:
    """Add to a `PortTakenError` that passes through: the process that has the port, and the key that moves us away."""
    try:
        yield
    except PortTakenError as error:
        raise PortTakenError(_explained(error, config), error.places) from error


def port_holder(host: str, port: int, kind: str) -> str | None:
    """The process that has a port, e.g. "python3 -m http.server 8070 (pid 123)".

    Args:
        host: address or name that could not be bound; a process that has the port on all addresses is found too.
        port: its number.
        kind: "tcp" or "udp".

    Returns:
        None when nobody but this process has it; "a process of another user" when the system does not tell us more.
    """
    pids = holder_pids(host, port, kind)
    known = [_described(pid) for pid in pids if pid is not None]
    if known:
        return known[0]
    return "a process of another user (as root, `ss -lnptu` names it)" if pids else None


def holder_pids(host: str, port: int, kind: str) -> list[int | None]:
    """Process ids of who has a port, listening ones first, this process left out; None stands for another user's."""
    sockets = [item for item in _sockets(kind) if item.laddr and item.laddr.port == port and item.pid != os.getpid()]
    addresses = _addresses(host)
    if not addresses & WILDCARDS:
        sockets = [item for item in sockets if item.laddr.ip in addresses | WILDCARDS]
    sockets.sort(key=lambda item: (item.status != psutil.CONN_LISTEN, item.pid is None))
    return [item.pid for item in sockets]


def _sockets(kind: str) -> list[Any]:
    try:
        return list(psutil.net_connections(kind))
    except (psutil.Error, OSError):
        return []  # a system without /proc/net, or one that keeps it from us: the message does without


def _addresses(host: str) -> set[str]:
    with suppress(OSError):
        return {str(found[4][0]) for found in socket.getaddrinfo(host, None)}
    return {host}


def _described(pid: int) -> str:
    try:
        program, *arguments = psutil.Process(pid).cmdline() or [psutil.Process(pid).name()]
    except (psutil.Error, OSError):
        return f"pid {pid}"
    command = " ".join(" ".join([Path(program).name, *arguments]).split())
    if len(command) > MAX_COMMAND_CHARS:
        command = command[: MAX_COMMAND_CHARS - 1] + "…"
    return f"{command} (pid {pid})"


def _explained(error: PortTakenError, config: Config) -> str:
    text = str(error)
    mend = "set another"
    for kind, host, port in error.places:
        if holder := port_holder(host, port, kind):
            text += f"; {kind.upper()} port {port} is taken by {holder}"
            mend = "end that process, or set another"
            break
    keys = dict.fromkeys(key for kind, _, port in error.places if (key := key_of(config, kind, port)))
    return text + (f"; {mend} {' or '.join(keys)}" if keys else "")
