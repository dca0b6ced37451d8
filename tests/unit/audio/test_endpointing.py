"""Utterances as a caller makes them: pauses, coughs, very long speech."""

import itertools
from collections.abc import Iterable, Sequence

import pytest

from steadyline.audio.endpointing import (
    Endpointer,
    EndpointEvent,
    EndpointSettings,
    Resumed,
    SoftEnd,
    SpeechEnded,
    SpeechStarted,
)
from steadyline.audio.onset import WINDOW_SAMPLES, FalseOnset, Onset, OnsetDetector, OnsetSettings
from steadyline.errors import ConfigError

WINDOW_MS = WINDOW_SAMPLES / 16


def windows(duration_ms: float, probability: float) -> list[float]:
    return [probability] * round(duration_ms / WINDOW_MS)


def cut(probabilities: Iterable[float], settings: EndpointSettings | None = None) -> list[EndpointEvent]:
    """Feed windows from sample 0, going back where the endpointer asks for it; without the onsets."""
    return [event for event in told(probabilities, settings) if not isinstance(event, Onset | FalseOnset)]


def told(probabilities: Iterable[float], settings: EndpointSettings | None = None) -> list[EndpointEvent]:
    """The same with the onsets."""
    sequence, endpointer, at = list(probabilities), Endpointer(settings or EndpointSettings()), 0
    events: list[EndpointEvent] = []
    while at < len(sequence):
        now = endpointer.feed(sequence[at], at * WINDOW_SAMPLES)
        at += 1
        for event in now:
            if isinstance(event, SpeechEnded):
                at = event.end // WINDOW_SAMPLES
        events += now
    return events


def utterances(events: list[EndpointEvent]) -> list[SpeechEnded]:
    return [event for event in events if isinstance(event, SpeechEnded)]


def test_a_sentence_starts_with_its_pre_roll_and_ends_after_the_silence() -> None:
    events = cut(windows(960, 0.01) + windows(1600, 0.9) + windows(960, 0.01))
    started, soft, ended = events
    assert started == SpeechStarted(960 * 16 - 300 * 16)
    assert isinstance(soft, SoftEnd) and isinstance(ended, SpeechEnded)
    # The last window with speech is heard as silence in its latter half, on average.
    for at, silence_ms in ((soft.at, 200), (ended.end, 700)):
        heard_ms = (at - 2560 * 16) / 16 + WINDOW_MS / 2
        assert abs(heard_ms - silence_ms) <= WINDOW_MS / 2
    assert (ended.start, ended.reason, ended.speech_end) == (started.start, "silence", 2560 * 16)


def test_an_onset_is_told_with_the_first_window_that_may_be_speech() -> None:
    events = told(windows(640, 0.01) + windows(1600, 0.9) + windows(960, 0.01))
    assert [type(event) for event in events] == [Onset, SpeechStarted, SoftEnd, SpeechEnded]
    assert events[0] == Onset(640 * 16)
    assert Endpointer(EndpointSettings()).feed(0.41, 0) == [Onset(0)]


@pytest.mark.parametrize("length_ms", [32, 64, 96])
def test_an_onset_of_nothing_is_taken_back_within_96_ms_and_once(length_ms: int) -> None:
    events = told((windows(640, 0.01) + windows(length_ms, 0.95)) * 3 + windows(640, 0.01))
    starts = [round(number * (640 + length_ms) + 640) * 16 for number in range(3)]
    assert events == [event for start in starts for event in (Onset(start), FalseOnset(start))]
    endpointer = Endpointer(EndpointSettings())
    assert [endpointer.feed(p, at * WINDOW_SAMPLES) for at, p in enumerate((0.9, 0.1, 0.1, 0.1))][1:] == [
        [], [], [FalseOnset(0)],
    ]  # fmt: skip


def test_a_word_that_dips_at_its_beginning_stops_the_agent_once() -> None:
    """ "Sorry", as Silero hears it at 8 kHz."""
    events = told([0.0, 0.09, 0.39, 0.41, 0.24, 0.2, *windows(500, 0.97), *windows(1000, 0.01)])
    assert [type(event) for event in events][:2] == [Onset, SpeechStarted]


def test_a_soft_consonant_stops_the_agent_in_its_second_window() -> None:
    """ "Stop", as Silero hears it at 8 kHz."""
    endpointer = Endpointer(EndpointSettings())
    heard = [endpointer.feed(p, at * WINDOW_SAMPLES) for at, p in enumerate((0.07, 0.24, 0.26, 0.24, 0.25, 0.41, 0.99))]
    assert heard[2] == [Onset(WINDOW_SAMPLES)] and heard[3:6] == [[], [], []]


