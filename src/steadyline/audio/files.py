"""Audio files in and out."""

from pathlib import Path

import numpy as np
import soundfile

from steadyline.audio.pcm import Float32, Int16
from steadyline.errors import AudioFileError


def read_audio(path: str | Path) -> tuple[Float32, int]:
    """A WAV or FLAC file of any rate and number of channels (or whatever else libsndfile reads).

    Returns:
        The channels' mean as float32 of shape (n,), nominally in [-1, 1], and its rate in Hz.

    Raises:
        AudioFileError: it does not exist, is a folder, is no audio, holds no sound or none that is finite.
    """
    file = Path(path)
    if not file.exists():
        raise AudioFileError(f"{file}: no such file")
    if file.is_dir():
        raise AudioFileError(f"{file}: is a folder, expected a WAV or FLAC file")
    try:
        size = file.stat().st_size
        with file.open("rb") as stream:
            if size == 0:
                raise AudioFileError(f"{file}: the file is empty, expected a WAV or FLAC file")
            frames, rate_hz = soundfile.read(stream, dtype="float32", always_2d=True)
    except OSError as error:
        raise AudioFileError(f"{file}: cannot be read: {error.strerror or error}") from error
    except (soundfile.LibsndfileError, RuntimeError) as error:
        reason = str(getattr(error, "error_string", error)).rstrip(".")
        raise AudioFileError(f"{file}: is no audio that can be read ({reason}), expected WAV or FLAC") from error
    if len(frames) == 0:
        raise AudioFileError(f"{file}: holds no sound (0 samples)")
    if not np.isfinite(frames).all():
        raise AudioFileError(f"{file}: holds samples that are not numbers (NaN or infinite)")
    mono: Float32 = frames.mean(axis=1, dtype=np.float32)
    return mono, int(rate_hz)


def write_wav(path: str | Path, channels: Int16, rate_hz: int) -> None:
    """Write a 16-bit WAV file.

    Args:
        path: the file; it is replaced if it exists.
        channels: int16 of shape (n, channels), or (n,) for one channel.
        rate_hz: its sample rate.

    Raises:
        AudioFileError: the file cannot be written.
    """
    try:
        soundfile.write(path, channels, rate_hz, format="WAV", subtype="PCM_16")
    except (OSError, soundfile.LibsndfileError) as error:
        raise AudioFileError(f"{path}: cannot be written: {error}") from error
