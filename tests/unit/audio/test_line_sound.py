"""The whole way of sound between an engine and the telephone, swept with tones."""

import numpy as np
import pytest

from steadyline.audio.pcm import Float32, from_pcm16, to_pcm16
from steadyline.audio.resampling import StreamResampler

LINE_HZ = 8_000
WHISPER_HZ = 16_000
REFERENCE_HZ = 1_000.0


def streamed(samples: Float32, from_hz: int, to_hz: int, chunk_s: float) -> Float32:
    """As a service resamples: chunk by chunk, 16 bits at the line's end."""
    resampler, size = StreamResampler(from_hz, to_hz), round(chunk_s * from_hz)
    chunks = [resampler.process(samples[at : at + size]) for at in range(0, len(samples), size)]
    return from_pcm16(to_pcm16(np.concatenate([*chunks, resampler.flush()])))


def two_tones(hz: float, rate_hz: int) -> Float32:
    """A reference that the line carries, and a tone as strong."""
    time = np.arange(rate_hz) / rate_hz
    return (0.4 * np.sin(2 * np.pi * REFERENCE_HZ * time) + 0.4 * np.sin(2 * np.pi * hz * time)).astype(np.float32)


def strongest_beside_the_reference_db(samples: Float32, rate_hz: int, above_hz: float = 0.0) -> float:
    """The strongest spectral line that is not the reference, against it."""
    middle = samples[rate_hz // 8 : -rate_hz // 8]
    spectrum = np.abs(np.fft.rfft(middle * np.blackman(len(middle))))
    hz = np.fft.rfftfreq(len(middle), 1 / rate_hz)
    others = spectrum[(np.abs(hz - REFERENCE_HZ) > 30) & (hz >= above_hz)]
    return float(20 * np.log10(others.max() / spectrum.max()))


@pytest.mark.parametrize("voice_hz", [16_000, 22_050, 24_000])
def test_what_an_engine_has_above_4_khz_is_not_heard_on_a_narrowband_line(voice_hz: int) -> None:
    worst = max(
        strongest_beside_the_reference_db(streamed(two_tones(hz, voice_hz), voice_hz, LINE_HZ, 0.2), LINE_HZ)
        for hz in np.linspace(4_010, voice_hz / 2 - 50, 40)
    )
    assert worst < -40


@pytest.mark.parametrize("line_hz", [48_000])
def test_what_a_wideband_caller_has_above_8_khz_does_not_reach_whisper_as_something_else(line_hz: int) -> None:
    worst = max(
        strongest_beside_the_reference_db(streamed(two_tones(hz, line_hz), line_hz, WHISPER_HZ, 0.02), WHISPER_HZ)
        for hz in np.linspace(8_010, 23_900, 40)
    )
    assert worst < -40


@pytest.mark.parametrize("voice_hz", [22_050, 24_000])
def test_a_narrowband_line_has_no_images_on_either_side_of_the_way_back(voice_hz: int) -> None:
    """An engine's sound to the line and, as an echo, back to whisper: nothing above 4 kHz is made up."""
    worst = -200.0
    for hz in np.linspace(200, 3_600, 30):
        if abs(hz - REFERENCE_HZ) > 50:
            line = streamed(two_tones(hz, voice_hz), voice_hz, LINE_HZ, 0.2)
            back = streamed(line, LINE_HZ, WHISPER_HZ, 0.02)
            worst = max(worst, strongest_beside_the_reference_db(back, WHISPER_HZ, above_hz=4_100))
    assert worst < -40
