"""What the speech engines have in common: the text that reaches them, and how ONNX Runtime is set up."""

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steadyline.errors import ModelError

LONGEST_PIECE_CHARS = 200
"""The engines' memory grows with the length of what they speak at once, and stays: 335 MB (Piper) and 510 MB (Kokoro)
with this, twice that with 400."""

Float32 = NDArray[np.float32]

_SPECIAL_TOKEN = re.compile(r"<\|[^|<>]*\|>")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")
_BREAKS = (re.compile(r"[,;:]\s+"), re.compile(r"\s+"))


def spoken_pieces(text: str) -> Iterator[str]:
    """What of `text` is to be spoken, sentence by sentence, none longer than `LONGEST_PIECE_CHARS`.

    Special tokens of language models, control characters and what cannot be encoded are left out. Nothing at all comes of
    a text without a letter or digit ("...", an emoji).
    """
    clean = _SPECIAL_TOKEN.sub(" ", text)
    clean = " ".join("".join(c if unicodedata.category(c)[0] != "C" else " " for c in clean).split())
    for sentence in _SENTENCE_END.split(clean):
        for piece in _cut(sentence):
            if any(character.isalnum() for character in piece):
                yield piece


def _cut(sentence: str) -> Iterator[str]:
    """Cut a long sentence at its last comma, else at its last space, else anywhere."""
    while len(sentence) > LONGEST_PIECE_CHARS:
        window = sentence[:LONGEST_PIECE_CHARS]
        ends = (max((match.end() for match in pattern.finditer(window)), default=0) for pattern in _BREAKS)
        end = next((end for end in ends if end), LONGEST_PIECE_CHARS)
        yield sentence[:end].rstrip()
        sentence = sentence[end:]
    if sentence:
        yield sentence


def clamped(samples: NDArray[Any]) -> Float32:
    """The samples as float32 of shape (n,), cut to [-1, 1]."""
    flat: Float32 = np.clip(samples.reshape(-1), -1.0, 1.0).astype(np.float32)
    return flat


def open_onnx(model_path: Path, threads: int) -> Any:
    """Load an ONNX model for the CPU, with threads that sleep while there is nothing to compute.

    Args:
        model_path: the .onnx file.
        threads: CPU threads of one run.

    Returns:
        An `onnxruntime.InferenceSession`; its `run` may be called from several threads at once.

    Raises:
        ModelError: ONNX Runtime is not installed, or does not load the file.
    """
    # Imported here: only who speaks pays for it.
    try:
        import onnxruntime
    except ImportError as error:
        raise ModelError(
            f"onnxruntime is not installed: {error}; run: pip install 'steadyline[piper,kokoro]'"
        ) from error
    if not model_path.is_file():
        raise ModelError(
            f"model {model_path}: there is no such file; fetch the model, or give the path of an .onnx file"
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # By default its threads spin, which takes the CPU from the engines of the other processes.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Patterns of memory are kept per length of text, and no two texts are of one length.
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(model_path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library's own classes, which it does not document
        raise ModelError(f"model {model_path} does not load: {error}; fetch or copy it again") from error
