"""Which ports a configuration takes, by key, for messages that say what to change."""

from dataclasses import dataclass
from typing import Literal

from steadyline.config import Config

Kind = Literal["tcp", "udp"]


@dataclass(frozen=True)
class Port:
    """One fixed port of the configuration.

    Attributes:
        key: config key that sets it.
        kind, host, number: the port itself.
        service: which service opens it; "up" for the supervisor's.
    """

    key: str
    kind: Kind
    host: str
    number: int
    service: str


def configured_ports(config: Config) -> list[Port]:
    """The fixed ports of all services; ports that go with the call id or with RTP are not among them."""
    internal, sip, gateway = config.network.host, config.gateway.sip_host, config.gateway
    tts = config.tts.service
    ports = [
        Port("gateway.sip_port", "udp", sip, gateway.sip_port, "gateway"),
        Port("gateway.sip_port", "tcp", sip, gateway.sip_port, "gateway"),
        Port("gateway.processor_port", "tcp", internal, gateway.processor_port, "gateway"),
        Port("gateway.status_port", "tcp", internal, gateway.status_port, "gateway"),
        Port("gateway.metrics_port", "tcp", internal, gateway.metrics_port, "gateway"),
        Port("inbound.status_port", "tcp", internal, config.inbound.status_port, "inbound"),
        Port("inbound.metrics_port", "tcp", internal, config.inbound.metrics_port, "inbound"),
        Port("whisper.register_port", "udp", internal, config.whisper.register_port, "whisper"),
        Port("whisper.status_port", "tcp", internal, config.whisper.status_port, "whisper"),
        Port("whisper.metrics_port", "tcp", internal, config.whisper.metrics_port, "whisper"),
        Port("llama.port", "tcp", internal, config.llama.port, "llama"),
        Port("llama.status_port", "tcp", internal, config.llama.status_port, "llama"),
        Port("llama.metrics_port", "tcp", internal, config.llama.metrics_port, "llama"),
        Port("tts.port", "tcp", internal, config.tts.port, tts),
        Port("tts.register_port", "udp", internal, config.tts.register_port, tts),
        Port("tts.status_port", "tcp", internal, config.tts.status_port, tts),
        Port("tts.metrics_port", "tcp", internal, config.tts.metrics_port, tts),
        Port("outbound.status_port", "tcp", internal, config.outbound.status_port, "outbound"),
        Port("outbound.metrics_port", "tcp", internal, config.outbound.metrics_port, "outbound"),
        Port("supervisor.status_port", "tcp", internal, config.supervisor.status_port, "up"),
        Port("supervisor.metrics_port", "tcp", internal, config.supervisor.metrics_port, "up"),
    ]
    if config.standby.engine:
        ports += [
            Port("standby.port", "tcp", internal, config.standby.port, "standby"),
            Port("standby.register_port", "udp", internal, config.standby.register_port, "standby"),
            Port("standby.status_port", "tcp", internal, config.standby.status_port, "standby"),
            Port("standby.metrics_port", "tcp", internal, config.standby.metrics_port, "standby"),
        ]
    if config.console.enabled:
        ports += [
            Port("console.port", "tcp", config.console.host, config.console.port, "console"),
            Port("console.status_port", "tcp", internal, config.console.status_port, "console"),
            Port("console.metrics_port", "tcp", internal, config.console.metrics_port, "console"),
        ]
    if config.webphone.enabled:
        ports += [
            Port("webphone.port", "tcp", "127.0.0.1", config.webphone.port, "webphone"),
            Port("webphone.status_port", "tcp", internal, config.webphone.status_port, "webphone"),
            Port("webphone.metrics_port", "tcp", internal, config.webphone.metrics_port, "webphone"),
        ]
    # 0 is not a port that somebody chooses but one that is not opened.
    ports = [port for port in ports if port.number or not port.key.endswith(".metrics_port")]
    if "tls" in gateway.transports:
        # SIP over TLS has no key of its own: it listens beside the other two.
        ports.insert(2, Port("gateway.sip_port", "tcp", sip, gateway.sip_port + 1, "gateway"))
    return ports


def key_of(config: Config, kind: str, number: int) -> str | None:
    """The config key that sets a port; None when it is not one of the fixed ones."""
    return next((port.key for port in configured_ports(config) if (port.kind, port.number) == (kind, number)), None)
