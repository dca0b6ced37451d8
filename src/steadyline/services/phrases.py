"""The phrases that outbound says by itself, from disk: no engine needs to be alive for them."""

import logging
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from steadyline.audio.files import read_audio
from steadyline.audio.resampling import resample
from steadyline.config import Config
from steadyline.errors import ConfigError
from steadyline.services.patience import Phrase

PHRASES_HZ = 16_000
FALLBACK_LANGUAGE = "en"

Phrases = Mapping[Phrase, NDArray[np.float32]]
"""Each phrase: float32, mono, [-1, 1], 16 kHz; what is missing is not said."""


def load_phrases(config: Config, log: logging.Logger) -> Phrases:
    """The phrases in the language of the answers; in English, with a warning, where that is not shipped.

    Raises:
        ConfigError: `outbound.phrases` lacks a file.
        AudioFileError: one of its files is no audio.
    """
    language = config.llama.language
    if config.outbound.phrases:
        folder = Path(config.outbound.phrases).expanduser() / language
    else:
        shipped = Path(str(resources.files("steadyline"))) / "phrases"
        folder = shipped / language
        if not folder.is_dir():
            log.warning(
                "phrases: none are shipped for llama.language %r, callers are asked to wait in English", language
            )
            folder = shipped / FALLBACK_LANGUAGE
    return {phrase: _read(folder / f"{phrase.name.lower()}.wav") for phrase in Phrase}


def _read(path: Path) -> NDArray[np.float32]:
    if not path.is_file():
        raise ConfigError(
            f"outbound.phrases: {path} is not there; each language has "
            + ", ".join(f"{phrase.name.lower()}.wav" for phrase in Phrase)
        )
    samples, rate_hz = read_audio(path)
    return resample(samples, rate_hz, PHRASES_HZ)
