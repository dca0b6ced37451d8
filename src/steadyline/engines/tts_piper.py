"""Text to speech: Piper (VITS) on ONNX Runtime. GPL-3, hence an optional extra in a process of its own."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from steadyline.engines.tts import Float32, clamped, open_onnx, spoken_pieces
from steadyline.errors import EngineError, ModelError


class PiperSynthesizer:
    """A loaded Piper voice; `synthesize` may be called from several threads at once.

    Attributes:
        rate_hz: rate of all audio, as the voice was trained (22050 for "medium" voices).
    """

    def __init__(self, model_path: Path, *, threads: int = 2) -> None:
        """Load the voice and speak once, so that the first clause finds it warm.

        Args:
            model_path: the .onnx file; its settings lie beside it as .onnx.json.
            threads: CPU threads of one clause.

        Raises:
            ModelError: piper-tts is not installed, a file is missing, or they do not load.
        """
        try:
            import piper
        except ImportError as error:
            raise ModelError(f"piper is not installed: {error}; run: pip install 'steadyline[piper]'") from error
        settings_path = model_path.with_name(model_path.name + ".json")
        try:
            settings = piper.PiperConfig.from_dict(json.loads(settings_path.read_text(encoding="utf-8")))
        except OSError as error:
            raise ModelError(
                f"model {settings_path}: {error.strerror}; a Piper voice is two files, fetch both"
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(
                f"model {settings_path} is not a Piper voice's settings: {error!r}; fetch it again"
            ) from error
        # Not PiperVoice.load: it gives ONNX Runtime no options.
        self._voice: Any = piper.PiperVoice(open_onnx(model_path, threads), settings)
        # Piper's default raises each sentence to full scale, so that their loudness jumps and resampling clips.
        self._options: Any = piper.SynthesisConfig(normalize_audio=False)
        self.rate_hz: int = settings.sample_rate
        for _ in self.synthesize("Hello."):
            pass

    def synthesize(self, text: str) -> Iterator[Float32]:
        """Speak a text of any length, a sentence at a time.

        Two renderings of a text differ a little: the voice draws its timing from a random distribution.

        Yields:
            float32, shape (n,), mono, `rate_hz`, range [-1, 1]; nothing when there is nothing to speak. The sentences'
            own pauses are part of the audio.

        Raises:
            EngineError: the voice failed on this text.
        """
        for piece in spoken_pieces(text):
            # Double brackets would be read as phonemes.
            piece = piece.replace("[[", "[").replace("]]", "]")
            try:
                for chunk in self._voice.synthesize(piece, self._options):
                    yield clamped(chunk.audio_float_array)
            except Exception as error:  # ONNX Runtime's own classes and espeak's, which are not documented
                raise EngineError(f"piper failed on {len(piece)} characters of text: {error}") from error
