"""Where the caller's utterances begin and end, told from speech probabilities in sample time.

There is no clock here: the same windows give the same events, however late or fast they come. After `SpeechEnded` the
endpointer is as new, and is fed again from the utterance's end on; so a replay of the audio from the end of any
utterance cuts the same segments as the first time. Where a pause was given a length of its own (`end_after`), the replay is
told the ends that it led to (`end_at`). Hysteresis as in Silero VAD's reference `VADIterator`.
"""

from collections import deque
from dataclasses import dataclass
from typing import Literal

from steadyline.audio.onset import WINDOW_SAMPLES, FalseOnset, Onset, OnsetDetector, OnsetSettings
from steadyline.errors import ConfigError

SAMPLE_RATE_HZ = 16_000


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """When speech has begun, paused and ended.

    Attributes:
        start_probability: a window at or above it is speech.
        end_probability: a window below it is silence; between both, what was goes on.
        onset: when something may become an utterance, which is told at once.
        min_speech_ms: speech must last as long to begin an utterance: a cough or a click does not.
        pre_roll_ms: sound before the first speech that belongs to the utterance (soft consonants).
        soft_end_ms: silence after which the utterance is *perhaps* over; to the nearest window of 32 ms, as the next.
        end_silence_ms: silence after which it is over.
        max_utterance_s: longest utterance, pre-roll and closing silence included; Whisper takes 30 s.
        cut_search_s: a longer one is cut at the quietest window among its last seconds.
    """

    start_probability: float = 0.5
    end_probability: float = 0.35
    onset: OnsetSettings = OnsetSettings()
    min_speech_ms: int = 128
    pre_roll_ms: int = 300
    soft_end_ms: int = 200
    end_silence_ms: int = 700
    max_utterance_s: float = 28.0
    cut_search_s: float = 3.0

    def __post_init__(self) -> None:
        if not 0 < self.end_probability <= self.start_probability < 1:
            raise ConfigError(
                f"end_probability {self.end_probability} and start_probability {self.start_probability}: "
                "expected 0 < end_probability <= start_probability < 1"
            )
        if not 0 < self.soft_end_ms <= self.end_silence_ms:
            raise ConfigError(
                f"soft_end_ms {self.soft_end_ms} and end_silence_ms {self.end_silence_ms}: "
                "expected 0 < soft_end_ms <= end_silence_ms"
            )
        if self.min_speech_ms < 0 or self.pre_roll_ms < 0:
            raise ConfigError(
                f"min_speech_ms {self.min_speech_ms} and pre_roll_ms {self.pre_roll_ms}: expected 0 or more"
            )
        shortest_s = self.cut_search_s + (self.min_speech_ms + self.pre_roll_ms + self.end_silence_ms) / 1000
        if not self.cut_search_s > 0 or self.max_utterance_s < shortest_s:
            raise ConfigError(
                f"max_utterance_s {self.max_utterance_s} with cut_search_s {self.cut_search_s}: expected "
                f"cut_search_s above 0 and max_utterance_s of at least {shortest_s:.1f}"
            )


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """An utterance has begun at sample index `start`, pre-roll included."""

    start: int


@dataclass(frozen=True, slots=True)
class SoftEnd:
    """The utterance that began at `start` has paused; `at` is the sample index through which that was seen."""

    start: int
    at: int