def test_where_there_may_be_echo_more_is_asked_for() -> None:
    endpointer = Endpointer(EndpointSettings())
    heard = [
        endpointer.feed(p, at * WINDOW_SAMPLES, is_clear=False) for at, p in enumerate((0.3, 0.45, 0.6, 0.2, 0.6, 0.6))
    ]
    assert heard == [[], [], [], [], [], [Onset(4 * WINDOW_SAMPLES)]]


def heard_loud(
    endpointer: Endpointer, windows_heard: Sequence[tuple[float, bool]], at: int = 0
) -> list[list[EndpointEvent]]:
    """What windows from sample index `at` on tell, of which each has a probability and may stand out."""
    return [
        endpointer.feed(probability, at + number * WINDOW_SAMPLES, stands_out=is_loud)
        for number, (probability, is_loud) in enumerate(windows_heard)
    ]


def test_what_is_loud_stops_the_agent_before_it_sounds_like_speech() -> None:
    """ "Sorry", whose first windows are a hiss to Silero."""
    endpointer = Endpointer(EndpointSettings())
    heard = heard_loud(endpointer, [(0.0, False), (0.01, True), (0.04, True), (0.02, True), (0.01, True), (0.6, True)])
    assert heard == [[], [Onset(WINDOW_SAMPLES)], [], [], [], []]
    spoken = heard_loud(endpointer, [(0.97, True)] * 4, 6 * WINDOW_SAMPLES)
    assert [type(event) for events in spoken for event in events] == [SpeechStarted], "and it is told once"


def test_what_was_only_loud_is_taken_back_and_then_does_not_stop_the_agent_for_ten_seconds() -> None:
    """Somebody who types."""
    key, pause = [(0.01, True)], [(0.0, False)] * 9
    endpointer = Endpointer(EndpointSettings())
    events = [event for events in heard_loud(endpointer, (key + pause) * 60) for event in events]
    assert events[:2] == [Onset(0), FalseOnset(0)] and len(events) == 4
    assert 10.0 <= (events[2].start - events[0].start) / 16_000 <= 10.7


def test_who_types_on_interrupts_less_and_less_until_there_are_words() -> None:
    detector = OnsetDetector(OnsetSettings())

    def typing(windows_typed: int, begin: int = 0) -> list[int]:
        """A key every 0.32 s: where the agent was made to pause."""
        events = [
            detector.feed(0.01, at * WINDOW_SAMPLES, stands_out=at % 10 == 0)
            for at in range(begin, begin + windows_typed)
        ]
        return [event.start for event in events if isinstance(event, Onset)]

    gaps_s = [(b - a) / 16_000 for a, b in itertools.pairwise(typing(20_000))]
    doubts_s = [10, 20, 40, 80, 160, 160, 160]
    assert len(gaps_s) == 7 and all(doubt <= gap <= doubt + 0.5 for gap, doubt in zip(gaps_s, doubts_s, strict=True))
    detector.became_speech(20_000 * WINDOW_SAMPLES)
    again_s = [(b - a) / 16_000 for a, b in itertools.pairwise(typing(12_000, 20_000))]
    assert all(doubt <= gap <= doubt + 0.5 for gap, doubt in zip(again_s[:2], doubts_s[:2], strict=True))


@pytest.mark.parametrize("loud_windows", [1, 3, 9, 60])
def test_a_noise_holds_the_agent_up_for_400_ms_at_most(loud_windows: int) -> None:
    endpointer = Endpointer(EndpointSettings())
    heard = heard_loud(endpointer, [(0.02, True)] * loud_windows + [(0.0, False)] * 20)
    told = [number for number, events in enumerate(heard) if events]
    assert len(told) == 2 and told[0] == 0 and told[1] * 32 <= 400


def test_after_a_noise_words_stop_the_agent_as_soon_as_they_sound_like_it() -> None:
    endpointer = Endpointer(EndpointSettings())
    heard_loud(endpointer, [(0.02, True)] * 20 + [(0.0, False)] * 10)
    heard = heard_loud(endpointer, [(0.05, True), (0.6, True)], 30 * WINDOW_SAMPLES)
    assert heard == [[], [Onset(31 * WINDOW_SAMPLES)]]


def test_a_noise_that_turns_out_to_be_speech_leaves_loudness_trusted() -> None:
    endpointer = Endpointer(EndpointSettings())
    heard_loud(endpointer, [(0.02, True), (0.3, True), (0.1, False)] + [(0.0, False)] * 10)
    assert heard_loud(endpointer, [(0.02, True)], 13 * WINDOW_SAMPLES) == [[Onset(13 * WINDOW_SAMPLES)]]


def test_what_stays_doubtful_is_taken_back_and_holds_nothing_up_again() -> None:
    """Music on the line, or somebody who hums."""
    settings = EndpointSettings()
    assert told(windows(5000, 0.45)) == [Onset(0), FalseOnset(0)]
    events = told(windows(5000, 0.45) + windows(500, 0.9), settings)
    begun = events.index(next(event for event in events if isinstance(event, SpeechStarted)))
    assert isinstance(events[begun - 1], Onset), "it is told again when it is speech after all"


