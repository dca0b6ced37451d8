"""The engines at work: the voice speaks, the telephone line's narrow band is put between, Whisper hears the words.

The engines are put together as the services do it, each in a process of its own.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steadyline.audio.resampling import resample
from steadyline.config import Config
from steadyline.doctor.finding import Finding, from_error
from steadyline.doctor.isolation import run_isolated
from steadyline.engines.llm import Message
from steadyline.errors import EngineError, SteadylineError
from steadyline.services.assembly import assemble
from steadyline.services.process import service_runtime

LINE_HZ, ENGINE_HZ = 8_000, 16_000
TIMEOUT_S = 120.0
SENTENCE = "Hello, can you hear me on the telephone?"
"""Said when there is no greeting."""
ALIKE = 0.7
"""Share of letters in common that counts as understood: names come back in other spellings."""
PROMPT = "Say hello."
PROMPT_TOKENS = 16

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Spoken:
    """What the voice gave: float32 samples of shape (n,), their rate, and the times it took."""

    samples: Float32
    rate_hz: int
    load_s: float
    speak_s: float


@dataclass(frozen=True)
class Heard:
    """What Whisper understood, whether the speech detector heard speech at all, and the times it took."""

    text: str
    is_speech: bool
    load_s: float
    hear_s: float


@dataclass(frozen=True)
class Answered:
    """What the language model said, when its first piece came and when it was done."""

    text: str
    load_s: float
    first_s: float
    total_s: float


def check_round_trip(config: Config, running: Mapping[int, str]) -> list[Finding]:
    """The greeting (it is in the caller's language), spoken and understood again."""
    sentence = config.llama.greeting or SENTENCE
    voice = config.tts.engine
    try:
        spoken = run_isolated(speak, config, sentence, timeout_s=TIMEOUT_S)
        heard = run_isolated(hear, config, spoken, timeout_s=TIMEOUT_S)
    except SteadylineError as error:
        return [from_error("round trip", error)]
    length_s = len(spoken.samples) / spoken.rate_hz
    text = (
        f"{voice} (loaded in {spoken.load_s:.1f} s) said {length_s:.1f} s of speech in {spoken.speak_s * 1000:.0f} ms; "
        f"whisper (loaded in {heard.load_s:.1f} s) heard {heard.text!r} in {heard.hear_s * 1000:.0f} ms"
    )
    if not heard.is_speech:
        mend = "set inbound.start_probability and end_probability lower, or inbound.vad to energy"
        return [Finding("round trip", "error", f"{text}; the speech detector heard nobody speak", mend)]
    if likeness(sentence, heard.text) < ALIKE:
        mend = f"make whisper.language and whisper.model fit the voice of {voice}"
        return [Finding("round trip", "error", f"{text}, not {sentence!r}", mend)]
    return [Finding("round trip", "ok", text)]


def check_language_model(config: Config, running: Mapping[int, str]) -> list[Finding]:
    """One short answer, and when it came."""
    try:
        answered = run_isolated(answer, config, timeout_s=TIMEOUT_S)
    except SteadylineError as error:
        return [from_error("language model", error)]
    text = (
        f"loaded in {answered.load_s:.1f} s, asked to say hello it began after {answered.first_s * 1000:.0f} ms and "
        f"said {answered.text!r} in {answered.total_s * 1000:.0f} ms"
    )
    if not answered.text.strip():
        return [Finding("language model", "error", f"{text}: it says nothing", "set llama.model to another model")]
    return [Finding("language model", "ok", text)]


def speak(config: Config, text: str) -> Spoken:
    """Let the configured voice say something."""

    def work(engine: Any) -> tuple[Float32, int]:
        pieces = list(engine.synthesize(text))
        if not pieces:
            raise EngineError(f"{config.tts.engine} says nothing of {text!r}; set llama.greeting to words")
        return np.concatenate(pieces), int(engine.rate_hz)

    load_s, speak_s, (samples, rate_hz) = _at_work(config.tts.service, config, work)
    return Spoken(samples, rate_hz, load_s, speak_s)


def hear(config: Config, spoken: Spoken) -> Heard:
    """Let the speech detector and Whisper hear it as it comes out of a telephone line of 8 kHz."""
    line = resample(spoken.samples, spoken.rate_hz, LINE_HZ)
    samples = resample(line, LINE_HZ, ENGINE_HZ)
    load_s, hear_s, transcript = _at_work("whisper", config, lambda engine: engine.transcribe(samples))
    return Heard(str(transcript.text).strip(), _is_speech(samples, config), load_s, hear_s)


def answer(config: Config) -> Answered:
    """Let the language model answer a trivial prompt."""
    messages = [Message("system", config.llama.persona), Message("user", PROMPT)]
    first_at: list[float] = []
    pieces: list[str] = []

    def on_text(piece: str) -> bool:
        if piece and not first_at:
            first_at.append(time.perf_counter())
        pieces.append(piece)
        return False

    def work(engine: Any) -> float:
        started_at = time.perf_counter()
        engine.stream(messages, slot=0, max_tokens=PROMPT_TOKENS, temperature=0.0, stop=(), on_text=on_text)
        return (first_at[0] if first_at else time.perf_counter()) - started_at

    load_s, total_s, first_s = _at_work("llama", config, work)
    return Answered("".join(pieces).strip(), load_s, first_s, total_s)


def likeness(said: str, heard: str) -> float:
    """Share of letters in common, 0 to 1; spelling, case and where words are parted do not count."""
    left, right = ("".join(filter(str.isalnum, text.casefold())) for text in (said, heard))
    return SequenceMatcher(None, left, right, autojunk=False).ratio()


def _is_speech(samples: Float32, config: Config) -> bool:
    from steadyline.services.speech_detectors import speech_detectors

    detector = speech_detectors(config, 1, logging.getLogger(__name__)).take()
    size = detector.window_samples
    windows = (samples[at : at + size] for at in range(0, len(samples) - size + 1, size))
    return max(map(detector.probability, windows), default=0.0) >= config.inbound.start_probability


def _at_work(name: str, config: Config, work: Callable[[Any], Any]) -> tuple[float, float, Any]:
    """Load a service's engine and use it; returns seconds to load, seconds of work, and the result of `work(engine)`."""

    async def run() -> tuple[float, float, Any]:
        host = assemble(name, config, service_runtime(name, config, logging.getLogger(__name__))).host
        assert host is not None
        started_at = time.perf_counter()
        await host.start()
        loaded_at = time.perf_counter()
        result = await host.run(work)
        done_at = time.perf_counter()
        host.close()
        return loaded_at - started_at, done_at - loaded_at, result

    return asyncio.run(run())
