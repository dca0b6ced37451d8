"""Whisper's front end: audio to log-mel spectrogram.

After section 2.2 of "Robust Speech Recognition via Large-Scale Weak Supervision" (Radford et al., 2022): 25 ms Hann
windows every 10 ms, Slaney mel bands from 0 to 8 kHz, logarithm, eight decades of range below the loudest point.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 16000
HOP_SAMPLES = 160
WINDOW_SAMPLES = 400

_LINEAR_HZ_PER_MEL = 200.0 / 3
_LOG_START_HZ = 1000.0
_LOG_START_MEL = _LOG_START_HZ / _LINEAR_HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27.0
_RANGE_DECADES = 8.0
_SMALLEST_POWER = 1e-10

Float32 = NDArray[np.float32]


def log_mel(samples: Float32, frames: int, bands: int = 80) -> Float32:
    """Compute the spectrogram that Whisper's encoder takes.

    Args:
        samples: float32, shape (n,), mono, 16 kHz, range [-1, 1]; what is missing up to `frames` is taken as zeros,
            because a Whisper padded with noise loops (measured).
        frames: length of the result, 10 ms each; at least n / 160.
        bands: mel bands of the model, 80 or 128.

    Returns:
        float32, shape (bands, frames), about [-1, 2].

    Raises:
        ValueError: the samples do not fit in the frames.
    """
    if samples.size > frames * HOP_SAMPLES:
        raise ValueError(f"samples: found {samples.size}, at most {frames * HOP_SAMPLES} fit in {frames} frames")
    padded = np.zeros(frames * HOP_SAMPLES, dtype=np.float32)
    padded[: samples.size] = samples
    # Windows are centred on their frame; the edges are mirrored as Whisper was trained.
    centred = np.pad(padded, WINDOW_SAMPLES // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(centred, WINDOW_SAMPLES)[: frames * HOP_SAMPLES : HOP_SAMPLES]
    # Frames that hold nothing but zeros need no transform; most of a short utterance's window is that.
    sounding = min(frames, (samples.size + WINDOW_SAMPLES) // HOP_SAMPLES + 1) if samples.size else 0
    spectrum = np.fft.rfft(windows[:sounding] * _hann_window(), axis=-1)
    power = np.full((bands, frames), _SMALLEST_POWER, dtype=np.float32)
    magnitudes = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    power[:, :sounding] = np.maximum(_mel_filters(bands) @ magnitudes.T, _SMALLEST_POWER)
    decades = np.log10(power)
    scaled: Float32 = (np.maximum(decades, decades.max() - _RANGE_DECADES) + 4.0) / 4.0
    return scaled


@cache
def _hann_window() -> Float32:
    # Periodic, not symmetric: the last point of the symmetric one is left off.
    return np.hanning(WINDOW_SAMPLES + 1)[:-1].astype(np.float32)


@cache
def _mel_filters(bands: int) -> Float32:
    """Triangular filters on the Slaney mel scale, of equal area; shape (bands, 201)."""
    highest_mel = _LOG_START_MEL + np.log(SAMPLE_RATE_HZ / 2 / _LOG_START_HZ) / _LOG_STEP
    edges_hz = _mel_to_hz(np.linspace(0.0, highest_mel, bands + 2))
    bins_hz = np.fft.rfftfreq(WINDOW_SAMPLES, 1.0 / SAMPLE_RATE_HZ)
    below, centre, above = edges_hz[:-2, None], edges_hz[1:-1, None], edges_hz[2:, None]
    rising = (bins_hz - below) / (centre - below)
    falling = (above - bins_hz) / (above - centre)
    filters = np.maximum(0.0, np.minimum(rising, falling)) * 2.0 / (above - below)
    return filters.astype(np.float32)


def _mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear up to 1 kHz, logarithmic above (Slaney, Auditory Toolbox, 1998)."""
    logarithmic = _LOG_START_HZ * np.exp(_LOG_STEP * (np.maximum(mel, _LOG_START_MEL) - _LOG_START_MEL))
    return np.where(mel < _LOG_START_MEL, mel * _LINEAR_HZ_PER_MEL, logarithmic)
