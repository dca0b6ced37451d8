"""What no single key of the configuration shows: settings that do not go together, or that fail no sooner than in a call."""

import ipaddress
import re
from pathlib import Path

from steadyline.config import Config
from steadyline.config_speech import CUT_SEARCH_S
from steadyline.errors import ConfigError

CODECS = ("opus", "G722", "PCMU", "PCMA")
TRANSPORTS = ("udp", "tcp", "tls")
HEARTBEATS_UNTIL_LOST = 2
"""A peer may be late by one heartbeat without being lost."""
PATHS = (
    "gateway.certificate",
    "inbound.turn_words",
    "outbound.phrases",
    "whisper.model",
    "llama.model",
    "piper.model",
    "kokoro.model",
    "kokoro.voices",
    "journal.path",
    "recorder.directory",
    "models.store",
    "network.secret_file",
    "console.password_file",
)
_ADDRESS = re.compile(r"[^\s;@<>\"?\x00-\x1f\x7f]+(;transport=(udp|tcp|tls))?")
_USER = re.compile(r"[^\s@:;<>\"?\x00-\x1f\x7f]+")


def check_together(config: Config) -> None:
    """Refuse what cannot work.

    Raises:
        ConfigError: names the keys, what was found and what was expected.
    """
    _check_gateway(config)
    _check_pbx(config)
    _check_ports(config)
    _check_speech(config)
    _check_network(config)
    _check_console(config)
    for name in PATHS:
        section, _, key = name.partition(".")
        _check_home(name, getattr(getattr(config, section), key))


def _check_gateway(config: Config) -> None:
    """What the SIP stack would refuse with words of its own."""
    gateway = config.gateway
    unknown = set(gateway.transports) - set(TRANSPORTS)
    if unknown or not gateway.transports:
        raise ConfigError(f"gateway.transports is {gateway.transports!r}, expected some of {', '.join(TRANSPORTS)}")
    if "tls" in gateway.transports and not gateway.certificate:
        raise ConfigError(
            "gateway.transports has tls: gateway.certificate must name a PEM file with key and certificate"
        )
    strange = set(gateway.codecs) - set(CODECS)
    if strange or not gateway.codecs:
        raise ConfigError(f"gateway.codecs is {gateway.codecs!r}, expected some of {', '.join(CODECS)}")
    if not re.fullmatch(r"[^\s\x00-\x1f\x7f]+", gateway.sip_host):
        raise ConfigError(
            f"gateway.sip_host is {gateway.sip_host!r}, expected an address of this machine, or 0.0.0.0 for all"
        )


def _check_pbx(config: Config) -> None:
    """The password is not shown."""
    pbx = config.pbx
    if not pbx.server:
        return
    if not pbx.user:
        raise ConfigError("pbx.server is set, but pbx.user is empty: give the user name to register as")
    if not _ADDRESS.fullmatch(pbx.server):
        raise ConfigError(
            f"pbx.server is {pbx.server!r}, expected host or host:port; ;transport=udp, tcp or tls (in small letters) may follow"
        )
    if not _USER.fullmatch(pbx.user):
        raise ConfigError(f'pbx.user is {pbx.user!r}, expected a name without blanks and without @ : ; < > " ?')
    if re.search(r'["\\\x00-\x1f\x7f]', pbx.password):
        raise ConfigError(
            'pbx.password has a " or a \\ or a control character, which the SIP stack cannot send: choose another one'
        )


def _check_ports(config: Config) -> None:
    """Of the call's own ports, and of its ids."""
    gateway = config.gateway
    if gateway.first_call_id % 2 or gateway.first_call_id >= gateway.last_call_id:
        raise ConfigError(
            "gateway.first_call_id must be even and below gateway.last_call_id: ports of odd ids would collide"
        )
    for name, base in (("inbound", config.inbound.audio_port_base), ("outbound", config.outbound.audio_port_base)):
        if base + gateway.last_call_id > 65535:
            raise ConfigError(f"gateway.last_call_id is too high: {name}.audio_port_base plus it must stay below 65536")


