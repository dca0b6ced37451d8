"""Endpointing runs on sample time: a replay from the end of any utterance cuts the same segments."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from steadyline.audio.endpointing import EndpointSettings, SpeechEnded, SpeechStarted
from steadyline.audio.pcm import Float32
from steadyline.audio.segmenter import SegmentEvent, SpeechAudio, SpeechSegmenter

SETTINGS = EndpointSettings(max_utterance_s=5.0, cut_search_s=1.5)


class RecurrentDetector:
    """Speech is what is loud; as in a recurrent network, what came before matters."""

    window_samples = 512

    def __init__(self) -> None:
        self._memory = 0.0

    def probability(self, window: Float32) -> float:
        self._memory = 0.4 * self._memory + 0.6 * min(1.0, float(np.abs(window).mean()) * 8)
        return self._memory

    def reset(self) -> None:
        self._memory = 0.0


@st.composite
def calls(draw: st.DrawFn) -> Float32:
    """Up to some 20 s of stretches of noise, loud and faint, some of them very short."""
    stretches = draw(
        st.lists(st.tuples(st.integers(100, 30_000), st.sampled_from([0.0, 0.01, 0.08, 0.3, 0.9])), max_size=20)
    )
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    parts = [rng.uniform(-level, level, length).astype(np.float32) for length, level in stretches]
    return np.concatenate([*parts, np.zeros(20_000, np.float32)])


def segment(call: Float32, start: int, blocks: list[int]) -> list[SegmentEvent]:
    segmenter = SpeechSegmenter(RecurrentDetector(), SETTINGS, start)
    events: list[SegmentEvent] = []
    sizes = itertools.cycle(blocks)
    while start < len(call):
        size = next(sizes)
        events += segmenter.push(call[start : start + size], start)
        start += size
    return events


def cuts(events: list[SegmentEvent]) -> list[SegmentEvent]:
    return [event for event in events if not isinstance(event, SpeechAudio)]


block_sizes = st.lists(st.integers(1, 5000), min_size=1, max_size=5)


@settings(max_examples=60, deadline=None)
@given(calls(), block_sizes, block_sizes)
def test_a_replay_from_any_utterances_end_cuts_the_same(call: Float32, blocks: list[int], others: list[int]) -> None:
    events = cuts(segment(call, 0, blocks))
    for index, event in enumerate(events):
        if isinstance(event, SpeechEnded):
            assert cuts(segment(call, event.end, others)) == events[index + 1 :]


@settings(max_examples=60, deadline=None)
@given(calls(), block_sizes)
def test_utterances_hold_each_of_their_samples_once_and_never_overlap(call: Float32, blocks: list[int]) -> None:
    at, started = 0, False
    for event in segment(call, 0, blocks):
        if isinstance(event, SpeechStarted):
            assert not started and event.start >= at
            at, started = event.start, True
        elif isinstance(event, SpeechAudio):
            assert started and event.start == at
            np.testing.assert_array_equal(event.samples, call[at : at + len(event.samples)])
            at += len(event.samples)
        elif isinstance(event, SpeechEnded):
            assert started and event.end == at and event.start < event.speech_end <= event.end
            assert event.end - event.start <= SETTINGS.max_utterance_s * 16_000
            started = False
