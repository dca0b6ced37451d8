"""What callers say and do while the agent speaks: interruptions, backchannels, and noises that are neither."""

from pathlib import Path

import numpy as np

from benchmarks.utterances import LOUDEST, RATE_HZ, Utterance, levelled, render
from steadyline.audio.files import read_audio
from steadyline.audio.pcm import Float32, to_pcm16
from steadyline.audio.resampling import resample

VOICES = ("kokoro:am_michael", "piper:joe", "kokoro:af_bella", "kokoro:bm_george", "espeak:en-us")
INTERRUPTIONS = (
    "Stop, tell me about a cat.",
    "Wait, what about the weather?",
    "No, that is not what I asked.",
    "Hold on, I have another question.",
    "Excuse me, who is the king?",
    "Sorry, can you repeat that?",
    "Okay, but tell me about the moon.",
    "Please stop.",
    "Actually, I want to know about trains.",
    "What is your name?",
    "Yes, but how much does it cost?",
    "Never mind, tell me about birds.",
    "Can I speak to somebody?",
    "I did not understand that.",
    "One moment please.",
    "That is wrong.",
    "Where are you from?",
    "Right, and what happened then?",
    "I need help with my bill.",
    "Goodbye.",
)
BACKCHANNELS = ("Mhm.", "Yeah.", "Okay.", "Uh-huh.", "Right.", "I see.", "Oh, really?", "Yes.", "Sure.", "Wow.")
NOISES = ("cough", "double cough", "knock", "three knocks", "door", "breath", "keys", "tap", "hum", "click")


def spoken(texts: tuple[str, ...], folder: Path) -> list[Float32]:
    """Each text by one of the voices: float32 mono, 16 kHz.

    Raises:
        BenchmarkError, ModelError: as `render`.
    """
    utterances = [
        Utterance(f"said-{number}", VOICES[number % len(VOICES)], (text,)) for number, text in enumerate(texts)
    ]
    sounds = []
    for path in render(utterances, folder):
        samples, rate_hz = read_audio(path)
        sounds.append(resample(samples, rate_hz, RATE_HZ))
    return sounds


def noise(name: str) -> Float32:
    """A sound that is no speech, made of filtered noise with the length and the envelope of its kind: float32, 16 kHz."""
    random = np.random.default_rng(NOISES.index(name))
    bursts = {
        "cough": [(0.0, 0.25, 1800.0)],
        "double cough": [(0.0, 0.2, 1500.0), (0.35, 0.25, 1800.0)],
        "knock": [(0.0, 0.06, 400.0)],
        "three knocks": [(0.0, 0.06, 400.0), (0.22, 0.06, 400.0), (0.44, 0.06, 400.0)],
        "door": [(0.0, 0.5, 250.0)],
        "breath": [(0.0, 0.8, 2500.0)],
        "keys": [(place * 0.07, 0.03, 3500.0) for place in range(9)],
        "tap": [(0.0, 0.02, 1200.0)],
        "hum": [(0.0, 1.0, 120.0)],
        "click": [(0.0, 0.005, 3000.0)],
    }[name]
    sound = np.zeros(round((max(at + length for at, length, _ in bursts) + 0.1) * RATE_HZ))
    for at_s, length_s, centre_hz in bursts:
        burst = _band(random, round(length_s * RATE_HZ), centre_hz)
        start = round(at_s * RATE_HZ)
        sound[start : start + len(burst)] += burst
    return np.asarray(sound * LOUDEST / np.abs(sound).max() * 0.5, np.float32)


def at_line_rate(sound: Float32, rate_hz: int) -> np.ndarray:
    """At the loudness of speech on the telephone, int16, to be said on a line of this rate."""
    return to_pcm16(resample(levelled(sound), RATE_HZ, rate_hz))


def _band(random: np.random.Generator, samples: int, centre_hz: float) -> np.ndarray:
    """Noise of an octave about `centre_hz` that begins at once and dies away."""
    spectrum = np.fft.rfft(random.standard_normal(samples))
    frequencies = np.fft.rfftfreq(samples, 1 / RATE_HZ)
    spectrum[(frequencies < centre_hz / 1.5) | (frequencies > centre_hz * 1.5)] *= 0.1
    envelope = np.minimum(1.0, np.arange(samples) / (0.005 * RATE_HZ)) * np.exp(-3.0 * np.arange(samples) / samples)
    return np.asarray(np.fft.irfft(spectrum, samples) * envelope)
