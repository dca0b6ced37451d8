"""Every clause equally loud: the active speech level of ITU-T P.56, and one gain for a whole clause.

The gain follows from the clause's own samples alone. So a clause that is sent again, to an outbound that resumes in the
middle of it, comes out as it did before: there is no step. Neither is there any pumping.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from steadyline.audio.levels import SILENCE_DBFS, peak_dbfs, rms_dbfs
from steadyline.audio.pcm import Float32

# ITU-T P.56, method B: an envelope smoothed twice with a time constant of 30 ms, a hangover of 200 ms, and speech is
# active where the envelope is less than 15.9 dB below the level. Taken over blocks of 5 ms in the place of samples.
_BLOCK_S = 0.005
_ENVELOPE_S = 0.030
_HANGOVER_S = 0.200
_MARGIN_DB = 15.9

_LEAST_SPEECH_DBFS = -60.0
"""What is not louder on the whole is no speech: it stays as it is."""
_MOST_GAIN_DB = 20.0
"""A voice that is softer than that is not made as loud as the others: its noise would come up with it."""
_PEAK_DBFS = -1.0
"""No gain brings a sample above this: G.711's mu-law ends at -0.2 dB."""


def active_level_dbfs(samples: Float32, rate_hz: int) -> float:
    """How loud somebody speaks: RMS in dB below full scale, without the pauses (ITU-T P.56, method B).

    Args:
        samples: float32 mono of shape (n,), [-1, 1].
        rate_hz: their rate.

    Returns:
        The level; `SILENCE_DBFS` of nothing, or of digital silence. A gain changes it by just so much.
    """
    block = round(_BLOCK_S * rate_hz)
    count = len(samples) // block
    energy = float(np.sum(np.square(samples, dtype=np.float64)))
    if count == 0 or energy == 0.0:
        return rms_dbfs(samples)
    held = np.sort(_held_envelope(samples, block, count))[::-1]
    # With the k-th loudest block as the threshold, k blocks are active; the lowest threshold within the margin counts.
    level = 10 * np.log10(energy / (block * np.arange(1, count + 1)))
    active = np.flatnonzero(level - 20 * np.log10(np.maximum(held, 1e-9)) <= _MARGIN_DB)
    return max(SILENCE_DBFS, float(level[active[-1] if len(active) else -1]))


def levelled(samples: Float32, rate_hz: int, target_dbfs: float) -> Float32:
    """A clause with its active speech at `target_dbfs`, by one gain.

    The gain is at most 20 dB and leaves every sample 1 dB below full scale; what is no speech has a gain of one.

    Args:
        samples: float32 mono of shape (n,): the whole clause; beyond [-1, 1] where resampling overshot.
        rate_hz: their rate.
        target_dbfs: below 0; 0: leave the clause as it is.
    """
    level_dbfs = active_level_dbfs(samples, rate_hz)
    if target_dbfs == 0.0 or level_dbfs <= _LEAST_SPEECH_DBFS:
        return samples
    gain_db = min(target_dbfs - level_dbfs, _MOST_GAIN_DB, _PEAK_DBFS - peak_dbfs(samples))
    return samples * np.float32(10 ** (gain_db / 20))


def _held_envelope(samples: Float32, block: int, count: int) -> NDArray[np.float64]:
    """The envelope of each block, held for the hangover."""
    mean = np.abs(samples[: block * count]).reshape(count, block).mean(axis=1, dtype=np.float64)
    time_s = np.arange(10 * _ENVELOPE_S, step=_BLOCK_S)
    # Two one-pole filters of one time constant, one behind the other, have this impulse response.
    response = time_s * np.exp(-time_s / _ENVELOPE_S)
    envelope = np.convolve(mean, response / response.sum())[:count]
    hangover = round(_HANGOVER_S / _BLOCK_S)
    padded = np.concatenate((np.zeros(hangover - 1), envelope))
    held: NDArray[np.float64] = sliding_window_view(padded, hangover).max(axis=1)
    return held
