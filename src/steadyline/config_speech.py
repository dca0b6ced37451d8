"""Settings of the chain from the caller's audio to the answer's: inbound, whisper, llama, the voices, outbound."""

from dataclasses import dataclass

from steadyline.setting import port_number, setting

CUT_SEARCH_S = 3.0
"""An utterance that is too long is cut at the quietest place of so much, s."""


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
    turn_end: str = setting(
        "words",
        "what says that a turn is over: the caller's words, or end_silence_ms of silence alone",
        choices=("words", "silence"),
    )
    turn_words: str = setting("", "folder with <language>.toml of telling words; empty: what is shipped")
    shortest_wait_ms: int = setting(300, "least silence after which words end a turn, ms", low=100, high=5000)
    longest_wait_ms: int = setting(2000, "longest silence that words can ask for, ms", low=100, high=10_000)
    end_silence_ms: int = setting(
        600, "silence that ends a turn when its words are not known, or say nothing, ms", low=100, high=5000
    )
    words_within_ms: int = setting(
        1000, "as long a pause lasts at most without words, while whisper works on them, ms", low=100, high=5000
    )
    prepare_after_ms: int = setting(
        64,
        "silence after which an answer is prepared, should the caller have finished, ms; 0: never",
        low=0,
        high=5000,
    )
    max_utterance_s: float = setting(28.0, "an utterance is cut after this, s (Whisper sees 30 s)", low=5, high=29)
    echo_guard: bool = setting(True, "echo of our own voice on the line is no speech")
    echo_reach_ms: int = setting(500, "longest delay of an echo, ms", low=100, high=1500)
    echo_loudest_db: float = setting(
        -10.0, "loudest echo, against what was played, until the line has shown what it has, dB", low=-60, high=0
    )
    echo_margin_db: float = setting(6.0, "a voice must be so much louder than the echo of ours, dB", low=0, high=40)
    replay_s: float = setting(60.0, "speech kept for a new whisper, s", low=1)
    status_port: int = port_number(8072, "TCP port for `steadyline status`")
    metrics_port: int = port_number(8062, "HTTP port for /metrics, /live and /ready; 0: off", low=0)


