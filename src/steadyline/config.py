"""Every number, port, host and path that people can set: once, with unit, default and allowed range.

The sections below are the TOML file's sections; `config.example.toml` is generated from them. Values come from, later
ones winning: the defaults, the file (`--config`, else `$STEADYLINE_CONFIG`, else none), `--set section.key=value`.
"""

from dataclasses import dataclass, field, fields
from typing import Any

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
    jitter_buffer_low_ms: int = setting(
        0, "shortest delay of the jitter buffer, ms; 0 and 0: no buffer", low=0, high=1000
    )
    jitter_buffer_high_ms: int = setting(0, "longest delay of the jitter buffer, ms", low=0, high=2000)
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
    frame_ms: int = setting(20, "the caller's audio is passed on in pieces of this length, ms", low=10, high=100)
    quiet_frame_ms: int = setting(60, "the same after a second in which nobody spoke, ms", low=10, high=200)
    status_port: int = port_number(8071, "TCP port for `steadyline status`")
    metrics_port: int = port_number(8061, "HTTP port for /metrics, /live and /ready; 0: off")


@dataclass
class PbxSection:
    """Registering with a PBX or a SIP provider: three settings."""

    server: str = setting("", "host or host:port of the registrar; empty: do not register")
    user: str = setting("", "user name, also the one to be called by")
    password: str = setting("", "password", secret=True)
    register_interval_s: int = setting(60, "the registration is renewed this often, s", low=5)


@dataclass
class InboundSection:
    """The caller's audio: resampling, speech detection, utterances."""

    audio_port_base: int = port_number(9001, "connection 1 listens on this plus the call id")
    vad: str = setting("silero", "speech detector", choices=("silero", "energy"))
    silence_dbfs: float = setting(-60.0, "quieter sound is not given to the detector at all, dB", low=-96, high=-40)
    start_probability: float = setting(0.5, "speech begins above this", low=0, high=1)
    end_probability: float = setting(0.35, "speech may end below this", low=0, high=1)
    min_speech_ms: int = setting(96, "shorter sounds are no speech, ms", low=32)
    pre_roll_ms: int = setting(300, "audio kept from before the speech began, ms", low=0, high=2000)
    end_silence_ms: int = setting(600, "silence that ends an utterance, ms", low=100, high=5000)
    prepare_after_ms: int = setting(
        200,
        "silence after which an answer is prepared, should the caller have finished, ms; 0: never",
        low=0,
        high=5000,
    )
    max_utterance_s: float = setting(28.0, "an utterance is cut after this, s (Whisper sees 30 s)", low=5, high=29)
    replay_s: float = setting(60.0, "speech kept for a new whisper, s", low=1)
    status_port: int = port_number(8072, "TCP port for `steadyline status`")
    metrics_port: int = port_number(8062, "HTTP port for /metrics, /live and /ready; 0: off")


@dataclass
class WhisperSection:
    """Speech recognition."""

    register_port: int = port_number(13000, "UDP port of connection 1's registration")
    engine: str = setting("whisper", "speech recogniser", choices=("whisper",), or_class=True)
    model: str = setting("whisper-base", "a name of `steadyline models list`, a CTranslate2 folder, or hub:owner/name")
    language: str = setting("en", "ISO 639-1 code, or empty to detect it")
    workers: int = setting(2, "utterances that are transcribed at once, one thread each", low=1, high=64)
    compute_type: str = setting(
        "int8", "CTranslate2 compute type", choices=("int8", "int8_float32", "float32", "float16", "int8_float16")
    )
    window_floor_s: float = setting(8.0, "shortest window given to the model, s", low=4, high=30)
    status_port: int = port_number(8073, "TCP port for `steadyline status`")
    metrics_port: int = port_number(8063, "HTTP port for /metrics, /live and /ready; 0: off")


@dataclass
class LlamaSection:
    """The language model, and what it is told to be."""

    port: int = port_number(8083, "TCP port of connection 3")
    engine: str = setting(
        "llamacpp", "GGUF model, or an OpenAI-compatible server", choices=("llamacpp", "openai"), or_class=True
    )
    model: str = setting(
        "smollm2-135m-instruct-q4_1", "GGUF: a name of `steadyline models list`, a file, or hub:owner/name/file.gguf"
    )
    url: str = setting("http://127.0.0.1:8080/v1", "base URL of the OpenAI-compatible server")
    url_model: str = setting("default", "model name that the server is asked for")
    api_key: str = setting("", "key for the server, if it wants one", secret=True)
    threads: int = setting(2, "CPU threads of the GGUF model", low=1, high=256)
    context_tokens: int = setting(2048, "context of each call, tokens", low=512)
    max_tokens: int = setting(120, "longest answer, tokens", low=8)
    temperature: float = setting(0.0, "0 answers the same each time, 1 varies", low=0, high=2)
    persona: str = setting(
        "You are a friendly voice on the telephone. Answer each question in one short English sentence. "
        "For example: The capital of Spain is Madrid. The grass is green.",
        "the system prompt",
    )
    greeting: str = setting("Hello, how can I help you today?", "said when the call is answered; empty: nothing")
    apology: str = setting("I am sorry, I cannot answer that right now.", "said when the language model fails")
    language: str = setting("en", "language of the answers, ISO 639-1")
    clause_first_chars: int = setting(12, "shortest first clause of an answer, characters", low=1)
    clause_max_chars: int = setting(200, "longer sentences are cut, characters", low=40)
    linger_s: float = setting(15.0, "a call whose whisper is gone is kept so long, s", low=1)
    failback_after_s: float = setting(
        2.0, "the first voice speaks again, from the next answer on, after it was ready for so long, s", low=0
    )
    status_port: int = port_number(8074, "TCP port for `steadyline status`")
    metrics_port: int = port_number(8064, "HTTP port for /metrics, /live and /ready; 0: off")


