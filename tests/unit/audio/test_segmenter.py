"""Utterances with their sound, out of blocks of any size."""

import numpy as np
import pytest

from steadyline.audio.endpointing import EndpointSettings, FalseOnset, Onset, SpeechEnded, SpeechStarted
from steadyline.audio.pcm import Float32
from steadyline.audio.segmenter import SegmentEvent, SpeechAudio, SpeechSegmenter

RATE_HZ = 16_000


class LoudnessDetector:
    """Takes what is loud for speech; like a recurrent network it is the surer the longer it has heard it."""

    window_samples = 512

    def __init__(self) -> None:
        self._memory = 0.0

    def probability(self, window: Float32) -> float:
        assert window.shape == (512,) and window.dtype == np.float32
        loud = min(1.0, float(np.abs(window).mean()) * 10)
        self._memory = 0.3 * self._memory + 0.7 * loud
        return self._memory

    def reset(self) -> None:
        self._memory = 0.0


def sound(*parts: tuple[float, float]) -> Float32:
    """Noise made of (seconds, amplitude) stretches."""
    rng = np.random.default_rng(7)
    return np.concatenate([rng.uniform(-a, a, round(s * RATE_HZ)).astype(np.float32) for s, a in parts])


def segment(samples: Float32, start: int = 0, block: int = 320) -> list[SegmentEvent]:
    segmenter = SpeechSegmenter(LoudnessDetector(), EndpointSettings(), start)
    events: list[SegmentEvent] = []
    for at in range(0, len(samples), block):
        events += segmenter.push(samples[at : at + block], start + at)
    return events


def spoken(events: list[SegmentEvent]) -> list[tuple[int, Float32]]:
    """(start, samples) of every utterance, with its audio checked to be in order and without a gap."""
    result: list[tuple[int, list[Float32]]] = []
    at = 0
    for event in events:
        if isinstance(event, SpeechStarted):
            result.append((event.start, []))
            at = event.start
        elif isinstance(event, SpeechAudio):
            assert event.start == at
            at += len(event.samples)
            result[-1][1].append(event.samples)
        elif isinstance(event, SpeechEnded):
            assert event.end == at
    return [(start, np.concatenate(parts)) for start, parts in result]


@pytest.mark.parametrize("block", [1, 160, 320, 512, 4000, 100_000])
def test_every_sample_of_an_utterance_comes_out_whatever_the_blocks(block: int) -> None:
    samples = sound((1, 0.001), (1.5, 0.5), (1, 0.001), (0.5, 0.5), (1, 0.001))
    found = spoken(segment(samples[:20_000] if block == 1 else samples, block=block))
    assert len(found) == (1 if block == 1 else 2)
    for start, audio in found:
        np.testing.assert_array_equal(audio, samples[start : start + len(audio)])


def test_the_sound_before_the_first_loud_sample_is_kept() -> None:
    ((start, _),) = spoken(segment(sound((1, 0.001), (1, 0.5), (1, 0.001))))
    assert RATE_HZ - 300 * 16 - 512 <= start <= RATE_HZ - 300 * 16 + 512


def test_very_long_speech_comes_out_once_although_it_is_cut() -> None:
    samples = sound((0.5, 0.001), (26, 0.5), (0.1, 0.02), (10, 0.5), (1.5, 0.001))
    found = spoken(segment(samples))
    assert len(found) == 2
    assert found[1][0] == found[0][0] + len(found[0][1])
    np.testing.assert_array_equal(
        np.concatenate([audio for _, audio in found]), samples[found[0][0] :][: sum(len(audio) for _, audio in found)]
    )


def test_a_short_loss_is_bridged_with_silence() -> None:
    samples = sound((0.5, 0.001), (2, 0.5), (1.5, 0.001))
    segmenter = SpeechSegmenter(LoudnessDetector(), EndpointSettings())
    events = segmenter.push(samples[:20_000], 0) + segmenter.push(samples[22_000:], 22_000)
    ((start, audio),) = spoken(events)
    assert not audio[20_000 - start : 22_000 - start].any()
    np.testing.assert_array_equal(audio[22_000 - start :], samples[22_000 : start + len(audio)])


