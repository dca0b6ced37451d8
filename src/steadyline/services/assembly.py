"""Which service is made of what: roles to bodies with their real engines, lines and journals."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, cast

from steadyline.calls.journal import Journal
from steadyline.config import Config
from steadyline.config_speech import StandbySection, TtsSection
from steadyline.engines.plugged_in import MAKE_ENGINE, make_engine
from steadyline.errors import ConfigError
from steadyline.link.runtime import Runtime, ThreadWorkers
from steadyline.models.store import default_store, resolve, resolve_file
from steadyline.services.engine_host import SPECULATIVE_PLACES, EngineHost
from steadyline.services.journal_access import JournalAccess
from steadyline.services.line import Line, LineCall
from steadyline.services.service import Service
from steadyline.vigil import Patience

SERVICES = ("gateway", "inbound", "outbound", "whisper", "llama", "kokoro", "piper", "tts", "standby")
JOURNAL_WORKERS = 1


@dataclass(frozen=True)
class Assembled:
    """A service, its status port, and the engine that is to be loaded while it runs."""

    service: Service
    status_port: int
    host: EngineHost[Any] | None = None
    metrics_port: int = 0


def assemble(name: str, config: Config, runtime: Runtime) -> Assembled:
    """The service of that name.

    Raises:
        ModelError: a model is missing or changed; the text names the command that mends it.
        ConfigError: the "tts" service, without a class as `tts.engine`; the "standby" service, without an engine.
    """
    makers: dict[str, Callable[[Config, Runtime], Assembled]] = {
        "gateway": _gateway,
        "inbound": _inbound,
        "outbound": _outbound,
        "whisper": _whisper,
        "llama": _llama,
        "standby": _standby,
    }
    if name in makers:
        return makers[name](config, runtime)
    if name == "tts" and config.tts.service != "tts":
        raise ConfigError(
            f"tts.engine is {config.tts.engine!r}, the tts service wants module:Class; set it, "
            f"or run: steadyline {config.tts.engine}"
        )
    return _voice(name, config.tts.engine if name == "tts" else name, config, runtime, config.tts)


def model_store(config: Config) -> Path:
    """The folder of models that the configuration names."""
    return Path(config.models.store).expanduser() if config.models.store else default_store()


def _patience(config: Config) -> Patience:
    """How long an engine's process may be silent; its loading is not bounded."""
    return Patience(config.engines.stopped_after_s, config.engines.reply_timeout_s, start_s=inf)


def _journal(config: Config, runtime: Runtime) -> JournalAccess:
    path = Path(config.journal.path).expanduser()
    workers = ThreadWorkers(JOURNAL_WORKERS, "journal")
    return JournalAccess(lambda: Journal(path, store_text=config.journal.store_text), workers, runtime)


def _gateway(config: Config, runtime: Runtime) -> Assembled:
    from steadyline.services.gateway import GatewayService
    from steadyline.services.real_time import RealTimeScheduling
    from steadyline.services.sip_line import sip_settings
    from steadyline.sip import SipUserAgent

    def open_line(on_incoming: Callable[[LineCall], None]) -> Awaitable[Line]:
        return cast(Awaitable[Line], SipUserAgent.start(sip_settings(config), on_incoming))

    scheduling = RealTimeScheduling(runtime.log)
    go_first = scheduling.follow if config.gateway.real_time else lambda is_wanted: None
    service = GatewayService(runtime, config, open_line, _journal(config, runtime), go_first)
    return Assembled(service, config.gateway.status_port, metrics_port=config.gateway.metrics_port)


def _inbound(config: Config, runtime: Runtime) -> Assembled:
    from steadyline.services.inbound import inbound_service
    from steadyline.services.speech_detectors import speech_detectors

    detectors = speech_detectors(config, config.gateway.max_calls, runtime.log)
    service = inbound_service(runtime, config, detectors)
    return Assembled(service, config.inbound.status_port, metrics_port=config.inbound.metrics_port)


def _outbound(config: Config, runtime: Runtime) -> Assembled:
    from steadyline.services.outbound import outbound_service
    from steadyline.services.phrases import load_phrases

    service = outbound_service(runtime, config, load_phrases(config, runtime.log))
    return Assembled(service, config.outbound.status_port, metrics_port=config.outbound.metrics_port)