@dataclass
class TtsSection:
    """What all voices have in common."""

    engine: str = setting("piper", "voice that `steadyline up` starts", choices=("piper", "kokoro"), or_class=True)
    port: int = port_number(8090, "TCP port of connection 4")
    register_port: int = port_number(13001, "UDP port of connection 2")
    workers: int = setting(1, "clauses that are spoken at once", low=1, high=64)
    max_ahead_s: float = setting(60.0, "audio made ahead of what the caller has heard, s", low=5)
    linger_s: float = setting(15.0, "a call whose llama and outbound are gone is kept so long, s", low=1)
    status_port: int = port_number(8075, "TCP port for `steadyline status`")
    metrics_port: int = port_number(8065, "HTTP port for /metrics, /live and /ready; 0: off")

    @property
    def service(self) -> str:
        """Name of the voice's service: the engine's, or "tts" for a "module:Class"."""
        return "tts" if ":" in self.engine else self.engine


@dataclass
class StandbySection:
    """A second voice that takes over, in the middle of an answer too, when the first one is lost."""

    engine: str = setting("", "its voice; empty: there is none", choices=("", "piper", "kokoro"), or_class=True)
    port: int = port_number(8091, "TCP port of connection 4")
    register_port: int = port_number(13002, "UDP port of connection 2")
    status_port: int = port_number(8078, "TCP port for `steadyline status`")
    metrics_port: int = port_number(8068, "HTTP port for /metrics, /live and /ready; 0: off")


@dataclass
class PiperSection:
    """Piper."""

    model: str = setting(
        "piper-en_US-joe-medium", "a name of `steadyline models list`, or an .onnx file with its .onnx.json"
    )
    threads: int = setting(2, "CPU threads", low=1, high=256)


@dataclass
class KokoroSection:
    """Kokoro."""

    model: str = setting("kokoro-82m-int8", "a name of `steadyline models list`, or an .onnx file")
    voices: str = setting("kokoro-voices", "a name of `steadyline models list`, or an .npz file of voices")
    voice: str = setting("af_heart", "one of the voices")
    language: str = setting("en-us", "language of the phonemes")
    speed: float = setting(1.0, "1 is normal", low=0.5, high=2)
    threads: int = setting(2, "CPU threads", low=1, high=256)


@dataclass
class OutboundSection:
    """The answer's audio: resampling, playout."""

    audio_port_base: int = port_number(9002, "connection 5 listens on this plus the call id")
    queue_ms: int = setting(
        80, "audio kept queued in the gateway, ms: late ticks against stopping at once", low=40, high=500
    )
    phrases: str = setting(
        "", "folder with <language>/wait.wav, apology.wav, goodbye.wav; empty: those that are shipped"
    )
    wait_after_s: float = setting(
        2.5, "a caller who hears nothing for so long while an answer is owed is asked to wait, s; 0: never", low=0
    )
    wait_times: int = setting(2, "how often the caller is asked to wait before the apology", low=0, high=10)
    wait_again_s: float = setting(5.0, "silence before the second time, and before the apology, s", low=1)
    goodbye_after_s: float = setting(
        30.0, "an answer that is owed for so long is given up: goodbye, and the call ends, s; 0: never", low=0
    )
    status_port: int = port_number(8076, "TCP port for `steadyline status`")
    metrics_port: int = port_number(8066, "HTTP port for /metrics, /live and /ready; 0: off")


@dataclass
class EnginesSection:
    """What all engines have in common."""

    nice: int = setting(
        10, "how much the engines yield to the telephone's real-time work, Linux nice value", low=0, high=19
    )
    stopped_after_s: float = setting(1.25, "an engine's process that is stopped for so long is killed, s", low=0.5)
    reply_timeout_s: float = setting(60.0, "one that does not answer a request for so long is killed, s", low=1)


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
    max_unproven_per_sender: int = setting(64, "the same from one sender (address and port)", low=1)


@dataclass
class JournalSection:
    """The record of all calls."""

    path: str = setting("~/.local/state/steadyline/journal.sqlite", "SQLite file")
    store_text: bool = setting(True, "keep what was heard and said, not only the numbers")


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
    metrics_port: int = port_number(8067, "HTTP port for /metrics, /live and /ready; 0: off")


@dataclass
class Config:
    """The whole configuration."""

    network: NetworkSection = field(default_factory=NetworkSection)
    gateway: GatewaySection = field(default_factory=GatewaySection)
    pbx: PbxSection = field(default_factory=PbxSection)
    inbound: InboundSection = field(default_factory=InboundSection)
    whisper: WhisperSection = field(default_factory=WhisperSection)
    llama: LlamaSection = field(default_factory=LlamaSection)
    tts: TtsSection = field(default_factory=TtsSection)
    standby: StandbySection = field(default_factory=StandbySection)
    piper: PiperSection = field(default_factory=PiperSection)
    kokoro: KokoroSection = field(default_factory=KokoroSection)
    outbound: OutboundSection = field(default_factory=OutboundSection)
    engines: EnginesSection = field(default_factory=EnginesSection)
    connections: ConnectionsSection = field(default_factory=ConnectionsSection)
    retry: RetrySection = field(default_factory=RetrySection)
    register: RegisterSection = field(default_factory=RegisterSection)
    journal: JournalSection = field(default_factory=JournalSection)
    log: LogSection = field(default_factory=LogSection)
    models: ModelsSection = field(default_factory=ModelsSection)
    supervisor: SupervisorSection = field(default_factory=SupervisorSection)


def sections(config: Config) -> dict[str, Any]:
    """Section names to section objects, in the order of the file."""
    return {item.name: getattr(config, item.name) for item in fields(config)}
