"""The pause at the end of a phrase, as it is played."""

import numpy as np

from steadyline.audio.trail import goes_on_at_once


def test_the_pause_behind_a_phrase_is_cut_to_30_ms() -> None:
    speech, quiet = np.full(1000, 0.5, np.float32), np.full(200, 0.001, np.float32)
    assert len(goes_on_at_once(np.concatenate((speech, quiet)), 1000)) == 1030
    assert len(goes_on_at_once(speech, 1000)) == 1000


def test_silence_and_nothing_stay_as_they_are() -> None:
    assert len(goes_on_at_once(np.zeros(300, np.float32), 1000)) == 300
    assert len(goes_on_at_once(np.zeros(0, np.float32), 1000)) == 0
