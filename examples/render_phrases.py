"""Renders the phrases that outbound says when no engine can, in a language of yours, by the Piper voice of your choice:

    python examples/render_phrases.py VOICE.onnx phrases/de "Einen Moment, bitte." "Es tut mir leid, ..." "... Auf Wiederhören." \
        "Sind Sie noch da?" "Ich höre nichts mehr von Ihnen und lege jetzt auf. Auf Wiederhören."

The first three are said to callers who wait for an answer, the last two to callers who say nothing themselves.
Then set `outbound.phrases` to the folder `phrases`, and `llama.language` to "de".
"""

import sys
from pathlib import Path

import numpy as np

from steadyline.audio.files import write_wav
from steadyline.audio.pcm import to_pcm16
from steadyline.audio.resampling import resample
from steadyline.engines.tts_piper import PiperSynthesizer

RATE_HZ = 16_000
PEAK = 0.5
"""Every phrase is as loud as this, full scale being 1."""


NAMES = ("wait", "apology", "goodbye", "still_there", "farewell")


def main(voice: str, folder: str, *texts: str) -> None:
    """Write a WAV file for each of `NAMES`, 16 kHz, mono."""
    speaker = PiperSynthesizer(Path(voice))
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, text in zip(NAMES, texts, strict=True):
        samples = resample(np.concatenate(list(speaker.synthesize(text))), speaker.rate_hz, RATE_HZ)
        write_wav(Path(folder) / f"{name}.wav", to_pcm16(samples * np.float32(PEAK / np.abs(samples).max())), RATE_HZ)


if __name__ == "__main__":
    if len(sys.argv) != 3 + len(NAMES):
        sys.exit(__doc__)
    main(*sys.argv[1:])
