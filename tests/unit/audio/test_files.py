"""Audio files that callers of the command line name, good and bad."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from steadyline.audio.files import read_audio, write_wav
from steadyline.errors import AudioFileError


@pytest.mark.parametrize("suffix", ["wav", "flac"])
@pytest.mark.parametrize("rate_hz", [8000, 22050, 48000])
def test_any_rate_and_format_is_read_and_channels_are_mixed(tmp_path: Path, suffix: str, rate_hz: int) -> None:
    path = tmp_path / f"a question.{suffix}"
    stereo = np.stack([np.full(500, 0.5), np.full(500, -0.25)], axis=1)
    soundfile.write(path, stereo, rate_hz)
    samples, rate = read_audio(path)
    assert rate == rate_hz and samples.dtype == np.float32 and samples.shape == (500,)
    np.testing.assert_allclose(samples, 0.125, atol=1e-3)


def test_what_is_written_is_read_again_sample_for_sample(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    channels = np.arange(-600, 600, dtype=np.int16).reshape(-1, 2)
    write_wav(path, channels, 8000)
    again, rate = soundfile.read(path, dtype="int16")
    assert rate == 8000 and soundfile.info(path).subtype == "PCM_16"
    np.testing.assert_array_equal(again, channels)


def test_bad_files_are_named_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("this is no sound at all, " * 20)
    (tmp_path / "folder.wav").mkdir()
    soundfile.write(tmp_path / "short.wav", np.zeros(0, np.float32), 8000)
    soundfile.write(tmp_path / "nan.wav", np.array([0.1, np.nan], np.float32), 8000, subtype="FLOAT")
    (tmp_path / "cut.flac").write_bytes(b"fLaC\x00\x00")
    reasons = {
        "absent.wav": "no such file",
        "empty.wav": "empty",
        "text.wav": "is no audio",
        "folder.wav": "is a folder",
        "short.wav": "0 samples",
        "nan.wav": "NaN",
        "cut.flac": "is no audio",
    }
    for name, reason in reasons.items():
        with pytest.raises(AudioFileError, match=f"{name}.*{reason}"):
            read_audio(tmp_path / name)


def test_a_recording_that_cannot_be_written_is_an_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match=r"call\.wav"):
        write_wav(tmp_path / "absent" / "call.wav", np.zeros((10, 2), np.int16), 8000)
