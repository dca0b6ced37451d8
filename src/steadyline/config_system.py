"""Settings of what is around the chain: the line, the connections, the journal, the supervisor."""

from dataclasses import dataclass

from steadyline.setting import port_number, setting


@dataclass
class NetworkSection:
    """Where the services listen for each other."""

    host: str = setting("127.0.0.1", "address that all internal ports listen on and are dialed at")
    gateways: list[str] = setting(
        [], "further gateways that share the services, as host:port of their gateway.processor_port"
    )
    secret_file: str = setting(
        "", "file (mode 0600) with the secret that all services share; must be set when host is not the loopback"
    )
    clock_tolerance_s: float = setting(
        30.0, "with a secret: a HELLO or REGISTER may be so old, or early by the listener's clock, s", low=1, high=3600
    )
    max_connections: int = setting(512, "connections of one listening port", low=1)
    max_connections_per_peer: int = setting(256, "the same from one address; a call takes up to two", low=1)
    max_half_open: int = setting(512, "connections of one listening port that have not said HELLO yet", low=1)
    max_half_open_per_peer: int = setting(256, "the same from one address; above it its oldest one goes", low=1)


@dataclass
class GatewaySection:
    """SIP and RTP; the only service that is reachable from outside."""

    sip_host: str = setting("127.0.0.1", "address of SIP and RTP; a LAN address to take calls from other machines")
    sip_port: int = port_number(5060, "SIP over UDP and TCP; SIP over TLS uses the next port")
    transports: list[str] = setting(["udp", "tcp"], "SIP transports: udp, tcp, tls (tls needs certificate)")
    certificate: str = setting("", "PEM file with key and certificate for SIP over TLS")
    codecs: list[str] = setting(["opus", "G722", "PCMU", "PCMA"], "codecs in order of preference")
    srtp: str = setting("optional", "encrypted audio (SDES-SRTP)", choices=("off", "optional", "required"))
    rtp_port_low: int = port_number(16384, "lowest RTP port")
    rtp_port_high: int = port_number(17407, "highest RTP port")
    jitter_buffer_ms: int = setting(
        0,
        "delay that puts late and overtaken packets of the caller in order, ms; 0: none, decoded as they come",
        low=0,
        high=500,
    )
    rtp_timeout_s: int = setting(30, "a call whose caller sends no audio for so long is ended, s; 0: never", low=0)
    max_calls: int = setting(4, "calls at once; further callers get 486 Busy Here", low=1, high=1000)
    ring_timeout_s: float = setting(15.0, "a call rings so long for its pipeline, then it is refused, s", low=1)
    max_call_s: float = setting(3600.0, "a call is ended after this, s", low=10)
    processor_port: int = port_number(8070, "TCP port of connection 0, for inbound and outbound")
    first_call_id: int = setting(2, "lowest call id (ids are even; several gateways need disjoint ranges)", low=2)
    last_call_id: int = setting(
        20000, "highest call id; the ports 9002 + id must stay below the ephemeral ports", low=2, high=50000
    )
    call_id_rest_s: float = setting(60.0, "an id is not used again for so long, s", low=0)
    frame_ms: int = setting(
        10, "the caller's audio is looked for this often and passed on at once, ms", low=10, high=100
    )
    quiet_frame_ms: int = setting(60, "the same after a second in which nobody spoke, ms", low=10, high=200)
    crowded_frame_ms: int = setting(
        60, "the same with `crowded_calls` or more: longer pieces cost less, and every answer some ms", low=10, high=100
    )
    crowded_calls: int = setting(6, "calls at once that are many", low=1)
    real_time: bool = setting(
        True, "with fewer, packets leave before everything else on the machine (SCHED_RR 1, where the system allows it)"
    )
    typed_max_chars: int = setting(
        500, "longest line that a caller may type instead of speaking, characters; 0: none", low=0, high=4000
    )
    typed_per_minute: int = setting(30, "so many such lines are taken within a minute, each call", low=1, high=600)
    status_port: int = port_number(8071, "TCP port for `steadyline status`")
    metrics_port: int = port_number(8061, "HTTP port for /metrics, /live and /ready; 0: off", low=0)


@dataclass
class PbxSection:
    """Registering with a PBX or a SIP provider: three settings."""

    server: str = setting("", "host or host:port of the registrar; empty: do not register")
    user: str = setting("", "user name, also the one to be called by")
    password: str = setting("", "password", secret=True)
    register_interval_s: int = setting(60, "the registration is renewed this often, s", low=5)


@dataclass
class WebphoneSection:
    """The telephone in the browser, a page on the loopback; beyond it browsers give no page the microphone without HTTPS."""

    enabled: bool = setting(True, "`steadyline up` runs it")
    port: int = port_number(8085, "HTTP port of its page")
    max_calls: int = setting(4, "its calls at once; the gateway's limit counts for them, too", low=1, high=32)
    browser_lost_s: float = setting(4.0, "a browser that sends no sound for so long is gone; its call ends, s", low=1)
    rtp_port_low: int = port_number(17408, "lowest RTP port of its calls to the gateway")
    rtp_port_high: int = port_number(17663, "highest RTP port; at least four ports a call")
    status_port: int = port_number(8086, "TCP port for `steadyline status`")
    metrics_port: int = port_number(8087, "HTTP port for /metrics, /live and /ready; 0: off", low=0)