@dataclass(frozen=True, slots=True)
class Resumed:
    """After a `SoftEnd` the caller went on within the same utterance, before sample index `at`."""

    start: int
    at: int


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The utterance is the range of samples [start, end).

    Attributes:
        reason: "silence"; "length": it was cut, and speech may go on at `end`; "lost": audio after `end` is missing; "cut": the
            caller has ended it otherwise.
        speech_end: where its last speech ends; from there to `end` it is silence.
    """

    start: int
    end: int
    reason: Literal["silence", "length", "lost", "cut"]
    speech_end: int


EndpointEvent = Onset | FalseOnset | SpeechStarted | SoftEnd | Resumed | SpeechEnded


class Endpointer:
    """Cuts a stream of speech probabilities into utterances.

    Args:
        settings: thresholds and durations.
        start: sample index of the first window; no utterance begins before it.
    """

    def __init__(self, settings: EndpointSettings, start: int = 0) -> None:
        self._settings = settings
        self._known_ends: deque[int] = deque()
        self._onset = OnsetDetector(settings.onset)
        self._begin(start)

    @property
    def in_speech(self) -> bool:
        """An utterance has started and not ended."""
        return self._start is not None

    @property
    def settled(self) -> int:
        """Sample index through which the sound is certainly part of the utterance that is going on."""
        if self._start is None or self._now <= self._cut_zone_start:
            return self._now
        return self._cut_zone_start

    @property
    def needed_from(self) -> int:
        """Sample index from which on the sound may still become part of an utterance, or be fed again."""
        if self._start is not None:
            return self.settled
        first = self._now if self._candidate is None else self._candidate
        return max(self._earliest, first - _samples(self._settings.pre_roll_ms))

    def feed(
        self, probability: float, start_sample: int, *, is_clear: bool = True, stands_out: bool = False
    ) -> list[EndpointEvent]:
        """What the window at `start_sample` tells, in order.

        Args:
            probability: of speech, 0 to 1, within `WINDOW_SAMPLES` samples.
            start_sample: the window's sample index; windows follow each other without a gap. After an event
                `SpeechEnded` the next one starts at its `end`, which may lie before windows that were fed already.
            is_clear, stands_out: as `OnsetDetector.feed` takes them.
        """
        self._now = start_sample + WINDOW_SAMPLES
        if self._start is None:
            return self._listen(probability, start_sample, is_clear=is_clear, stands_out=stands_out)
        return self._follow(self._start, probability, start_sample)

    def end_after(self, silence_ms: float) -> None:
        """The pause that is going on ends the utterance after so much silence, and not after the settings'.

        What has passed already counts, so that a shorter time ends it with the next window.
        """
        self._end_silence = _samples(silence_ms)

    def end_at(self, sample: int) -> None:
        """An utterance ended at this sample when these windows were fed the first time: none ends before, one ends there.

        Args:
            sample: beyond all that was named before; one that lies behind what was fed is dropped.
        """
        if sample > self._now:
            self._known_ends.append(sample)

    def lose(self, next_sample: int) -> SpeechEnded | None:
        """The audio from here to `next_sample` is missing: end the utterance, if there is one, go on there as new."""
        ended = None
        if self._start is not None:
            ended = SpeechEnded(self._start, self._now, "lost", self._speech_end)
        self._begin(next_sample)
        return ended

    def cut(self, next_sample: int) -> list[EndpointEvent]:
        """Nothing that began before `next_sample` goes on after it: end what there is, go on there as new."""
        if self._start is not None:
            ended = SpeechEnded(self._start, self._now, "cut", self._speech_end)
            self._begin(next_sample)
            return [ended]
        false = self._onset.cut()
        self._begin(next_sample)
        return [] if false is None else [false]

    def _begin(self, start: int) -> None:
        self._earliest = self._now = start
        self._candidate: int | None = None
        self._onset.begin()
        self._start: int | None = None
        self._speech_end = self._cut_zone_start = start
        self._silence_from: int | None = None
        self._end_silence = _samples(self._settings.end_silence_ms)
        self._paused = False
        self._cut_zone: deque[tuple[float, int]] = deque()
        self._forget_ends()

    def _forget_ends(self) -> None:
        while self._known_ends and self._known_ends[0] <= self._now:
            self._known_ends.popleft()

    def _listen(self, probability: float, window: int, *, is_clear: bool, stands_out: bool) -> list[EndpointEvent]:
        self._forget_ends()
        told = self._onset.feed(probability, window, is_clear=is_clear, stands_out=stands_out)
        if probability >= self._settings.start_probability:
            self._candidate = window if self._candidate is None else self._candidate
            self._speech_end = self._now
        elif probability < self._settings.end_probability:
            self._candidate = None
        if self._candidate is None or self._now - self._candidate < _samples(self._settings.min_speech_ms):
            return [told] if told else []
        begun = (told, self._onset.became_speech(self._candidate), self._start_at(self._candidate))
        return [event for event in begun if event is not None]

    def _start_at(self, candidate: int) -> SpeechStarted:
        start = max(self._earliest, candidate - _samples(self._settings.pre_roll_ms))
        self._start = start
        longest = int(self._settings.max_utterance_s * SAMPLE_RATE_HZ)
        self._cut_zone_start = start + longest - int(self._settings.cut_search_s * SAMPLE_RATE_HZ)
        return SpeechStarted(start)

    def _follow(self, start: int, probability: float, window: int) -> list[EndpointEvent]:
        events: list[EndpointEvent] = []
        if probability >= self._settings.start_probability:
            self._speech_end, self._silence_from = self._now, None
            self._end_silence = _samples(self._settings.end_silence_ms)
            if self._paused:
                self._paused = False
                events.append(Resumed(start, self._now))
        elif probability < self._settings.end_probability and self._silence_from is None:
            self._silence_from = window
        if self._silence_from is not None:
            # Speech ended within the window before, in its middle on average: of the two windows around the silence that is
            # asked for the nearer one decides, and not always the later one.
            events += self._silent(start, self._now - self._silence_from + WINDOW_SAMPLES)
        if self._start is not None and self._now >= self._cut_zone_start:
            self._cut_zone.append((probability, self._now))
            events += self._cut(start)
        if self._start is not None and self._known_ends and self._now >= self._known_ends[0]:
            events += self._end(start, self._known_ends[0], "silence")
        return events

    def _silent(self, start: int, silence: int) -> list[EndpointEvent]:
        if silence >= self._end_silence and not self._known_ends:
            return self._end(start, self._now, "silence")
        if silence < _samples(self._settings.soft_end_ms) or self._paused:
            return []
        self._paused = True
        if self._now > self._cut_zone_start:
            # What was told as a pause is settled: it may be cut here or later, no more before.
            self._cut_zone_start = self._now
            self._cut_zone.clear()
        return [SoftEnd(start, self._now)]

    def _cut(self, start: int) -> list[EndpointEvent]:
        longest = int(self._settings.max_utterance_s * SAMPLE_RATE_HZ)
        if self._now + WINDOW_SAMPLES <= start + longest:
            return []
        quietest = min(self._cut_zone, key=lambda seen: (seen[0], -seen[1]))
        return self._end(start, quietest[1], "length")

    def _end(self, start: int, end: int, reason: Literal["silence", "length"]) -> list[EndpointEvent]:
        speech_end = min(self._speech_end, end)
        self._begin(end)
        return [SpeechEnded(start, end, reason, speech_end)]


def _samples(duration_ms: float) -> int:
    return int(duration_ms * SAMPLE_RATE_HZ // 1000)
