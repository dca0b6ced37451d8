"""`SipSettings` in the words of the stack: its configuration text and its accounts.

Keys are those of baresip 4.10; it ignores an unknown key without a word, so what each does was measured.
"""

import ssl
from typing import Any, Literal, cast

from baresip import Account, Config

from steadyline.sip.addresses import ANY
from steadyline.sip.settings import SipSettings

# What the stack calls the codecs of the SDP (RFC 3551, RFC 7587): name, audio rate, channels.
_CODEC_SPECIFICATIONS = {"opus": "opus/48000/1", "G722": "G722/16000/1", "PCMU": "PCMU/8000/1", "PCMA": "PCMA/8000/1"}
# "srtp" offers keys within RTP/AVP and answers RTP/AVP, RTP/SAVP and RTP/SAVPF alike; "srtp-mand" is RTP/SAVP only.
_MEDIA_ENCRYPTION = {"off": (), "optional": ("mediaenc=srtp",), "required": ("mediaenc=srtp-mand",)}
# No codec at all for video: a caller's video is declined with port 0 (RFC 3264, 6). Without this line the stack takes VP8,
# and after the ACK of a call without video it sends a re-INVITE that nobody asked for; SIPp ends the call over it.
_NO_VIDEO = "video_codecs="


def stack_config(settings: SipSettings, port: int) -> Config:
    """The configuration of the whole stack."""
    authorities = ssl.get_default_verify_paths()
    lines = [
        f"sip_listen {settings.host}:{port}",
        f"rtp_ports {settings.rtp_ports[0]}-{settings.rtp_ports[1]}",
        # The stack's default is fixed, too, and waits 100 ms. Its adaptive one loses as much and costs no known delay.
        f"audio_jitter_buffer_type {'fixed' if settings.jitter_buffer_ms else 'off'}",
        f"audio_jitter_buffer_ms {settings.jitter_buffer_ms}-{settings.jitter_buffer_ms}",
        # Registers Opus with one audio channel (its SDP still says 2, RFC 7587): no stereo to fold, half the buffers.
        "opus_stereo no",
        "opus_sprop_stereo no",
        "opus_application voip",
    ]
    if settings.certificate is not None:
        lines.append(f"sip_certificate {settings.certificate.resolve()}")
    if authorities.cafile is not None:
        lines.append(f"sip_cafile {authorities.cafile}")
    return Config(
        net_interface=None if settings.host == ANY else settings.host,
        max_concurrent_calls=settings.max_calls,
        rtp_timeout=settings.rtp_timeout_s,
        # Carried on the logger "baresip.native.sip" at DEBUG; the codec of a call is read from it.
        sip_trace=True,
        extra_config_text="\n".join(lines),
    )


def listening_account(settings: SipSettings, transport: str, address: str) -> Account:
    """The account that takes every call that arrives over `transport`, whoever is called; it does not register."""
    return Account(
        user=settings.user,
        domain=address,
        password="",
        reg_interval=0,
        transport=cast(Literal["udp", "tcp", "tls"], transport),
        extra_params=("catchall=yes", _NO_VIDEO, *_MEDIA_ENCRYPTION[settings.srtp]),
        **_codecs(settings),
    )


def registered_account(settings: SipSettings) -> Account:
    """The account that registers with the PBX."""
    domain, _, transport = settings.registrar.partition(";transport=")
    return Account(
        user=settings.registrar_user,
        domain=domain,
        password=settings.registrar_password,
        reg_interval=settings.register_interval_s,
        transport=cast(Literal["udp", "tcp", "tls"], transport or "udp"),
        extra_params=(_NO_VIDEO, *_MEDIA_ENCRYPTION[settings.srtp]),
        **_codecs(settings),
    )


def _codecs(settings: SipSettings) -> dict[str, Any]:
    return {"audio_codecs": tuple(_CODEC_SPECIFICATIONS[codec] for codec in settings.codecs)}
