"""The real line: the SIP user agent's settings from the configuration."""

from pathlib import Path
from typing import Literal, cast

from steadyline.config import Config
from steadyline.sip import SipSettings


def sip_settings(config: Config) -> SipSettings:
    """What the gateway listens on, offers and registers with.

    Raises:
        ConfigError: settings that cannot work.
    """
    gateway, pbx = config.gateway, config.pbx
    return SipSettings(
        host=gateway.sip_host,
        port=gateway.sip_port,
        transports=tuple(gateway.transports),
        certificate=Path(gateway.certificate).expanduser() if gateway.certificate else None,
        codecs=tuple(gateway.codecs),
        srtp=cast(Literal["off", "optional", "required"], gateway.srtp),
        rtp_ports=(gateway.rtp_port_low, gateway.rtp_port_high),
        jitter_buffer_ms=gateway.jitter_buffer_ms,
        max_calls=gateway.max_calls,
        rtp_timeout_s=gateway.rtp_timeout_s,
        registrar=pbx.server,
        registrar_user=pbx.user,
        registrar_password=pbx.password,
        register_interval_s=pbx.register_interval_s,
    )
