"""How loud, and where in a recording somebody speaks; for measuring, not for deciding during a call."""

from math import log10

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from steadyline.audio.pcm import Float32

SILENCE_DBFS = -120.0

# Levels are taken over 10 ms, every 2.5 ms: the precision of a span's ends.
_WINDOW_S = 0.010
_HOP_S = 0.0025
# The floor is the level that a tenth of the seconds around stays below. Idle codec noise lies near -72 dBFS (G.711),
# comfort noise between -70 and -55, speech on the telephone near -20 with its softest consonants near -45.
_FLOOR_PERCENTILE = 10
_FLOOR_REACH_S = 3.0
_LOWEST_FLOOR_DBFS = -75.0
# Speech is surely there that far above the floor and above a fixed level; it reaches as far out as the lower pair.
_SURE_DB, _SURE_DBFS = 12.0, -50.0
_AUDIBLE_DB, _AUDIBLE_DBFS = 6.0, -60.0
# A soft beginning or end is searched for no further away than this; a sure stretch shorter than the last is a click.
_SOFT_REACH_S = 0.2
_SHORTEST_S = 0.03


def rms_dbfs(samples: Float32) -> float:
    """Root mean square in dB below full scale (a square wave at ±1 has 0); `SILENCE_DBFS` at the least."""
    if len(samples) == 0:
        return SILENCE_DBFS
    return _dbfs(float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))))


def peak_dbfs(samples: Float32) -> float:
    """The loudest sample, in dB below full scale; `SILENCE_DBFS` at the least."""
    return _dbfs(float(np.max(np.abs(samples)))) if len(samples) else SILENCE_DBFS


def speech_spans(samples: Float32, rate_hz: int, join_gap_s: float = 0.3) -> list[tuple[float, float]]:
    """Stretches of speech in a recording, by energy over a floor that adapts to the noise around.

    Args:
        samples: float32 mono of shape (n,), [-1, 1].
        rate_hz: its sample rate.
        join_gap_s: stretches with a shorter gap between them are one.

    Returns:
        (start, end) of each in seconds from the first sample. A start is within 10 ms of the first sample that stands
        out of the noise.
    """
    level = _levels_dbfs(samples - np.float32(np.median(samples)) if len(samples) else samples, rate_hz)
    if len(level) == 0:
        return []
    floor = _floor_dbfs(level)
    sure = level > np.maximum(floor + _SURE_DB, _SURE_DBFS)
    audible = level > np.maximum(floor + _AUDIBLE_DB, _AUDIBLE_DBFS)
    spans: list[tuple[float, float]] = []
    for first, last in _runs(sure, round(_SHORTEST_S / _HOP_S)):
        start, end = _reach(audible, first, -1), _reach(audible, last, 1)
        # A window that is just loud enough begins before the sound in it does.
        span = (start * _HOP_S + _WINDOW_S / 2, min(len(samples) / rate_hz, end * _HOP_S + _WINDOW_S / 2))
        if spans and span[0] - spans[-1][1] < join_gap_s:
            span = (spans.pop()[0], span[1])
        spans.append(span)
    return spans


def _dbfs(amplitude: float) -> float:
    return max(SILENCE_DBFS, 20 * log10(amplitude)) if amplitude > 0 else SILENCE_DBFS


def _levels_dbfs(samples: Float32, rate_hz: int) -> npt.NDArray[np.float64]:
    window = round(_WINDOW_S * rate_hz)
    if len(samples) < window:
        return np.zeros(0)
    energy = np.concatenate(([0.0], np.cumsum(np.square(samples, dtype=np.float64))))
    count = int((len(samples) - window) / (_HOP_S * rate_hz)) + 1
    start = np.rint(np.arange(count) * _HOP_S * rate_hz).astype(np.int64)
    power = np.maximum(energy[start + window] - energy[start], 0) / window
    levels: npt.NDArray[np.float64] = 10 * np.log10(np.maximum(power, 10 ** (SILENCE_DBFS / 10)))
    return levels


def _floor_dbfs(level: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The noise floor at every window, from the seconds before and after it."""
    step = round(0.05 / _HOP_S)
    reach = round(_FLOOR_REACH_S / 0.05)
    coarse = level[: len(level) // step * step].reshape(-1, step).mean(axis=1) if len(level) >= step else level[:1]
    around = sliding_window_view(np.pad(coarse, reach, constant_values=np.nan), 2 * reach + 1)
    floor = np.nanpercentile(around, _FLOOR_PERCENTILE, axis=1)
    centres = (np.arange(len(floor)) + 0.5) * step
    everywhere = np.interp(np.arange(len(level)), centres, floor)
    bounded: npt.NDArray[np.float64] = np.maximum(everywhere, _LOWEST_FLOOR_DBFS)
    return bounded


def _runs(flags: npt.NDArray[np.bool_], shortest: int) -> list[tuple[int, int]]:
    """(first, last) of every run of at least `shortest` true flags."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return [(int(a), int(b) - 1) for a, b in edges.reshape(-1, 2) if b - a >= shortest]


def _reach(audible: npt.NDArray[np.bool_], at: int, step: int) -> int:
    limit = at + step * round(_SOFT_REACH_S / _HOP_S)
    while 0 <= at + step < len(audible) and at != limit and audible[at + step]:
        at += step
    return at