def _check_speech(config: Config) -> None:
    """Utterances, turns and answers."""
    inbound, llama, connections = config.inbound, config.llama, config.connections
    if inbound.shortest_wait_ms > inbound.longest_wait_ms:
        raise ConfigError(
            f"inbound.shortest_wait_ms is {inbound.shortest_wait_ms}, expected at most inbound.longest_wait_ms "
            f"({inbound.longest_wait_ms})"
        )
    if not 0 < inbound.end_probability <= inbound.start_probability < 1:
        raise ConfigError(
            f"inbound.end_probability is {inbound.end_probability} and inbound.start_probability {inbound.start_probability}, "
            "expected 0 < end_probability <= start_probability < 1"
        )
    shortest_s = CUT_SEARCH_S + (inbound.min_speech_ms + inbound.pre_roll_ms + inbound.end_silence_ms) / 1000
    if inbound.max_utterance_s < shortest_s:
        raise ConfigError(
            f"inbound.max_utterance_s is {inbound.max_utterance_s}, expected at least {shortest_s:.1f}: min_speech_ms, "
            f"pre_roll_ms, end_silence_ms and {CUT_SEARCH_S:g} s in which a place to cut is looked for"
        )
    if llama.engine == "llamacpp" and llama.max_tokens > llama.context_tokens // 2:
        raise ConfigError(
            f"llama.max_tokens is {llama.max_tokens}, expected at most half of llama.context_tokens ({llama.context_tokens}): "
            "the rest is for what was said before"
        )
    if connections.ping_interval_s * HEARTBEATS_UNTIL_LOST > connections.lost_after_s:
        raise ConfigError(
            f"connections.ping_interval_s is {connections.ping_interval_s}, expected at most half of connections.lost_after_s "
            f"({connections.lost_after_s}): a peer that is well would count as lost"
        )


def _check_home(name: str, value: str) -> None:
    try:
        Path(value).expanduser()
    except RuntimeError as error:
        raise ConfigError(f"{name} is {value!r}: there is no such user's home; give the path from / on") from error


def _check_network(config: Config) -> None:
    """Who may speak to the services, and how many of them."""
    network, calls = config.network, config.gateway.max_calls
    for address in network.gateways:
        host, _, port = address.rpartition(":")
        if not host or not (port.isascii() and port.isdigit()) or not 0 < int(port) <= 65535:
            raise ConfigError(f"network.gateways has {address!r}, expected host:port, such as 127.0.0.1:8170")
    hosts = [("network.host is", network.host)]
    hosts += [("network.gateways has", address.rpartition(":")[0]) for address in network.gateways]
    for where, host in hosts:
        if not network.secret_file and not _is_loopback(host):
            raise ConfigError(
                f"{where} {host!r}, which is beyond the loopback: set network.secret_file to a file with a secret that all "
                "services share (make one with: umask 077; head -c 32 /dev/urandom | base64 > FILE), or take 127.0.0.1"
            )
    if ":" in network.host:
        raise ConfigError(
            f"network.host is {network.host!r}, expected an IPv4 address: the services speak no IPv6 with each other"
        )
    # The gateway's port takes most: a control connection and one per call from inbound, and the same from outbound.
    needed = 2 * calls + 2
    of_a_port = ("max_connections", "max_connections_per_peer", "max_half_open", "max_half_open_per_peer")
    limits = {f"network.{key}": (getattr(network, key), needed) for key in of_a_port}
    # A service that was restarted hears of all calls at once.
    for key in ("max_calls", "max_unproven", "max_unproven_per_sender"):
        limits[f"register.{key}"] = (getattr(config.register, key), calls)
    for key, (limit, least) in limits.items():
        if limit < least:
            raise ConfigError(f"{key} is {limit}, but gateway.max_calls is {calls}: expected at least {least}")


def _check_console(config: Config) -> None:
    """Whom the console lets in."""
    console = config.console
    if console.password_file:
        return
    mend = (
        "set console.password_file to a file with a password (make one with: "
        "umask 077; head -c 12 /dev/urandom | base64 > FILE)"
    )
    if not _is_loopback(console.host):
        raise ConfigError(f"console.host is {console.host!r}, which is beyond the loopback: {mend}, or take 127.0.0.1")
    if console.names:
        raise ConfigError(f"console.names has {console.names[0]!r}, so others are to reach it: {mend}")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
