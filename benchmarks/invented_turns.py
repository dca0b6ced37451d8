"""An hour in which nobody speaks, through speech detection and Whisper: is a turn made of it?"""

from logging import getLogger
from typing import Any

import numpy as np

from benchmarks import mu_law
from benchmarks.figures import Figure, Measured
from benchmarks.measurement import Measurement, Request
from benchmarks.unspoken import KINDS, RATE_HZ
from steadyline.audio.endpointing import SpeechEnded, SpeechStarted
from steadyline.audio.pcm import Float32
from steadyline.audio.resampling import StreamResampler
from steadyline.audio.segmenter import SpeechAudio, SpeechSegmenter
from steadyline.audio.silence_gate import SilenceGate
from steadyline.config import Config
from steadyline.engines.stt_whisper import WhisperRecognizer
from steadyline.models.store import resolve
from steadyline.services.assembly import model_store
from steadyline.services.endpoint_settings import endpoint_settings
from steadyline.services.speech_detectors import speech_detectors

KIND_S = 1200.0
"""Of each of silence, noise and music: an hour together."""
CLOCK_HZ = 16_000
FRAME = RATE_HZ // 50
SEED = 44


def measure(request: Request) -> Measured:
    """Each run is an hour of other noises and melodies, in sample time."""
    config = Config()
    engine = WhisperRecognizer(
        resolve(config.whisper.model, model_store(config)), workers=1, window_floor_s=config.whisper.window_floor_s
    )
    detectors = speech_detectors(config, 1, getLogger("benchmarks"))
    rows: list[dict[str, Any]] = []
    for run in range(request.runs):
        for kind, sounds in KINDS.items():
            for number, (name, make) in enumerate(sounds.items()):
                seconds = KIND_S / len(sounds)
                sound = make(seconds, np.random.default_rng([SEED, run, number]))
                detector = detectors.take()
                segmenter = SpeechSegmenter(
                    SilenceGate(detector, config.inbound.silence_dbfs), endpoint_settings(config)
                )
                utterances = cut(sound, segmenter)
                detectors.give_back(detector)
                texts = [text for speech in utterances if (text := engine.transcribe(speech).text.strip())]
                rows.append({"run": run + 1, "kind": kind, "sound": name, "s": seconds, "utterances": len(utterances)})
                rows[-1]["turns"] = texts
                request.progress(f"run {run + 1}: {name}: {len(utterances)} taken for speech, {len(texts)} turns")
    return Measured({"rows": rows}, tuple(_figures(rows)))


def cut(sound: Float32, segmenter: SpeechSegmenter) -> list[Float32]:
    """What inbound takes for utterances in a line's sound: float32, 16 kHz, each."""
    heard = mu_law.decoded(mu_law.encoded(sound))
    resampler, fed = StreamResampler(RATE_HZ, CLOCK_HZ), 0
    utterances: list[Float32] = []
    pieces: list[Float32] = []
    for at in range(0, len(heard), FRAME):
        samples = resampler.process(heard[at : at + FRAME])
        for event in segmenter.push(samples, fed):
            if isinstance(event, SpeechStarted):
                pieces = []
            elif isinstance(event, SpeechAudio):
                pieces.append(event.samples)
            elif isinstance(event, SpeechEnded):
                utterances.append(np.concatenate(pieces))
        fed += len(samples)
    return utterances


def _figures(rows: list[dict[str, Any]]) -> list[Figure]:
    figures = []
    for kind in KINDS:
        of_kind = [row for row in rows if row["kind"] == kind]
        minutes = round(sum(row["s"] for row in of_kind) / 60)
        utterances = sum(row["utterances"] for row in of_kind)
        turns = sum(len(row["turns"]) for row in of_kind)
        figures.append(
            Figure(f"{kind}, {minutes} min: taken for speech", utterances, "utterances", "number", utterances)
        )
        figures.append(Figure(f"{kind}, {minutes} min: turns made of it", turns, "turns", "number", utterances, 0.0))
    return figures


MEASUREMENT = Measurement("invented-turns", "Nobody speaks", "an hour of silence, noise and hold music", 1, measure)
