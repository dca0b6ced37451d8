"""While we speak, whatever stands out of the caller's line makes the agent pause, if it is no echo."""

import numpy as np
import pytest

from steadyline.audio.echo_guard import EchoGuard, EchoGuardSettings
from steadyline.audio.endpointing import EndpointSettings, FalseOnset, Onset
from steadyline.audio.pcm import Float32
from steadyline.audio.segmenter import SpeechSegmenter

SECOND = 16_000
BLOCK = 160
HISS_AT = 3 * SECOND


class DeafDetector:
    """Hears no speech in anything, as Silero in the first windows of "Sorry"."""

    window_samples = 512

    def probability(self, window: Float32) -> float:
        return 0.01

    def reset(self) -> None:
        """It remembers nothing."""


def syllables(seconds: float, seed: int = 3) -> Float32:
    """Noise that swells and fades four times a second."""
    at = np.arange(round(seconds * SECOND))
    sound = np.random.default_rng(seed).standard_normal(len(at)) * np.sin(np.pi * at * 4 / SECOND) ** 2
    return np.asarray(0.1 * sound, np.float32)


def onsets(played: Float32, heard: Float32) -> list[Onset | FalseOnset]:
    guard = EchoGuard(EchoGuardSettings())
    segmenter = SpeechSegmenter(DeafDetector(), EndpointSettings(), 0, guard)
    events = []
    for at in range(0, len(heard), BLOCK):
        if at < len(played):
            guard.played(played[at : at + BLOCK], at)
        events += segmenter.push(heard[at : at + BLOCK], at)
    return [event for event in events if isinstance(event, Onset | FalseOnset)]


def line(seconds: float, level_db: float = -75.0) -> Float32:
    noise = np.random.default_rng(1).standard_normal(round(seconds * SECOND))
    return np.asarray(noise * 10 ** (level_db / 20), np.float32)


def with_hiss(heard: Float32, level_db: float) -> Float32:
    """A hiss of 0.1 s begins at `HISS_AT`."""
    hiss = np.random.default_rng(2).standard_normal(SECOND // 10) * 10 ** (level_db / 20)
    louder = heard.copy()
    louder[HISS_AT : HISS_AT + len(hiss)] += hiss.astype(np.float32)
    return louder


@pytest.mark.parametrize("line_db", [-75.0, -60.0])
def test_a_hiss_of_the_caller_makes_the_agent_pause_within_two_windows(line_db: float) -> None:
    told = onsets(syllables(6.0), with_hiss(line(6.0, line_db), -30.0))
    assert [type(event) for event in told] == [Onset, FalseOnset]
    assert HISS_AT - 512 < told[0].start <= HISS_AT + 512


def test_when_we_say_nothing_it_does_not() -> None:
    assert onsets(line(0.0), with_hiss(line(6.0), -30.0)) == []
    assert onsets(syllables(2.0), with_hiss(line(6.0), -30.0)) == [], "a second after our last sound"


@pytest.mark.parametrize("echo_db", [-30.0, -20.0, -12.0])
def test_our_own_echo_does_not(echo_db: float) -> None:
    played = syllables(6.0)
    delayed = np.concatenate((np.zeros(SECOND // 5, np.float32), played))[: len(played)]
    assert onsets(played, line(6.0) + delayed * np.float32(10 ** (echo_db / 20))) == []


def test_on_a_loud_line_it_does_not() -> None:
    assert onsets(syllables(6.0), with_hiss(line(6.0, -40.0), -30.0)) == []
