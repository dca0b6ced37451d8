"""What the SIP user agent listens on, offers and registers with."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from steadyline.errors import ConfigError

CODECS = ("opus", "G722", "PCMU", "PCMA")
TRANSPORTS = ("udp", "tcp", "tls")

# A call binds two, RTP and RTCP; the stack picks them at random, so half of the range should stay free.
PORTS_PER_CALL = 4
LONGEST_JITTER_BUFFER_MS = 500


@dataclass(frozen=True)
class SipSettings:
    """Settings of a `SipUserAgent`; what cannot work raises `ConfigError` on construction.

    Attributes:
        host: the address to bind and to advertise in Contact and SDP; "0.0.0.0" binds all interfaces and advertises
            the one that routes to the peer (then loopback is not reachable).
        port: UDP and TCP port; 0 takes a free one. TLS listens on the port after it: the stack has no other place.
        transports: any of "udp", "tcp", "tls"; the last needs `certificate`.
        certificate: one PEM file with the private key and the certificate.
        codecs: any of "opus", "G722", "PCMU", "PCMA", the preferred first. That is the order of our offers; an answer
            takes the first codec of the caller's offer that is in here.
        srtp: "off": RTP/SAVP is refused with 488; "optional": SDES (RFC 4568) when the caller offers it;
            "required": RTP/SAVP only, a caller without it gets 488.
        rtp_ports: first and last UDP port for media, at least four for each call.
        jitter_buffer_ms: delay of the buffer that puts received packets in order and evens them out; 0: none, packets are
            decoded as they come. What comes later than that is lost, and on a busy machine some of the rest
            (`python -m benchmarks jitter-buffer`).
        max_calls: a call beyond these is answered 486.
        rtp_timeout_s: a call that has sent no RTP for so long is dead and is closed; 0 never closes one.
        user: the user part of our own address.
        registrar: host or host:port of the PBX to register with, ";transport=tcp" or ";transport=tls" may follow;
            empty: none.
        registrar_user: user part and digest name at the PBX.
        registrar_password: digest password.
        register_interval_s: how long a registration is valid; it is renewed after 90 % of it. A PBX that lost its
            registrations in a restart finds us again within that time.
    """

    host: str = "127.0.0.1"
    port: int = 5060
    transports: tuple[str, ...] = ("udp", "tcp")
    certificate: Path | None = None
    codecs: tuple[str, ...] = CODECS
    srtp: Literal["off", "optional", "required"] = "optional"
    rtp_ports: tuple[int, int] = (10000, 10999)
    jitter_buffer_ms: int = 0
    max_calls: int = 8
    rtp_timeout_s: int = 30
    user: str = "steadyline"
    registrar: str = ""
    registrar_user: str = ""
    registrar_password: str = ""
    register_interval_s: int = 60

    def __post_init__(self) -> None:
        _require_known("codecs", self.codecs, CODECS)
        _require_known("transports", self.transports, TRANSPORTS)
        if "tls" in self.transports and self.certificate is None:
            raise ConfigError("sip transports: tls needs sip certificate, a PEM file with the key and the certificate")
        if self.certificate is not None and not self.certificate.is_file():
            raise ConfigError(f"sip certificate: {self.certificate} is not a file; name a PEM file or leave it out")
        if self.srtp not in ("off", "optional", "required"):
            raise ConfigError(f"sip srtp: {self.srtp!r} is not known; use off, optional or required")
        if self.registrar and not self.registrar_user:
            raise ConfigError("sip registrar: a registrar needs sip registrar_user, our number at the PBX")
        if self.max_calls < 1 or self.register_interval_s < 1 or self.rtp_timeout_s < 0:
            raise ConfigError("sip max_calls and register_interval_s must be at least 1, rtp_timeout_s at least 0")
        first, last = self.rtp_ports
        if not (1024 <= first < last <= 65535) or last - first + 1 < PORTS_PER_CALL * self.max_calls:
            raise ConfigError(
                f"sip rtp_ports: {first} to {last} must lie between 1024 and 65535 and hold {PORTS_PER_CALL} ports for "
                f"each of max_calls = {self.max_calls} calls"
            )
        if not 0 <= self.jitter_buffer_ms <= LONGEST_JITTER_BUFFER_MS:
            raise ConfigError(
                f"sip jitter_buffer_ms: found {self.jitter_buffer_ms}, expected 0 to {LONGEST_JITTER_BUFFER_MS}"
            )


def _require_known(field: str, found: tuple[str, ...], known: tuple[str, ...]) -> None:
    unknown = [name for name in found if name not in known]
    if unknown or not found:
        raise ConfigError(f"sip {field}: found {', '.join(unknown) or 'nothing'}; use any of {', '.join(known)}")
