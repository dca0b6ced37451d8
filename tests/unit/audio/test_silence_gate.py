"""The gate asks its detector while there is sound, and hands out silence without it."""

import numpy as np

from steadyline.audio.silence_gate import LISTEN_ON_WINDOWS, SilenceGate

WINDOW = 512
SILENCE = np.zeros(WINDOW, np.float32)
SOUND = np.full(WINDOW, 0.05, np.float32)


class CountingDetector:
    window_samples = WINDOW

    def __init__(self) -> None:
        self.asked = self.resets = 0

    def probability(self, window: np.ndarray) -> float:
        self.asked += 1
        return 0.9 if window.any() else 0.1

    def reset(self) -> None:
        self.resets += 1


def test_lasting_silence_costs_nothing_and_is_no_speech() -> None:
    detector = CountingDetector()
    gate = SilenceGate(detector, -60.0)
    assert [gate.probability(SILENCE) for _ in range(1000)] == [0.0] * 1000
    assert detector.asked == 0


def test_sound_after_silence_is_heard_at_once_by_a_detector_that_starts_anew() -> None:
    detector = CountingDetector()
    gate = SilenceGate(detector, -60.0)
    gate.probability(SILENCE)
    assert gate.probability(SOUND) == 0.9
    assert detector.resets == 1


def test_a_pause_within_speech_is_the_detectors_to_judge() -> None:
    detector = CountingDetector()
    gate = SilenceGate(detector, -60.0)
    gate.probability(SOUND)
    assert [gate.probability(SILENCE) for _ in range(LISTEN_ON_WINDOWS)] == [0.1] * LISTEN_ON_WINDOWS
    assert gate.probability(SILENCE) == 0.0
    assert gate.probability(SOUND) == 0.9
    assert detector.resets == 2


def test_quiet_speech_passes() -> None:
    detector = CountingDetector()
    quiet = (10 ** (-55 / 20) * np.sqrt(2) * np.sin(np.arange(WINDOW) / 5)).astype(np.float32)
    assert SilenceGate(detector, -60.0).probability(quiet) == 0.9
