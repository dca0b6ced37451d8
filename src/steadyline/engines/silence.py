"""Nothing is invented in silence: tell the words that Whisper makes up for noise from those that were said.

Neither of Whisper's two figures decides alone: the surer the model is that nobody speaks, the surer of its words it
must be. The limits were set on 246 noises (silence, white and low noise, hum, tones, DTMF, clicks, rumble, sweeps, …)
and 58 short synthetic utterances at several levels, all after a µ-law round trip, in short windows of base and tiny.en.
On 108 other noises and 32 other utterances at three levels, tried once afterwards, base invented text for 1 of 108 and
dropped 1 of 96, tiny.en none. A cough still comes out as "Huh?": what sounds like a voice is left to the voice activity
detector.
"""

import re

import numpy as np
from numpy.typing import NDArray

_FRAME_SAMPLES = 320
_SILENT_RMS = 10 ** (-65 / 20)
_SURELY_NOBODY = 0.6

# Above the no-speech probability, text with a lower average log-probability is taken for made up.
_STEPS = ((_SURELY_NOBODY, -0.8), (0.35, -1.35), (0.2, -1.7))

# What Whisper, trained on subtitles, writes where nothing is said.
_SUBTITLE_PHRASES = frozenset(
    {
        *("you", "thank you", "thanks", "bye", "im sorry", "okay", "oh", "so", "the", "hmm"),
        *("thank you for watching", "thanks for watching", "please subscribe", "beep", "music", "applause"),
        *("subtitles by the amaraorg community", "see you next time"),
    }
)


def is_silent(samples: NDArray[np.float32]) -> bool:
    """Return whether even the loudest 20 ms are below -65 dBFS, where G.711 has no speech left.

    Args:
        samples: float32, shape (n,), mono, 16 kHz, range [-1, 1].
    """
    frames = -(-samples.size // _FRAME_SAMPLES)
    padded = np.zeros(frames * _FRAME_SAMPLES, dtype=np.float32)
    padded[: samples.size] = samples
    powers = np.square(padded).reshape(frames, _FRAME_SAMPLES).mean(axis=1)
    return bool(powers.max(initial=0.0) < _SILENT_RMS**2)


def is_invented(text: str, no_speech_probability: float, avg_logprob: float, *, looped: bool) -> bool:
    """Return whether the text is more likely made up than heard.

    Args:
        text: as decoded.
        no_speech_probability: of the same window, 0 to 1.
        avg_logprob: of the text's tokens, at most 0.
        looped: the text repeats itself or hit the cap on tokens; a loop is sure of itself, so that its
            `avg_logprob` says nothing.
    """
    words = re.sub(r"[^\w\s]", "", text).casefold().strip()
    if not words:
        return True
    if no_speech_probability > _SURELY_NOBODY and (looped or words in _SUBTITLE_PHRASES):
        return True
    return any(no_speech_probability > limit and avg_logprob < least for limit, least in _STEPS)
