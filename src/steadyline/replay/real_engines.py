"""The configured engines in a replay: they compute for real, and the virtual clock goes on by the time that they took."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steadyline.config import Config
from steadyline.drills.simulated_workers import engine_sleep
from steadyline.engines.llm import Message
from steadyline.engines.plugged_in import make_engine
from steadyline.models.store import resolve, resolve_file
from steadyline.services.assembly import model_store, voice_loader
from steadyline.services.engine_protocols import LanguageModel, Recognizer, Synthesizer, Transcript

Float32 = NDArray[np.float32]


class TimedRecognizer:
    """A recogniser whose work takes virtual time."""

    def __init__(self, engine: Recognizer) -> None:
        self._engine = engine

    def transcribe(self, samples: Float32) -> Transcript:
        """As the engine."""
        begun_at = time.perf_counter()
        heard = self._engine.transcribe(samples)
        engine_sleep(time.perf_counter() - begun_at)
        return heard


class TimedModel:
    """A language model whose words take virtual time."""

    def __init__(self, engine: LanguageModel) -> None:
        self._engine = engine
        self.context_tokens = engine.context_tokens

    def prefill(self, messages: Sequence[Message], slot: int) -> None:
        """As the engine."""
        begun_at = time.perf_counter()
        self._engine.prefill(messages, slot)
        engine_sleep(time.perf_counter() - begun_at)

    def release(self, slot: int) -> None:
        """As the engine."""
        self._engine.release(slot)

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """As the engine."""
        return self._engine.count_tokens(messages)

    def stream(self, messages: Sequence[Message], *, on_text: Callable[[str], bool], **options: Any) -> Any:
        """As the engine: each piece comes when it was computed."""
        since = time.perf_counter()

        def take(piece: str) -> bool:
            nonlocal since
            engine_sleep(time.perf_counter() - since)
            is_enough = on_text(piece)
            since = time.perf_counter()
            return is_enough

        return self._engine.stream(messages, on_text=take, **options)


class TimedVoice:
    """A voice whose rendering takes virtual time."""

    def __init__(self, engine: Synthesizer) -> None:
        self._engine = engine
        self.rate_hz = engine.rate_hz

    def synthesize(self, text: str) -> Iterator[Float32]:
        """As the engine."""
        begun_at = time.perf_counter()
        chunks = list(self._engine.synthesize(text))
        engine_sleep(time.perf_counter() - begun_at)
        yield from chunks


def real_recognizer(config: Config) -> TimedRecognizer:
    """The configured recogniser.

    Raises:
        ModelError: its model is not here.
    """
    whisper = config.whisper
    if whisper.engine != "whisper":
        return TimedRecognizer(make_engine(whisper.engine))
    from steadyline.engines.stt_whisper import WhisperRecognizer

    engine = WhisperRecognizer(
        resolve(whisper.model, model_store(config)),
        language=whisper.language or None,
        workers=1,
        compute_type=whisper.compute_type,
        window_floor_s=whisper.window_floor_s,
    )
    return TimedRecognizer(engine)


def real_model(config: Config) -> TimedModel:
    """The configured language model.

    Raises:
        ModelError: its model is not here.
    """
    llama = config.llama
    if llama.engine == "openai":
        from steadyline.engines.llm_openai import OpenAiCompatibleModel

        served = OpenAiCompatibleModel(
            llama.url, llama.url_model, api_key=llama.api_key, context_tokens=llama.context_tokens
        )
        return TimedModel(served)
    if llama.engine != "llamacpp":
        return TimedModel(make_engine(llama.engine))
    from steadyline.engines.llm_llamacpp import LlamaCppModel

    path = resolve_file(llama.model, model_store(config), ".gguf")
    context_tokens, slots = llama.context_tokens, config.gateway.max_calls
    return TimedModel(LlamaCppModel(path, slots=slots, context_tokens_per_slot=context_tokens, threads=llama.threads))


def real_voice(config: Config) -> TimedVoice:
    """The configured voice.

    Raises:
        ModelError: its model is not here.
    """
    return TimedVoice(voice_loader(config.tts.engine, config)())
