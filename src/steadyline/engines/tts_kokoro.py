"""Text to speech: Kokoro-82M on ONNX Runtime. Its phonemizer is GPL-3, hence an optional extra in a process of its own."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from steadyline.engines.tts import Float32, clamped, open_onnx, spoken_pieces
from steadyline.errors import ConfigError, EngineError, ModelError

_SENTENCE_PAUSE_S = 0.25
_CLAUSE_PAUSE_S = 0.1
_VOICE_SHAPE = (510, 1, 256)


class KokoroSynthesizer:
    """A loaded Kokoro voice; `synthesize` may be called from several threads at once.

    Attributes:
        rate_hz: rate of all audio, 24000.
    """

    rate_hz = 24_000

    def __init__(
        self,
        model_path: Path,
        voices_path: Path,
        *,
        voice: str = "af_heart",
        language: str = "en-us",
        speed: float = 1.0,
        threads: int = 2,
    ) -> None:
        """Load model and voice and speak once, so that the first clause finds them warm.

        Args:
            model_path: the .onnx file.
            voices_path: .npz file of voices, each float32 of shape (510, 1, 256).
            voice: name of one of them; its first letter is its language ("a" American, "b" British English, ...).
            language: espeak's name of the language that the text is in.
            speed: 0.5 to 2; 1 is normal.
            threads: CPU threads of one clause.

        Raises:
            ModelError: kokoro-onnx is not installed, a file is missing, or they do not load.
            ConfigError: there is no such voice or language, or the speed is out of range.
        """
        try:
            import kokoro_onnx
        except ImportError as error:
            raise ModelError(f"kokoro is not installed: {error}; run: pip install 'steadyline[kokoro]'") from error
        # One warning for each number or abbreviation otherwise.
        logging.getLogger("phonemizer").setLevel(logging.ERROR)
        if not 0.5 <= speed <= 2.0:
            raise ConfigError(f"kokoro.speed: found {speed:g}, expected 0.5 to 2")
        self._style = _load_voice(voices_path, voice)
        self._language = language
        self._speed = speed
        self._kokoro: Any = kokoro_onnx.Kokoro.from_session(open_onnx(model_path, threads), str(voices_path))
        self._check_language()
        for _ in self.synthesize("Hello."):
            pass

    def _check_language(self) -> None:
        try:
            self._kokoro.tokenizer.phonemize("one", self._language)
        except RuntimeError as error:
            raise ConfigError(
                f"kokoro.language: found {self._language!r}, expected one that espeak knows, such as 'en-us', 'en-gb' or "
                "'fr-fr'"
            ) from error

    def synthesize(self, text: str) -> Iterator[Float32]:
        """Speak a text of any length, a sentence at a time.

        Yields:
            float32, shape (n,), mono, `rate_hz`, range [-1, 1]; nothing when there is nothing to speak. The model's own
            silence around a sentence (0.3 s in front) is cut off, a pause that fits its end is added.

        Raises:
            EngineError: the voice failed on this text.
        """
        for piece in spoken_pieces(text):
            try:
                samples, _ = self._kokoro.create(piece, self._style, speed=self._speed, lang=self._language)
            except ValueError as error:
                if "phonemes" in str(error):  # nothing in it can be pronounced, such as "§"
                    continue
                raise EngineError(f"kokoro failed on {len(piece)} characters of text: {error}") from error
            except Exception as error:  # ONNX Runtime's own classes and espeak's, which are not documented
                raise EngineError(f"kokoro failed on {len(piece)} characters of text: {error}") from error
            pause_s = _SENTENCE_PAUSE_S if piece[-1] in ".!?…" else _CLAUSE_PAUSE_S
            yield np.concatenate([clamped(samples), np.zeros(round(pause_s * self.rate_hz), np.float32)])


def _load_voice(voices_path: Path, voice: str) -> Float32:
    try:
        with np.load(voices_path) as voices:
            names = sorted(voices.files)
            style: Float32 | None = voices[voice] if voice in names else None
    except (OSError, ValueError, AttributeError) as error:
        raise ModelError(
            f"voices {voices_path}: not an .npz file of voices: {error}; run: steadyline models fetch kokoro-voices"
        ) from error
    if style is None:
        raise ConfigError(f"kokoro.voice: found {voice!r}, expected one of {', '.join(names)}")
    if style.shape != _VOICE_SHAPE or style.dtype != np.float32:
        raise ModelError(
            f"voices {voices_path}: {voice} is {style.dtype} {style.shape}, expected float32 {_VOICE_SHAPE}"
        )
    return style