def test_an_utterance_without_a_quick_onset_is_told_all_the_same() -> None:
    settings = EndpointSettings(onset=OnsetSettings(onset_ms=64))
    events = told(windows(320, 0.01) + windows(32, 0.9) + windows(128, 0.37) + windows(500, 0.9), settings)
    assert [type(event) for event in events] == [Onset, SpeechStarted]


@pytest.mark.parametrize("length_ms", [32, 64, 96])
def test_a_cough_or_click_begins_nothing(length_ms: int) -> None:
    assert cut((windows(640, 0.01) + windows(length_ms, 0.95)) * 20 + windows(640, 0.01)) == []


def test_a_short_yes_is_an_utterance() -> None:
    assert len(utterances(cut(windows(500, 0.01) + windows(224, 0.9) + windows(1000, 0.01)))) == 1


@pytest.mark.parametrize("dip_ms", [64, 160, 320, 640])
def test_a_dip_inside_a_sentence_does_not_cut_it(dip_ms: int) -> None:
    spoken = windows(800, 0.9) + windows(dip_ms, 0.02)
    events = cut(windows(320, 0.01) + spoken * 5 + windows(800, 0.9) + windows(1000, 0.01))
    assert len(utterances(events)) == 1
    resumptions = sum(isinstance(event, Resumed) for event in events)
    pauses = sum(isinstance(event, SoftEnd) for event in events)
    assert (resumptions, pauses) == ((5, 6) if dip_ms > 232 else (0, 1))


def test_doubtful_windows_let_what_was_go_on() -> None:
    assert cut(windows(5000, 0.42)) == []
    events = cut(windows(500, 0.9) + windows(3000, 0.42) + windows(500, 0.9) + windows(1000, 0.01))
    assert [type(event) for event in events] == [SpeechStarted, SoftEnd, SpeechEnded]


def test_utterances_never_overlap() -> None:
    settings = EndpointSettings(end_silence_ms=224, pre_roll_ms=300)
    events = cut((windows(400, 0.9) + windows(256, 0.01)) * 4, settings)
    ended = utterances(events)
    assert len(ended) == 4
    assert all(later.start >= earlier.end for earlier, later in itertools.pairwise(ended))


def test_speech_without_end_is_cut_at_its_quietest_moment_and_goes_on_from_there() -> None:
    speech = [*windows(26000, 0.9), 0.4, *windows(1000, 0.9), 0.2, *windows(9000, 0.9)]
    first, *rest = utterances(cut(speech + windows(1000, 0.01)))
    assert first.reason == "length"
    quietest = speech.index(0.2)
    assert first.end == (quietest + 1) * WINDOW_SAMPLES
    assert rest[0].start == first.end and rest[0].reason == "silence"


def test_no_utterance_is_longer_than_whisper_takes() -> None:
    for probability in (0.5, 0.9):
        ended = utterances(cut(windows(120_000, probability)))
        assert len(ended) == 4
        assert all(event.end - event.start <= 28 * 16_000 for event in ended)


def test_a_pause_in_the_last_seconds_is_told_and_the_cut_is_not_before_it() -> None:
    speech = [*windows(25600, 0.9), 0.01, *windows(500, 0.9), *windows(400, 0.1), *windows(4000, 0.9)]
    events = cut(speech)
    soft = next(event for event in events if isinstance(event, SoftEnd))
    (ended,) = utterances(events)[:1]
    assert ended.reason == "length" and ended.end >= soft.at


def test_what_is_needed_of_an_endless_silence_is_the_pre_roll() -> None:
    endpointer = Endpointer(EndpointSettings())
    for index in range(10_000):
        endpointer.feed(0.01, index * WINDOW_SAMPLES)
        assert 0 <= (index + 1) * WINDOW_SAMPLES - endpointer.needed_from <= 300 * 16


def test_lost_audio_ends_the_utterance() -> None:
    endpointer = Endpointer(EndpointSettings())
    for index in range(20):
        endpointer.feed(0.9, index * WINDOW_SAMPLES)
    assert endpointer.lose(100_000) == SpeechEnded(0, 20 * WINDOW_SAMPLES, "lost", 20 * WINDOW_SAMPLES)
    assert endpointer.lose(200_000) is None


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"start_probability": 0.2}, "start_probability 0.2"),
        ({"end_probability": 0.0}, "end_probability 0.0"),
        ({"soft_end_ms": 900}, "soft_end_ms 900"),
        ({"pre_roll_ms": -1}, "pre_roll_ms -1"),
        ({"max_utterance_s": 3.0}, "max_utterance_s 3.0"),
    ],
)
def test_settings_that_make_no_sense_are_refused_by_name(settings: dict[str, float], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        EndpointSettings(**settings)  # type: ignore[arg-type]
