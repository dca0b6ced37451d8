"""Ports that are free right now, as `--set` settings, so that two systems run side by side (the demo, tests)."""

import random
import socket
from collections import deque

PER_CALL_BASES = range(15_200, 19_600, 400)
RTP_BASES = range(10_000, 15_000, 200)
WEBPHONE_RTP_BASES = range(19_600, 20_000, 40)
FIXED_PORT_BASES = range(29_000, 32_700, 37)
"""Below the ephemeral ports (Linux: from 32768 on): a service that is started again finds its port as it left it, not as the
near end of somebody's connection, and nobody who dials it meanwhile connects to himself."""

HOST = "127.0.0.1"
SYSTEMS_AT_ONCE = 3
"""As many systems of one process keep their ports to themselves; a process that starts more shares the oldest's again."""

_TCP_KEYS = (
    "gateway.processor_port",
    "gateway.status_port",
    "gateway.metrics_port",
    "inbound.status_port",
    "inbound.metrics_port",
    "outbound.status_port",
    "outbound.metrics_port",
    "whisper.status_port",
    "whisper.metrics_port",
    "llama.status_port",
    "llama.metrics_port",
    "llama.port",
    "tts.status_port",
    "tts.metrics_port",
    "tts.port",
    "standby.status_port",
    "standby.metrics_port",
    "standby.port",
    "console.port",
    "console.status_port",
    "console.metrics_port",
    "webphone.port",
    "webphone.status_port",
    "webphone.metrics_port",
    "supervisor.status_port",
    "supervisor.metrics_port",
)
_UDP_KEYS = ("whisper.register_port", "tts.register_port", "standby.register_port")


class Shares:
    """Ranges of ports, of which no two processes have the same at a time.

    A system that is being started has not opened its ports yet, so that they are free is no sign that nobody counts on them.
    Whoever has a range therefore holds its first port, bound and never listened on; the kernel lets go of it with the process.

    Args:
        bases: the first port of each range.
    """

    def __init__(self, bases: range) -> None:
        self._bases = deque(random.sample(bases, len(bases)))
        self._held: deque[socket.socket] = deque()

    def take(self) -> int:
        """The first port of a range that no other process has, the one that was given longest ago; it is taken itself.

        Where every range is somebody's, it is one of those: a system on ports that may be taken says so when it opens them.
        """
        if len(self._held) == SYSTEMS_AT_ONCE:
            self._held.popleft().close()
        for base in list(self._bases):
            self._bases.rotate(-1)
            if (holder := _bound(socket.SOCK_STREAM, base)) is not None:
                self._held.append(holder)
                return base
        return self._bases[0]


_per_call = Shares(PER_CALL_BASES)
_rtp = Shares(RTP_BASES)
_webphone_rtp = Shares(WEBPHONE_RTP_BASES)
_fixed = Shares(FIXED_PORT_BASES)


def free_port_settings() -> list[str]:
    """`section.key=value` for every port of a system; the SIP port and the next one (SIP over TLS) are free too."""
    ports = _free_ports(len(_TCP_KEYS) + len(_UDP_KEYS) + 2)
    sip_port = next(port for port in ports if port + 1 in ports)
    others = (port for port in ports if port not in (sip_port, sip_port + 1))
    settings = [f"{key}={port}" for key, port in zip((*_TCP_KEYS, *_UDP_KEYS), others, strict=False)]
    base, rtp, webphone_rtp = _per_call.take(), _rtp.take(), _webphone_rtp.take()
    settings += [f"inbound.audio_port_base={base + 1}", f"outbound.audio_port_base={base + 2}"]
    settings += [f"gateway.rtp_port_low={rtp}", f"gateway.rtp_port_high={rtp + RTP_BASES.step - 1}"]
    settings += [f"webphone.rtp_port_low={webphone_rtp}", f"webphone.rtp_port_high={webphone_rtp + 39}"]
    settings += ["gateway.first_call_id=2", f"gateway.last_call_id={PER_CALL_BASES.step - 4}"]
    return [*settings, f"gateway.sip_port={sip_port}"]


def _free_ports(count: int) -> list[int]:
    """So many ports of a range that no other process has, free for TCP and UDP, two of them neighbours.

    They are not reserved against strangers, so use them soon.
    """
    while True:
        base = _fixed.take()
        ports = [port for port in range(base + 1, base + FIXED_PORT_BASES.step) if _is_free(port)]
        if len(ports) >= count and any(port + 1 in ports for port in ports):
            return ports


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        probe = _bound(kind, port)
        if probe is None:
            return False
        probe.close()
    return True


def _bound(kind: socket.SocketKind, port: int) -> socket.socket | None:
    """A socket bound to a port; None when somebody has it."""
    holder = socket.socket(socket.AF_INET, kind)
    try:
        holder.bind((HOST, port))
    except OSError:
        holder.close()
        return None
    return holder
