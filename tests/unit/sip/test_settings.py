"""Settings that cannot work are refused with the field, what was found and what is allowed."""

from pathlib import Path

import pytest

from steadyline.errors import ConfigError
from steadyline.sip import SipSettings


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"codecs": ("opus", "GSM")}, "sip codecs: found GSM; use any of opus, G722, PCMU, PCMA"),
        ({"codecs": ()}, "sip codecs: found nothing"),
        ({"transports": ("udp", "ws")}, "sip transports: found ws; use any of udp, tcp, tls"),
        ({"transports": ("tls",)}, "tls needs sip certificate"),
        ({"certificate": Path("absent.pem")}, "sip certificate: absent.pem is not a file"),
        ({"srtp": "on"}, "sip srtp: 'on' is not known; use off, optional or required"),
        ({"registrar": "pbx.example.com"}, "sip registrar_user"),
        ({"max_calls": 0}, "max_calls"),
        ({"max_calls": 300}, "sip rtp_ports: 10000 to 10999"),
        ({"rtp_ports": (20000, 10000)}, "sip rtp_ports"),
        ({"jitter_buffer_ms": 501}, "sip jitter_buffer_ms: found 501, expected 0 to 500"),
        ({"jitter_buffer_ms": -1}, "sip jitter_buffer_ms: found -1"),
    ],
)
def test_what_cannot_work_is_refused(fields: dict[str, object], text: str) -> None:
    with pytest.raises(ConfigError) as raised:
        SipSettings(**fields)  # type: ignore[arg-type]
    assert text in str(raised.value)


def test_the_defaults_are_usable() -> None:
    assert SipSettings().codecs == ("opus", "G722", "PCMU", "PCMA")
