"""An hour in which nobody speaks: what is played is sound, and what is found in it is counted."""

import numpy as np
import pytest
from benchmarks.invented_turns import FRAME, cut
from benchmarks.unspoken import KINDS, RATE_HZ

from steadyline.audio.endpointing import EndpointSettings
from steadyline.audio.segmenter import SpeechSegmenter
from steadyline.engines.vad_energy import EnergyVad

SOUNDS = [(name, make) for sounds in KINDS.values() for name, make in sounds.items()]


@pytest.mark.parametrize(("name", "make"), SOUNDS)
def test_each_sound_has_its_length_and_does_not_clip(name: str, make) -> None:  # type: ignore[no-untyped-def]
    sound = make(12.0, np.random.default_rng(1))
    assert sound.dtype == np.float32 and sound.shape == (12 * RATE_HZ,)
    assert np.isfinite(sound).all() and np.abs(sound).max() <= 1.0
    assert bool(np.abs(sound).max() > 0.001) == (name != "nothing at all")


def test_another_run_has_other_sounds() -> None:
    for name, make in SOUNDS[1:]:
        one, again, other = (make(10.0, np.random.default_rng(seed)) for seed in (1, 1, 2))
        assert np.array_equal(one, again) and not np.array_equal(one, other), name


def test_what_is_taken_for_speech_is_handed_on_whole() -> None:
    """A loud second between silences is speech to a detector that goes by level."""
    sound = np.zeros(4 * RATE_HZ, np.float32)
    sound[RATE_HZ : 2 * RATE_HZ] = 0.3 * np.sin(np.arange(RATE_HZ))
    utterances = cut(sound, SpeechSegmenter(EnergyVad(), EndpointSettings()))
    assert len(utterances) == 1 and 1.0 <= len(utterances[0]) / 16_000 <= 2.3
    assert len(sound) % FRAME == 0