def _whisper(config: Config, runtime: Runtime) -> Assembled:
    from steadyline.engines.remote import RemoteRecognizer
    from steadyline.services.engine_protocols import Recognizer
    from steadyline.services.idle_cores import IdleCores
    from steadyline.services.whisper import WhisperService

    whisper = config.whisper
    model = resolve(whisper.model, model_store(config)) if whisper.engine == "whisper" else None
    threads = whisper.workers + SPECULATIVE_PLACES
    child = (threads, config.engines.nice, _patience(config))

    def load() -> Recognizer:
        if model is None:
            return RemoteRecognizer(MAKE_ENGINE, {"path": whisper.engine}, *child)
        arguments = {
            "model_dir": model,
            "language": whisper.language or None,
            "workers": threads,
            "compute_type": whisper.compute_type,
            "window_floor_s": whisper.window_floor_s,
        }
        return RemoteRecognizer("steadyline.engines.stt_whisper:WhisperRecognizer", arguments, *child)

    host = EngineHost("whisper", load, ThreadWorkers(threads, "whisper"), runtime, places=whisper.workers)
    service = WhisperService(runtime, config, host, IdleCores(runtime.clock.now))
    return Assembled(service, whisper.status_port, host, whisper.metrics_port)


def _llama(config: Config, runtime: Runtime) -> Assembled:
    from steadyline.engines.remote import RemoteLanguageModel
    from steadyline.services.engine_protocols import LanguageModel
    from steadyline.services.llama import LlamaService

    llama, slots = config.llama, config.gateway.max_calls
    model = resolve_file(llama.model, model_store(config), ".gguf") if llama.engine == "llamacpp" else None
    threads = slots + SPECULATIVE_PLACES
    child = (threads, config.engines.nice, _patience(config))

    def load() -> LanguageModel:
        if llama.engine not in ("llamacpp", "openai"):
            return RemoteLanguageModel(MAKE_ENGINE, {"path": llama.engine}, *child)
        if model is None:
            from steadyline.engines.llm_openai import OpenAiCompatibleModel

            return OpenAiCompatibleModel(
                llama.url, llama.url_model, api_key=llama.api_key, context_tokens=llama.context_tokens
            )
        arguments = {
            "model_path": model,
            "slots": slots,
            "context_tokens_per_slot": llama.context_tokens,
            "threads": llama.threads,
        }
        return RemoteLanguageModel("steadyline.engines.llm_llamacpp:LlamaCppModel", arguments, *child)

    workers = ThreadWorkers(threads, "llama")
    host = EngineHost("llama", load, workers, runtime, places=slots, lead_s=llama.lead_s)
    service = LlamaService(runtime, config, host, _journal(config, runtime), slots)
    return Assembled(service, llama.status_port, host, llama.metrics_port)


def _standby(config: Config, runtime: Runtime) -> Assembled:
    engine = config.standby.engine
    if not engine:
        raise ConfigError('standby.engine is "", so there is no standby; set it to piper, kokoro or module:Class')
    return _voice("standby", engine, config, runtime, config.standby)


def _voice(name: str, engine: str, config: Config, runtime: Runtime, place: TtsSection | StandbySection) -> Assembled:
    from steadyline.services.tts import TtsService

    load = voice_loader(engine, config)
    # A clause that is being rendered is nearer to the caller's ear than what the model writes after it.
    workers = ThreadWorkers(config.tts.workers + SPECULATIVE_PLACES, name, config.engines.nice // 2)
    host = EngineHost(name, load, workers, runtime, places=config.tts.workers)
    return Assembled(TtsService(runtime, config, host, place), place.status_port, host, place.metrics_port)


def voice_loader(engine: str, config: Config) -> Callable[[], Any]:
    """What makes a voice: "piper", "kokoro" or "module:Class".

    Raises:
        ModelError: its model is not here.
    """
    loaders = {"piper": _piper, "kokoro": _kokoro}
    return loaders[engine](config) if engine in loaders else lambda: make_engine(engine)


def _piper(config: Config) -> Callable[[], Any]:
    model = resolve_file(config.piper.model, model_store(config), ".onnx")

    def load() -> Any:
        from steadyline.engines.tts_piper import PiperSynthesizer

        return PiperSynthesizer(model, threads=config.piper.threads)

    return load


def _kokoro(config: Config) -> Callable[[], Any]:
    kokoro, store = config.kokoro, model_store(config)
    model, voices = resolve_file(kokoro.model, store, ".onnx"), resolve_file(kokoro.voices, store, ".npz")

    def load() -> Any:
        from steadyline.engines.tts_kokoro import KokoroSynthesizer

        return KokoroSynthesizer(
            model, voices, voice=kokoro.voice, language=kokoro.language, speed=kokoro.speed, threads=kokoro.threads
        )

    return load
