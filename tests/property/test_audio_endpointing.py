"""Endpointing runs on sample time: a replay from the end of any utterance cuts the same segments."""

import itertools
from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from steadyline.audio.endpointing import EndpointSettings, SoftEnd, SpeechEnded, SpeechStarted
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


def segment(call: Float32, start: int, blocks: list[int], ends: Sequence[int] = ()) -> list[SegmentEvent]:
    segmenter = SpeechSegmenter(RecurrentDetector(), SETTINGS, start)
    for end in ends:
        segmenter.end_at(end)
    events: list[SegmentEvent] = []
    sizes = itertools.cycle(blocks)
    while start < len(call):
        size = next(sizes)
        events += segmenter.push(call[start : start + size], start)
        start += size
    return events


def ended(events: list[SegmentEvent]) -> list[tuple[int, int]]:
    return [(event.start, event.end) for event in events if isinstance(event, SpeechEnded)]


def cuts(events: list[SegmentEvent]) -> list[SegmentEvent]:
    return [event for event in events if not isinstance(event, SpeechAudio)]


block_sizes = st.lists(st.integers(1, 5000), min_size=1, max_size=5)


@settings(max_examples=60)
@given(calls(), block_sizes, block_sizes)
def test_a_replay_from_any_utterances_end_cuts_the_same(call: Float32, blocks: list[int], others: list[int]) -> None:
    events = cuts(segment(call, 0, blocks))
    for index, event in enumerate(events):
        if isinstance(event, SpeechEnded):
            assert cuts(segment(call, event.end, others)) == events[index + 1 :]


@settings(max_examples=60)
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


@given(call=calls(), pauses_ms=st.lists(st.integers(210, 1500), min_size=1, max_size=8), blocks=block_sizes)
@settings(max_examples=60)
def test_a_replay_that_is_told_the_ends_cuts_the_same_whatever_each_pause_was_given(
    call: Float32, pauses_ms: list[int], blocks: list[int]
) -> None:
    """How long a pause was given depends on when words and melody were known: that does not come again, the ends do."""
    segmenter, given_ms = SpeechSegmenter(RecurrentDetector(), SETTINGS), itertools.cycle(pauses_ms)
    events: list[SegmentEvent] = []
    for start in range(0, len(call), 320):
        told = segmenter.push(call[start : start + 320], start)
        events += told
        if any(isinstance(event, SoftEnd) for event in told):
            segmenter.end_after(next(given_ms))
    first = ended(events)
    for at in [0, *(end for _, end in first)]:
        again = ended(segment(call, at, blocks, [end for _, end in first if end > at]))
        expected = [utterance for utterance in first if utterance[0] >= at]
        assert again[: len(expected)] == expected
