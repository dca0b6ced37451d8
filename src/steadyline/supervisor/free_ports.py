"""Ports that are free right now, as `--set` settings, so that two systems run side by side (the demo, tests)."""

import itertools
import random
import socket

PER_CALL_RANGE = 400
PER_CALL_BASES = range(15_200, 19_600, PER_CALL_RANGE)
RTP_BASES = range(10_000, 15_000, 200)
WEBPHONE_RTP_BASES = range(19_600, 20_000, 40)
FIXED_PORTS = range(29_000, 32_700)
"""Below the ephemeral ports (Linux: from 32768 on): a service that is started again finds its port as it left it, not as the
near end of somebody's connection, and nobody who dials it meanwhile connects to himself."""

_given: dict[int, None] = {}
"""Ports that this process gave away, the oldest first: a system that is being started has not opened all of its own yet."""

_per_call_bases = itertools.cycle(random.sample(PER_CALL_BASES, len(PER_CALL_BASES)))
_webphone_rtp_bases = itertools.cycle(random.sample(WEBPHONE_RTP_BASES, len(WEBPHONE_RTP_BASES)))
_rtp_bases = itertools.cycle(random.sample(RTP_BASES, len(RTP_BASES)))

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


def free_port_settings(host: str = "127.0.0.1") -> list[str]:
    """`section.key=value` for every port of a system; the SIP port and the next one are free too."""
    while len(_given) > len(FIXED_PORTS) // 2:
        del _given[next(iter(_given))]
    settings = [f"{key}={_free(host, socket.SOCK_STREAM)}" for key in _TCP_KEYS]
    settings += [f"{key}={_free(host, socket.SOCK_DGRAM)}" for key in _UDP_KEYS]
    base, rtp, webphone_rtp = next(_per_call_bases), next(_rtp_bases), next(_webphone_rtp_bases)
    settings += [f"inbound.audio_port_base={base + 1}", f"outbound.audio_port_base={base + 2}"]
    settings += [f"gateway.rtp_port_low={rtp}", f"gateway.rtp_port_high={rtp + 199}"]
    settings += [f"webphone.rtp_port_low={webphone_rtp}", f"webphone.rtp_port_high={webphone_rtp + 39}"]
    settings += ["gateway.first_call_id=2", f"gateway.last_call_id={PER_CALL_RANGE - 4}"]
    return [*settings, f"gateway.sip_port={_free_pair(host)}"]


def _free(host: str, kind: socket.SocketKind) -> int:
    """A port that nobody has; it is not reserved against other processes, so use it soon."""
    while True:
        port = random.choice(FIXED_PORTS)
        if port not in _given and _can_bind(host, kind, port):
            _given[port] = None
            return port


def _can_bind(host: str, kind: socket.SocketKind, port: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _free_pair(host: str) -> int:
    """A port that is free for UDP and TCP, and so is the next one (SIP over TLS)."""
    while True:
        port = _free(host, socket.SOCK_STREAM)
        pair = [(kind, number) for number in (port, port + 1) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)]
        if port + 1 not in _given and all(_can_bind(host, kind, number) for kind, number in pair):
            _given[port + 1] = None
            return port
