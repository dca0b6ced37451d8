"""The command line of `steadyline call`."""

import argparse
from pathlib import Path

from steadyline.errors import ConfigError
from steadyline.phone.caller import DEFAULT_TARGET, CallOptions
from steadyline.phone.script import ScriptTiming
from steadyline.sip import SipSettings

DESCRIPTION = """\
Call a telephone number the way a person would: wait until the greeting has ended, say each file in turn, listen until
each reply has ended, hang up. Leaves call.wav: two channels on one clock, left what the caller said, right what the
caller heard. All times that are printed are measured in that recording alone.
"""
EXAMPLES = """\
examples:
  steadyline call --say question.wav
  steadyline call --target 'sip:1000@192.0.2.7;transport=tcp' --say one.wav --say two.flac --out /tmp/call --json
  steadyline call --target 'sip:1000@192.0.2.7:5061;transport=tls' --srtp required --certificate me.pem --say one.wav

Over TLS the far end's certificate must be one that this machine trusts, for the host that is dialed; a self-made one is
trusted when the environment variable SSL_CERT_FILE names it.
"""
CODECS = ("PCMU", "PCMA", "G722", "opus")
# Away from the ports of a gateway on the same machine.
RTP_PORTS = (20000, 21998)
# Its delay is part of what the caller hears: one packet, always.
JITTER_BUFFER_MS = 20


def add_call_arguments(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the options of a test call; `options_from` and `sip_settings_from` read them."""
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    patience = ScriptTiming()
    add = parser.add_argument
    add("--target", default=DEFAULT_TARGET, metavar="URI", help="SIP URI to call; ';transport=tcp' or ';transport=tls' "
        "picks the transport (%(default)s)")  # fmt: skip
    add("--say", action="append", default=[], type=Path, metavar="FILE", help="WAV or FLAC to say, any rate; again for "
        "the next question, which waits for the reply to the one before; none: only the greeting is heard")  # fmt: skip
    add(
        "--out",
        default=Path("call"),
        type=Path,
        metavar="DIR",
        help="where call.wav goes; made if absent (%(default)s)",
    )
    add("--json", action="store_true", help="print the report as JSON, and nothing else to the standard output")
    add("--codec", action="append", choices=CODECS, help="offer this codec only; again for more, the preferred first "
        f"({', '.join(CODECS)})")  # fmt: skip
    add("--srtp", choices=("off", "optional", "required"), default="off", help="encrypt the audio with SDES keys, RFC "
        "4568; they are secret only over TLS (%(default)s)")  # fmt: skip
    add("--certificate", type=Path, metavar="PEM", help="our own key and certificate in one file; TLS needs it")
    add("--local-host", default="127.0.0.1", metavar="ADDRESS", help="our own address; 0.0.0.0 takes the one that leads "
        "to the target (%(default)s)")  # fmt: skip
    add("--local-port", type=int, default=0, metavar="PORT", help="our own SIP port; 0: any that is free (%(default)s)")
    add("--journal", type=Path, metavar="FILE", help="journal of the system called, if it is on this machine: adds what "
        "was understood and what was replied, as text")  # fmt: skip
    add("--answer-timeout", type=_seconds, default=30.0, metavar="S", help="how long it may ring (%(default)g)")
    add("--greeting-timeout", type=_seconds, default=patience.greeting_timeout_s, metavar="S", help="without a greeting "
        "by then, the caller begins to speak (%(default)g)")  # fmt: skip
    add("--reply-timeout", type=_seconds, default=patience.reply_timeout_s, metavar="S", help="without a reply by then, "
        "the caller says the next file (%(default)g)")  # fmt: skip
    add("--reply-silence", type=_seconds, default=patience.reply_silence_s, metavar="S", help="quiet of this length ends "
        "a reply; longer than the pause between clauses, or the caller cuts in (%(default)g)")  # fmt: skip
    add("--hold", type=_seconds, default=0.0, metavar="S", help="go on listening after the last reply (%(default)g)")


def options_from(namespace: argparse.Namespace) -> CallOptions:
    """What to do in the call."""
    timing = ScriptTiming(
        greeting_timeout_s=namespace.greeting_timeout,
        reply_timeout_s=namespace.reply_timeout,
        reply_silence_s=namespace.reply_silence,
        hold_s=namespace.hold,
    )
    return CallOptions(
        target=namespace.target,
        say=tuple(namespace.say),
        out=namespace.out,
        timing=timing,
        answer_timeout_s=namespace.answer_timeout,
        journal=namespace.journal,
    )


def sip_settings_from(namespace: argparse.Namespace) -> SipSettings:
    """How to make the call; `ConfigError` for what cannot work."""
    return SipSettings(
        host=namespace.local_host,
        port=namespace.local_port,
        transports=(_transport(namespace.target),),
        certificate=namespace.certificate,
        codecs=tuple(namespace.codec or CODECS),
        srtp=namespace.srtp,
        rtp_ports=RTP_PORTS,
        jitter_buffer_ms=JITTER_BUFFER_MS,
        max_calls=1,
        user="caller",
    )


def _transport(target: str) -> str:
    """The `transport` parameter of a SIP URI (RFC 3261, 19.1.1); `ConfigError` when it is no SIP URI."""
    scheme, _, rest = target.partition(":")
    if scheme.lower() not in ("sip", "sips") or not rest or any(c.isspace() for c in target):
        raise ConfigError(f"--target: {target!r} is no SIP URI; expected one like {DEFAULT_TARGET}")
    if scheme.lower() == "sips":
        return "tls"
    parameters = dict(p.partition("=")[::2] for p in rest.lower().partition("?")[0].split(";")[1:])
    return parameters.get("transport", "udp")


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds, 0 or more")
    return value
