"""A line on which nobody speaks: silence, noises, and music as it is played to those who wait. Float32, 8 kHz."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from steadyline.audio.pcm import Float32

RATE_HZ = 8_000
Random = np.random.Generator

_SCALE = (0, 2, 4, 5, 7, 9, 11, 12)
_CHORDS = ((0, 4, 7), (5, 9, 12), (7, 11, 14), (9, 12, 16))


def digital_silence(seconds: float, random: Random) -> Float32:
    """Nothing at all."""
    return np.zeros(round(seconds * RATE_HZ), np.float32)


def quiet_line(seconds: float, random: Random) -> Float32:
    """White noise of -70 to -50 dBFS, another level every 10 s."""
    return _noise(seconds, random, lambda frequencies: np.ones_like(frequencies), (-70, -50))


def white_noise(seconds: float, random: Random) -> Float32:
    """-45 to -15 dBFS: a bad line."""
    return _noise(seconds, random, lambda frequencies: np.ones_like(frequencies), (-45, -15))


def pink_noise(seconds: float, random: Random) -> Float32:
    """Power by 1/f: wind, a car, ventilation."""
    return _noise(seconds, random, lambda frequencies: 1 / np.sqrt(np.maximum(frequencies, 50)), (-45, -15))


def hum_and_clicks(seconds: float, random: Random) -> Float32:
    """Mains hum with its overtones, and a click a second on average."""
    at = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    sound = np.zeros(len(at))
    for harmonic in (1, 2, 3, 5, 7):
        sound += 0.02 / harmonic * np.sin(2 * np.pi * 50 * harmonic * at)
    clicks = random.integers(0, len(at), round(seconds))
    sound[clicks] += random.uniform(-0.8, 0.8, len(clicks))
    return np.asarray(sound, np.float32)


def rain_and_steps(seconds: float, random: Random) -> Float32:
    """Bursts of noise of all lengths and pitches up to 0.3 s, as of a room in which somebody is busy."""
    sound = quiet_line(seconds, random)
    for start in random.integers(0, len(sound) - RATE_HZ, round(2 * seconds)):
        length = round(random.uniform(0.01, 0.3) * RATE_HZ)
        burst = random.standard_normal(length) * np.exp(-4 * np.arange(length) / length)
        smooth = np.ones(int(random.integers(1, 12)))
        sound[start : start + length] += np.asarray(
            np.convolve(burst, smooth / len(smooth), "same") * random.uniform(0.02, 0.3), np.float32
        )
    return sound


def piano(seconds: float, random: Random) -> Float32:
    """A melody over chords: notes that begin at once and die away."""
    return _music(seconds, random, attack_s=0.005, decay_s=0.6, vibrato_hz=0.0, with_drums=False)


def strings(seconds: float, random: Random) -> Float32:
    """The same, swelling, held and with vibrato."""
    return _music(seconds, random, attack_s=0.15, decay_s=4.0, vibrato_hz=5.5, with_drums=False)


def band(seconds: float, random: Random) -> Float32:
    """With drums."""
    return _music(seconds, random, attack_s=0.01, decay_s=0.4, vibrato_hz=0.0, with_drums=True)


KINDS: Mapping[str, Mapping[str, Callable[[float, Random], Float32]]] = MappingProxyType(
    {
        "silence": {"nothing at all": digital_silence, "a quiet line": quiet_line},
        "noise": {
            "white noise": white_noise,
            "pink noise": pink_noise,
            "hum and clicks": hum_and_clicks,
            "somebody busy": rain_and_steps,
        },
        "hold music": {"piano": piano, "strings": strings, "band": band},
    }
)


def _noise(
    seconds: float, random: Random, amplitude: Callable[[np.ndarray], np.ndarray], dbfs: tuple[int, int]
) -> Float32:
    """Noise with that spectrum, its level drawn anew every 10 s."""
    pieces = []
    for at in range(0, round(seconds), 10):
        samples = round(min(10, seconds - at) * RATE_HZ)
        spectrum = np.fft.rfft(random.standard_normal(samples))
        piece = np.fft.irfft(spectrum * amplitude(np.fft.rfftfreq(samples, 1 / RATE_HZ)), samples)
        pieces.append(piece / piece.std() * 10 ** (random.uniform(*dbfs) / 20))
    return np.asarray(np.concatenate(pieces).clip(-1, 1), np.float32)


def _music(
    seconds: float, random: Random, *, attack_s: float, decay_s: float, vibrato_hz: float, with_drums: bool
) -> Float32:
    """Bars of four beats: a chord, and a melody of its scale; key and tempo change every 16 bars."""
    sound = np.zeros(round((seconds + 8) * RATE_HZ))
    at_s, bar, beat_s, key = 0.0, 0, 0.5, 48
    while at_s < seconds:
        if bar % 16 == 0:
            beat_s, key = random.uniform(0.4, 0.75), int(random.integers(45, 57))
        for step in _CHORDS[int(random.integers(len(_CHORDS)))]:
            _add(sound, at_s, _note(key + step, 3.5 * beat_s, attack_s, decay_s, vibrato_hz) * 0.5)
        for beat in range(4):
            if random.random() < 0.8:
                step = _SCALE[int(random.integers(len(_SCALE)))]
                _add(sound, at_s + beat * beat_s, _note(key + 12 + step, 1.2 * beat_s, attack_s, decay_s, vibrato_hz))
            if with_drums:
                hit = random.standard_normal(RATE_HZ // 10) * np.exp(-np.arange(RATE_HZ // 10) / RATE_HZ * 40)
                _add(sound, at_s + beat * beat_s, hit * 0.5)
        at_s, bar = at_s + 4 * beat_s, bar + 1
    sound = sound[: round(seconds * RATE_HZ)]
    return np.asarray(sound / np.abs(sound).max() * 0.5, np.float32)


def _note(semitone: int, length_s: float, attack_s: float, decay_s: float, vibrato_hz: float) -> np.ndarray:
    """A tone with overtones; `semitone` counts as in MIDI."""
    at = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    phase = 2 * np.pi * 440 * 2 ** ((semitone - 69) / 12) * at
    phase += 3 * np.sin(2 * np.pi * vibrato_hz * at) * bool(vibrato_hz)
    tone = sum(np.sin(overtone * phase) / overtone**1.5 for overtone in (1, 2, 3, 4, 5))
    release = np.minimum(1, (length_s - at) / 0.03)
    return np.asarray(tone * np.minimum(1, at / attack_s) * np.exp(-at / decay_s) * release)


def _add(sound: np.ndarray, at_s: float, what: np.ndarray) -> None:
    start = round(at_s * RATE_HZ)
    sound[start : start + len(what)] += what
