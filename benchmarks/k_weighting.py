"""Loudness by ITU-R BS.1770-4: K-weighted and gated; another measure than the one by which outbound levels its clauses."""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from steadyline.audio.pcm import Float32

# Annex 1, tables 1 and 2, at 48 kHz: the shelf of the head, then the high-pass. Their gain is taken by frequency.
_STAGES = (
    ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585)),
    ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)),
)
_FILTER_HZ = 48_000
_BLOCK_S, _HOP_S = 0.4, 0.1
_OFFSET_DB = -0.691
_ABSOLUTE_GATE_DB, _RELATIVE_GATE_DB = -70.0, -10.0


def loudness_lufs(samples: Float32, rate_hz: int) -> float:
    """Integrated loudness of float32 mono samples in [-1, 1]; -inf for silence. A clause below 0.4 s is filled with silence."""
    block, hop = round(_BLOCK_S * rate_hz), round(_HOP_S * rate_hz)
    padded = np.concatenate((samples, np.zeros(max(0, block - len(samples)), np.float32)))
    windows = sliding_window_view(padded, block)[::hop] * np.hanning(block)
    spectra = np.abs(np.fft.rfft(windows)) ** 2 * _gain(np.fft.rfftfreq(block, 1 / rate_hz))
    powers = 2 * spectra.sum(axis=1) / block / np.square(np.hanning(block)).sum()
    loud = powers[_decibels(powers) > _ABSOLUTE_GATE_DB]
    if not len(loud):
        return -np.inf
    return float(_decibels(loud[_decibels(loud) > _decibels(loud.mean()) + _RELATIVE_GATE_DB].mean()))


def _gain(hz: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Power gain of both stages at each frequency."""
    z = np.exp(-2j * np.pi * hz / _FILTER_HZ)
    gain = np.ones(len(hz))
    for above, below in _STAGES:
        gain *= np.abs(np.polyval(above[::-1], z) / np.polyval(below[::-1], z)) ** 2
    return gain


def _decibels(power: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    levels: NDArray[np.float64] = _OFFSET_DB + 10 * np.log10(np.maximum(power, 1e-15))
    return levels
