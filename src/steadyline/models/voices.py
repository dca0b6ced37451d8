"""Kokoro's voices: from the raw arrays that kokoro-js publishes to the one archive that kokoro-onnx loads."""

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

VOICE_SHAPE = (510, 1, 256)
"""One style vector of 256 values per length in tokens, up to 510."""


def write_voices(path: Path, voices: Iterable[tuple[str, bytes]]) -> None:
    """Write an npz archive with one float32 array of `VOICE_SHAPE` per voice, readable with `numpy.load`.

    The same voices give the same bytes on every machine (no compression, no time stamps), so the archive itself has
    a sha256 in the registry.

    Args:
        path: file to write.
        voices: name and raw array (float32, little-endian, C order) of each voice.

    Raises:
        ValueError: an array does not have the size of `VOICE_SHAPE`.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, raw in voices:
            array = np.frombuffer(raw, dtype="<f4").reshape(VOICE_SHAPE)
            encoded = io.BytesIO()
            np.lib.format.write_array(encoded, array, version=(1, 0), allow_pickle=False)
            member = zipfile.ZipInfo(f"{name}.npy")
            # ZipInfo records the system it was made on; unix is written whatever this one is.
            member.create_system = 3
            archive.writestr(member, encoded.getvalue())
