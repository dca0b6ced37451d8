"""Recordings of callers, and where their speech really ends: a folder of them, or a list that voices speak."""

import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steadyline.audio.files import read_audio, write_wav
from steadyline.audio.pcm import Float32, to_pcm16
from steadyline.errors import SteadylineError


class RecordingError(SteadylineError):
    """A recording, or the text beside it, cannot be used; the text says why and what is wanted."""

    exit_code = 2


@dataclass(frozen=True)
class Recording:
    """One thing that a caller says.

    Attributes:
        name: in the results.
        text: what is said.
        samples: float32, mono, [-1, 1], at `rate_hz`.
        rate_hz: 8,000 to 48,000.
        end_s: where the speech really ends, seconds from the first sample.
        has_pause: there is a pause inside, which is not to be taken for the end.
    """

    name: str
    text: str
    samples: Float32
    rate_hz: int
    end_s: float
    has_pause: bool


def read_recordings(folder: Path) -> list[Recording]:
    """All <name>.wav of a folder, by name, each with a <name>.toml: text, end_s, has_pause.

    Raises:
        RecordingError: there are none, or one lacks its text.
        AudioFileError: one is no audio.
    """
    files = sorted(folder.glob("*.wav")) if folder.is_dir() else []
    if not files:
        raise RecordingError(f"{folder}: no .wav file is there, expected recordings, each with a .toml beside it")
    return [_read(file) for file in files]


def write_recording(recording: Recording, folder: Path) -> None:
    """Leave a recording as `read_recordings` reads it."""
    write_wav(folder / f"{recording.name}.wav", to_pcm16(recording.samples), recording.rate_hz)
    text = recording.text.replace("\\", "\\\\").replace('"', '\\"')
    has_pause = str(recording.has_pause).lower()
    # Rounded down: not beyond the last sample.
    end_s = math.floor(recording.end_s * 1000) / 1000
    beside = f'text = "{text}"\nend_s = {end_s:.3f}\nhas_pause = {has_pause}\n'
    (folder / f"{recording.name}.toml").write_text(beside, encoding="utf-8")


def _read(file: Path) -> Recording:
    beside = file.with_suffix(".toml")
    try:
        facts = tomllib.loads(beside.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecordingError(
            f"{beside}: {error}; expected a TOML file with text, end_s (where the speech ends, seconds) and has_pause"
        ) from error
    samples, rate_hz = read_audio(file)
    text, end_s, has_pause = (facts.get(key) for key in ("text", "end_s", "has_pause"))
    _check(isinstance(text, str), beside, "text", text, "the words")
    end_at_s = float(end_s) if isinstance(end_s, int | float) and not isinstance(end_s, bool) else 0.0
    length_s = len(samples) / rate_hz
    _check(0 < end_at_s <= length_s, beside, "end_s", end_s, f"seconds, above 0 and up to {length_s:.3f}")
    _check(isinstance(has_pause, bool), beside, "has_pause", has_pause, "true or false")
    return Recording(file.stem, str(text), samples, rate_hz, end_at_s, bool(has_pause))


def _check(is_right: bool, file: Path, key: str, found: Any, expected: str) -> None:
    if not is_right:
        raise RecordingError(f"{file}: {key} is {found!r}, expected {expected}")