def test_a_long_loss_ends_the_utterance_and_listening_goes_on() -> None:
    samples = sound((0.5, 0.001), (1, 0.5))
    segmenter = SpeechSegmenter(LoudnessDetector(), EndpointSettings())
    events = segmenter.push(samples, 0)
    events += segmenter.push(sound((0.5, 0.001), (1, 0.5), (1, 0.001)), 100_000)
    ended = [event for event in events if isinstance(event, SpeechEnded)]
    assert [event.reason for event in ended] == ["lost", "silence"]
    assert ended[1].start >= 100_000
    spoken(events)


def test_audio_that_comes_again_is_dropped() -> None:
    samples = sound((0.5, 0.001), (1, 0.5), (1, 0.001))
    segmenter = SpeechSegmenter(LoudnessDetector(), EndpointSettings())
    events: list[SegmentEvent] = []
    for at in range(0, len(samples), 320):
        events += segmenter.push(samples[max(0, at - 1000) : at + 320], max(0, at - 1000))
    ((start, audio),) = spoken(events)
    np.testing.assert_array_equal(audio, samples[start : start + len(audio)])


def test_an_hour_of_silence_costs_no_memory() -> None:
    segmenter = SpeechSegmenter(LoudnessDetector(), EndpointSettings())
    second = np.zeros(RATE_HZ, np.float32)
    for at in range(3600):
        assert segmenter.push(second, at * RATE_HZ) == []
    assert segmenter.retained_samples < RATE_HZ


def test_a_detector_with_another_window_is_refused() -> None:
    detector = LoudnessDetector()
    detector.window_samples = 256
    with pytest.raises(ValueError, match="256"):
        SpeechSegmenter(detector, EndpointSettings())


@pytest.mark.parametrize("at", [16_000, 17_000, 18_000, 24_123, 40_000, 47_000, 60_001])
def test_a_cut_ends_what_is_going_on_and_nothing_reaches_over_it(at: int) -> None:
    samples = sound((1, 0.001), (1.5, 0.5), (1, 0.001), (0.5, 0.5), (1, 0.001))
    segmenter = SpeechSegmenter(LoudnessDetector(), EndpointSettings())
    before = segmenter.push(samples[:at], 0)
    is_talking = segmenter.in_speech
    cut = segmenter.cut(at + 1)
    after = segmenter.push(samples[at:], at)
    assert not segmenter.in_speech and [type(event) for event in cut if isinstance(event, SpeechEnded)] == (
        [SpeechEnded] if is_talking else []
    )
    for start, audio in spoken([*before, *cut]):
        assert start + len(audio) <= at
        np.testing.assert_array_equal(audio, samples[start : start + len(audio)])
    for start, audio in spoken(after):
        assert start >= at + 1
        np.testing.assert_array_equal(audio, samples[start : start + len(audio)])


def test_what_only_seemed_to_begin_is_taken_back_by_a_cut() -> None:
    samples = sound((1, 0.001), (0.1, 0.5))
    segmenter = SpeechSegmenter(LoudnessDetector(), EndpointSettings())
    [onset] = segmenter.push(samples, 0)
    assert isinstance(onset, Onset)
    assert segmenter.cut(len(samples) + 1) == [FalseOnset(onset.start)]


def test_a_replay_from_a_cut_gives_the_same() -> None:
    samples = sound((1, 0.001), (1.5, 0.5), (1, 0.001), (0.5, 0.5), (1, 0.001))
    segmenter = SpeechSegmenter(LoudnessDetector(), EndpointSettings())
    segmenter.push(samples[:30_000], 0)
    segmenter.cut(30_001)
    first = segmenter.push(samples[30_000:], 30_000)
    again = SpeechSegmenter(LoudnessDetector(), EndpointSettings(), 30_001).push(samples[29_000:], 29_000)
    assert [type(event) for event in first] == [type(event) for event in again]
    for (start, audio), (start_again, audio_again) in zip(spoken(first), spoken(again), strict=True):
        assert start == start_again
        np.testing.assert_array_equal(audio, audio_again)