@dataclass
class ConnectionsSection:
    """Deadlines of all connections."""

    hello_timeout_s: float = setting(1.0, "HELLO and its answer must come within this, s", low=0.1)
    ping_interval_s: float = setting(0.25, "heartbeat, s", low=0.05)
    lost_after_s: float = setting(1.25, "silence after which a peer is lost, s", low=0.2)
    gateway_lost_s: float = setting(1.5, "processors end a call whose gateway is away for so long, s", low=0.5)


@dataclass
class RetrySection:
    """Direct connections: the founding document's ten attempts, then back-off while the call lives."""

    attempts: int = setting(10, "attempts before the failure is logged", low=1)
    fast_attempts: int = setting(5, "how many of them are followed by the short delay", low=0)
    fast_delay_s: float = setting(0.2, "short delay, s", low=0.01)
    slow_delay_s: float = setting(1.0, "long delay, s", low=0.01)
    backoff_factor: float = setting(1.5, "growth of the delay after the last attempt", low=1)
    backoff_max_s: float = setting(
        1.0, "cap of the delay after the last attempt, s; from 1.2 s on a late start is found later than that", low=0.1
    )


@dataclass
class RegisterSection:
    """UDP registration: the founding document's cadence."""

    fast_interval_s: float = setting(0.2, "interval in the beginning, s", low=0.02)
    fast_period_s: float = setting(1.0, "how long the beginning lasts, s", low=0)
    slow_interval_s: float = setting(1.0, "interval afterwards, s", low=0.1)
    expiry_s: float = setting(5.0, "a registration without renewal and connection is forgotten after this, s", low=1)
    max_calls: int = setting(1000, "calls that are registered with one service", low=1)
    max_unproven: int = setting(256, "of them, calls that nobody has connected for; counted for expiry_s", low=1)
    max_unproven_per_sender: int = setting(128, "the same from one sender (address and port)", low=1)


@dataclass
class JournalSection:
    """The record of all calls."""

    path: str = setting("~/.local/state/steadyline/journal.sqlite", "SQLite file")
    store_text: bool = setting(True, "keep what was heard and said, not only the numbers")


@dataclass
class RecorderSection:
    """The flight recorder: what passed in a call, to be looked into afterwards."""

    enabled: bool = setting(True, "record calls")
    audio: bool = setting(True, "the sound of both sides, too; never where journal.store_text is false")
    bodies: bool = setting(
        False,
        "all that passes between services, words and sound, and not only its outline; never where journal.store_text is false",
    )
    sip: bool = setting(True, "the SIP messages, too; passwords, digests and keys are left out of them")
    keep_days: float = setting(14.0, "a recording is deleted after this, days; 0: never", low=0)
    keep_mb: int = setting(2000, "the oldest are deleted when all take more than this, MB; 0: no limit", low=0)
    directory: str = setting("", "folder of the recordings; empty: recordings, beside journal.path")


@dataclass
class LogSection:
    """Logging, to standard error."""

    level: str = setting("info", "least severe level shown", choices=("debug", "info", "warning", "error"))
    style: str = setting("marks", "plain drops the marks in front of the lines", choices=("marks", "plain"))
    heard_text: bool = setting(False, "also log what callers say and what they are answered")


@dataclass
class ModelsSection:
    """Where models are kept."""

    store: str = setting("", "folder; empty: $STEADYLINE_MODELS, else ~/.local/share/steadyline/models")


@dataclass
class ConsoleSection:
    """The console in the browser: what is connected to what, the calls, how long callers waited."""

    enabled: bool = setting(True, "`steadyline up` starts it, last; calls need it for nothing")
    host: str = setting("127.0.0.1", "address that it listens on; beyond the loopback only with password_file")
    port: int = port_number(8060, "HTTP port")
    names: list[str] = setting(
        [], "further host names by which browsers reach it, say that of a proxy; only with password_file"
    )
    password_file: str = setting("", "file (mode 0600) with the password; empty: none is asked for")
    session_h: float = setting(12.0, "who has given the password is asked again after this, h", low=0.1, high=720)
    drills: bool = setting(False, "the console may also kill and freeze services, to see calls go on")
    status_port: int = port_number(8079, "TCP port for the supervisor's heartbeat")
    metrics_port: int = port_number(8069, "HTTP port for /metrics, /live and /ready; 0: off", low=0)


@dataclass
class SupervisorSection:
    """`steadyline up`."""

    restart_delay_s: float = setting(0.5, "delay before the second restart, half random; doubles each time, s", low=0)
    restart_max_delay_s: float = setting(10.0, "cap of that delay, s", low=0.1)
    restart_budget: int = setting(12, "restarts within restart_window_s; a service that needs more is FATAL", low=0)
    restart_window_s: float = setting(60.0, "time that counts for it: only while the service runs, s", low=1)
    stable_after_s: float = setting(10.0, "a service that ran so long counts as sound again, s", low=1)
    stopped_after_s: float = setting(1.25, "a service whose process is stopped for so long is killed, s", low=0.5)
    silent_after_s: float = setting(5.0, "one that runs but does not answer for so long is killed, s", low=2)
    start_timeout_s: float = setting(30.0, "the same between its start and its first answer, s", low=5)
    stop_timeout_s: float = setting(4.0, "services that do not stop within this are killed, s", low=0.5)
    status_port: int = port_number(8077, "TCP port for `steadyline status`")
    metrics_port: int = port_number(8067, "HTTP port for /metrics, /live and /ready; 0: off", low=0)
