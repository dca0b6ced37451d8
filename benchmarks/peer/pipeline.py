"""A voice agent as Pipecat's own scaffold builds it, on local models."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADParams
from pipecat.clocks.system_clock import SystemClock
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.services.kokoro.tts import KokoroTTSService
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.services.piper.tts import PiperTTSService
from pipecat.services.whisper.stt import WhisperSTTService
from pipecat.transcriptions.language import Language
from pipecat.transports.base_transport import TransportParams
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies

from benchmarks.peer.configurations import Configuration
from benchmarks.peer.line import SAID_RATE_HZ, Line
from benchmarks.peer.milestones import Milestones
from benchmarks.peer.short_window_stt import ShortWindowSTTService
from benchmarks.peer.transport import LineInput, LineOutput

HEARD_RATE_HZ = 24_000
"""Pipecat's default."""


@dataclass(frozen=True)
class Models:
    """Which models, and what they are told; what Steadyline is configured with.

    Attributes:
        whisper: directory of the CTranslate2 model.
        compute_type: of CTranslate2.
        voice: "piper" or "kokoro".
        piper: the .onnx file, its settings beside it.
        kokoro, kokoro_voices: the .onnx file and the .npz of voices.
        kokoro_voice: one of them.
        llm_url, llm_key: base URL of the OpenAI-compatible server, and its key.
        persona: the system prompt.
        max_tokens: longest answer.
        temperature: of the language model.
    """

    whisper: str
    compute_type: str
    voice: str
    piper: str
    kokoro: str
    kokoro_voices: str
    kokoro_voice: str
    llm_url: str
    llm_key: str
    persona: str
    max_tokens: int
    temperature: float


def build(
    configuration: Configuration, models: Models, line: Line, clock: SystemClock
) -> tuple[PipelineWorker, Milestones]:
    """Load the models and put the pipeline together; it runs on `clock`, which is the line's as well."""
    params = TransportParams(audio_in_enabled=True, audio_out_enabled=True)
    user, assistant = LLMContextAggregatorPair(LLMContext(), user_params=_turn_taking(configuration))
    pipeline = Pipeline(
        [
            LineInput(line, params),
            _speech_to_text(configuration, models),
            user,
            _language_model(models),
            _text_to_speech(models),
            LineOutput(line, params),
            assistant,
        ]
    )
    milestones = Milestones(line)
    # Pipecat's own name for what it leaves out; None is its default, which is on.
    added = {"enable_rtvi": False, "enable_turn_tracking": False} if configuration.lean else {}
    worker = PipelineWorker(
        pipeline,
        params=PipelineParams(
            audio_in_sample_rate=SAID_RATE_HZ,
            audio_out_sample_rate=HEARD_RATE_HZ,
            enable_metrics=True,
            enable_usage_metrics=True,
        ),
        observers=[milestones],
        clock=clock,
        **added,
    )
    return worker, milestones


def _turn_taking(configuration: Configuration) -> LLMUserAggregatorParams:
    vad = SileroVADAnalyzer(params=VADParams(stop_secs=configuration.vad_stop_s))
    if configuration.smart_turn:
        return LLMUserAggregatorParams(vad_analyzer=vad)
    silence = SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=configuration.speech_timeout_s)
    return LLMUserAggregatorParams(vad_analyzer=vad, user_turn_strategies=UserTurnStrategies(stop=[silence]))


def _speech_to_text(configuration: Configuration, models: Models) -> Any:
    if configuration.short_window:
        return ShortWindowSTTService(Path(models.whisper), models.compute_type)
    settings = WhisperSTTService.Settings(model=models.whisper, language=Language.EN)
    return WhisperSTTService(device="cpu", compute_type=models.compute_type, settings=settings)


def _language_model(models: Models) -> Any:
    settings = OpenAILLMService.Settings(
        model="default",
        system_instruction=models.persona,
        temperature=models.temperature,
        max_tokens=models.max_tokens,
    )
    return OpenAILLMService(base_url=models.llm_url, api_key=models.llm_key, settings=settings)


def _text_to_speech(models: Models) -> Any:
    if models.voice == "kokoro":
        return KokoroTTSService(
            model_path=models.kokoro,
            voices_path=models.kokoro_voices,
            settings=KokoroTTSService.Settings(voice=models.kokoro_voice, language=Language.EN),
        )
    file = Path(models.piper)
    return PiperTTSService(download_dir=file.parent, settings=PiperTTSService.Settings(voice=file.stem))