@dataclass
class BargeInSection:
    """The caller interrupts the agent."""

    enabled: bool = setting(True, "what the caller says during an answer ends it; false: it is answered afterwards")
    onset_probability: float = setting(
        0.25,
        "a window of 32 ms may be speech, and the agent pauses, from this probability on, or from 0.8 of it for twice as long",
        low=0.05,
        high=0.95,
    )
    onset_ms: int = setting(
        32, "so much of it makes the agent pause, ms, in windows of 32; at most inbound.min_speech_ms", low=32
    )
    onset_margin_db: float = setting(
        20.0,
        "while the agent speaks, whatever is louder than the caller's line by so much makes it pause, too, dB; 90: nothing does",
        low=6,
        high=90,
    )
    distrust_s: float = setting(
        10.0,
        "for so long loudness makes no pause after something loud that was no speech, longer each time until there is speech, s",
        low=0,
        high=3600,
    )
    release_ms: int = setting(
        96, "the agent goes on after so much that is no speech, when no utterance came of it, ms", low=32, high=1000
    )
    undecided_s: float = setting(
        1.5, "an agent who was interrupted goes on when nobody has made words of it for so long, s", low=0.5, high=10
    )
    ending_s: float = setting(
        0.7, 'with less than this of the answer left, "yeah" is a reply to it and no backchannel, s', low=0, high=5
    )
    backchannels: list[str] = setting(
        [], 'further utterances that do not interrupt, beside "mhm", "yeah" and their like, in small letters'
    )


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
    part_after_s: float = setting(
        12.0,
        "of so much speech the first part is transcribed while the caller goes on, if a core is idle, s; 30: never",
        low=6,
        high=30,
    )
    status_port: int = port_number(8073, "TCP port for `steadyline status`")
    metrics_port: int = port_number(8063, "HTTP port for /metrics, /live and /ready; 0: off", low=0)


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
    max_tokens: int = setting(120, "longest answer, tokens", low=8, high=100_000)
    temperature: float = setting(0.0, "0 answers the same each time, 1 varies", low=0, high=2)
    persona: str = setting(
        "You are a friendly voice on the telephone. Answer each question in one short English sentence. "
        "For example: The capital of Spain is Madrid. The grass is green.",
        "the system prompt",
    )
    greeting: str = setting("Hello, how can I help you today?", "said when the call is answered; empty: nothing")
    apology: str = setting("I am sorry, I cannot answer that right now.", "said when the language model fails")
    farewell: str = setting("Goodbye.", "said when the call is to end and the language model has no words for it")
    hang_up_marker: str = setting(
        "[hang up]", "an answer that ends with it ends the call, when it was heard; it is never said; empty: off"
    )
    ends_on_goodbye: bool = setting(
        True, "the answer to a caller who says goodbye, and nothing else, ends the call even without the marker"
    )
    language: str = setting("en", "language of the answers, ISO 639-1")
    clause_first_chars: int = setting(12, "shortest first clause of an answer, characters", low=1)
    clause_first_phrase: bool = setting(
        True, "the first clause may be a phrase, which is heard sooner; false: it ends at a mark"
    )
    clause_first_phrase_chars: int = setting(
        0,
        "shortest such phrase, characters; 0: as it fits the voice, 6 with kokoro and clause_first_chars with others",
        low=0,
        high=100,
    )
    rest_s: float = setting(
        3.0,
        "the model rests while the voice renders one of the first two clauses, so that it has the processor, at most s; 0: never",
        low=0,
        high=10,
    )
    lead_s: float = setting(
        1.0,
        "an answer whose caller has still something to hear gives way to other calls' first words until so long before the "
        "voice needs more of it, s",
        low=0.2,
        high=60,
    )
    clause_max_chars: int = setting(200, "longer sentences are cut, characters", low=40)
    linger_s: float = setting(15.0, "a call whose whisper is gone is kept so long, s", low=1)
    failback_after_s: float = setting(
        2.0, "the first voice speaks again, from the next answer on, after it was ready for so long, s", low=0
    )
    status_port: int = port_number(8074, "TCP port for `steadyline status`")
    metrics_port: int = port_number(8064, "HTTP port for /metrics, /live and /ready; 0: off", low=0)


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
    metrics_port: int = port_number(8065, "HTTP port for /metrics, /live and /ready; 0: off", low=0)

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
    metrics_port: int = port_number(8068, "HTTP port for /metrics, /live and /ready; 0: off", low=0)


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
    same_voice_ms: int = setting(
        700,
        "outbound was lost in the middle of a clause: a new one waits so long for the voice that began it, ms; then the "
        "clause is said again by another",
        low=0,
        high=10_000,
    )
    loudness_dbfs: float = setting(
        -22.0,
        "level of the speech in every clause (ITU-T P.56), dB below full scale; 0: as the voice made it",
        low=-40,
        high=0,
    )
    phrases: str = setting(
        "",
        "folder with <language>/wait.wav, apology.wav, goodbye.wav, still_there.wav, farewell.wav; empty: those that "
        "are shipped",
    )
    wait_after_s: float = setting(
        2.5, "a caller who hears nothing for so long while an answer is owed is asked to wait, s; 0: never", low=0
    )
    wait_times: int = setting(2, "how often the caller is asked to wait before the apology", low=0, high=10)
    wait_again_s: float = setting(5.0, "silence before the second time, and before the apology, s", low=1)
    goodbye_after_s: float = setting(
        30.0, "an answer that is owed for so long is given up: goodbye, and the call ends, s; 0: never", low=0
    )
    silence_prompt_after_s: float = setting(
        12.0, "a caller who says nothing for so long is asked whether they are there, s; 0: never", low=0, high=3600
    )
    silence_prompts: int = setting(
        2, "how often they are asked; after as long a silence again: goodbye, and the call ends", low=0, high=10
    )
    status_port: int = port_number(8076, "TCP port for `steadyline status`")
    metrics_port: int = port_number(8066, "HTTP port for /metrics, /live and /ready; 0: off", low=0)


@dataclass
class EnginesSection:
    """What all engines have in common."""

    nice: int = setting(
        10,
        "how much the engines yield to the telephone's real-time work, Linux nice value; the voices yield half as much",
        low=0,
        high=19,
    )
    stopped_after_s: float = setting(1.25, "an engine's process that is stopped for so long is killed, s", low=0.5)
    reply_timeout_s: float = setting(60.0, "one that does not answer a request for so long is killed, s", low=1)
