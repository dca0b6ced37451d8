"""Puts the bench together: real engines, the configured policy and plain silence, on the same recordings."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from logging import getLogger

from steadyline.bench.endpointing.recording import Recording
from steadyline.bench.endpointing.replay import Outcome, Replay, TimedRecognizer
from steadyline.config import Config
from steadyline.engines.stt_whisper import WhisperRecognizer
from steadyline.models.store import resolve
from steadyline.services.assembly import model_store
from steadyline.services.speech_detectors import speech_detectors
from steadyline.services.turn_ending import load_turn_words


@dataclass(frozen=True)
class Measured:
    """Outcomes by policy, and how long every transcription took, ms."""

    by_policy: dict[str, list[Outcome]]
    transcription_ms: list[float]


def measure(
    recordings: Sequence[Recording],
    config: Config,
    progress: Callable[[str], None],
    transcription_ms: float | None = None,
) -> Measured:
    """Replay each recording once for each policy, on the same transcripts.

    Args:
        recordings: of callers.
        config: the policy, and Whisper.
        progress: told a line for each recording.
        transcription_ms: what every transcription is taken to last; None: its CPU time.

    Raises:
        ModelError: Whisper's model or Silero's is missing or changed.
        ConfigError: the table of words is not as it must be.
    """
    plain = deepcopy(config)
    plain.inbound.turn_end = "silence"
    configs = {
        f"{config.inbound.turn_end} (configured)": config,
        f"silence of {plain.inbound.end_silence_ms} ms": plain,
    }
    whisper = config.whisper
    engine = WhisperRecognizer(
        resolve(whisper.model, model_store(config)),
        language=whisper.language or None,
        workers=1,
        compute_type=whisper.compute_type,
        window_floor_s=whisper.window_floor_s,
    )
    recognizer = TimedRecognizer(lambda speech: engine.transcribe(speech).text, transcription_ms)
    detectors, words = speech_detectors(config, 1, getLogger("steadyline.bench")), load_turn_words(config)
    by_policy: dict[str, list[Outcome]] = {name: [] for name in configs}
    for number, recording in enumerate(recordings, 1):
        for name, of_policy in configs.items():
            detector = detectors.take()
            by_policy[name].append(Replay(of_policy, words, detector, recognizer).play(recording))
            detectors.give_back(detector)
        progress(f"{number} of {len(recordings)}: {recording.name}")
    return Measured(by_policy, recognizer.took_ms)
