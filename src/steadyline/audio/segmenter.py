"""The caller's audio in, utterances with their sound out."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from steadyline.audio.background_level import BackgroundLevel
from steadyline.audio.echo_guard import EchoGuard
from steadyline.audio.endpointing import (
    SAMPLE_RATE_HZ,
    Endpointer,
    EndpointEvent,
    EndpointSettings,
    SpeechEnded,
    SpeechStarted,
)
from steadyline.audio.onset import WINDOW_SAMPLES, FalseOnset, Onset
from steadyline.audio.pcm import Float32

# A shorter loss is bridged with silence, so that a word with a hole stays one utterance.
LONGEST_BRIDGED_SAMPLES = SAMPLE_RATE_HZ


class VoiceActivityDetector(Protocol):
    """Tells speech from everything else; it may remember what came before, until it is reset."""

    @property
    def window_samples(self) -> int:
        """Length of the window, in samples of 16 kHz."""
        ...

    def probability(self, window: Float32) -> float:
        """Probability of speech, 0 to 1, in `window_samples` samples of 16 kHz."""
        ...

    def reset(self) -> None:
        """Forget what came before."""
        ...


@dataclass(frozen=True, slots=True)
class SpeechAudio:
    """Sound of the utterance that is going on: float32 in [-1, 1], 16 kHz, its first sample at index `start`."""

    start: int
    samples: Float32


SegmentEvent = EndpointEvent | SpeechAudio


class SpeechSegmenter:
    """Finds utterances in blocks of audio of any size.

    Between `SpeechStarted(start)` and `SpeechEnded(start, end)` the events `SpeechAudio` hold every sample of [start,
    end) once, in order. The detector is reset at the end of every utterance: a replay from there gives the same.

    Args:
        vad: the detector; its window must be 512 samples.
        settings: thresholds and durations.
        start: sample index from which on audio is wanted; what lies before it is dropped.
        echo_guard: a window that it takes for echo is no speech; it learns between utterances.
    """

    def __init__(
        self,
        vad: VoiceActivityDetector,
        settings: EndpointSettings,
        start: int = 0,
        echo_guard: EchoGuard | None = None,
    ) -> None:
        if vad.window_samples != WINDOW_SAMPLES:
            raise ValueError(f"the detector's window is {vad.window_samples} samples, expected {WINDOW_SAMPLES}")
        self._vad = vad
        self._echo_guard = echo_guard
        self._endpointer = Endpointer(settings, start)
        self._background = BackgroundLevel(settings.onset.margin_db)
        self._silence_below = min(settings.end_probability, settings.onset.doubtful_probability)
        self._kept: Float32 = np.zeros(0, np.float32)
        self._kept_from = self._fed = start
        self._sent = start

    @property
    def in_speech(self) -> bool:
        """An utterance has started and not ended."""
        return self._endpointer.in_speech

    @property
    def next_sample(self) -> int:
        """Sample index of the next sample that is expected."""
        return self._kept_from + len(self._kept)

    @property
    def retained_samples(self) -> int:
        """How much audio is kept for what may still come: at most some seconds."""
        return len(self._kept)

    def end_after(self, silence_ms: float) -> None:
        """The pause that is going on ends the utterance after so much silence."""
        self._endpointer.end_after(silence_ms)

    def end_at(self, sample: int) -> None:
        """This sound was cut here before, at this sample index: cut it there again."""
        self._endpointer.end_at(sample)

    def cut(self, sample: int) -> list[SegmentEvent]:
        """End what is going on, and listen anew from this sample on, which lies beyond all that was pushed."""
        events: list[SegmentEvent] = []
        for event in self._endpointer.cut(sample):
            if isinstance(event, SpeechEnded):
                self._send(event.end, events)
                self._settle()
            events.append(event)
        self._begin(sample)
        return events

    def push(self, samples: Float32, start_sample: int) -> list[SegmentEvent]:
        """What a block tells, in order.

        Args:
            samples: float32 of shape (n,), 16 kHz, [-1, 1].
            start_sample: index of the first. Samples that were pushed before are dropped, missing ones are taken
                for silence up to a second; a longer loss ends the utterance.
        """
        events = self._bridge(start_sample)
        self._keep(samples[max(0, self.next_sample - start_sample) :])
        while self._fed + WINDOW_SAMPLES <= self.next_sample:
            self._feed_window(events)
        if self._endpointer.in_speech:
            self._send(self._endpointer.settled, events)
        self._forget()
        return events

    def _bridge(self, start_sample: int) -> list[SegmentEvent]:
        missing = start_sample - self.next_sample
        if missing <= 0:
            return []
        if missing < LONGEST_BRIDGED_SAMPLES:
            self._keep(np.zeros(missing, np.float32))
            return []
        events: list[SegmentEvent] = []
        ended = self._endpointer.lose(start_sample)
        if ended is not None:
            self._send(ended.end, events)
            self._settle()
            events.append(ended)
        self._begin(start_sample)
        return events

    def _begin(self, start_sample: int) -> None:
        self._vad.reset()
        self._kept = np.zeros(0, np.float32)
        self._kept_from = self._fed = self._sent = start_sample

    def _feed_window(self, events: list[SegmentEvent]) -> None:
        at = self._fed - self._kept_from
        for event in self._judged(self._kept[at : at + WINDOW_SAMPLES]):
            if isinstance(event, SpeechStarted):
                self._sent = event.start
            elif isinstance(event, SpeechEnded):
                self._send(event.end, events)
                self._fed = event.end
                self._vad.reset()
                self._settle()
            elif not isinstance(event, Onset | FalseOnset):
                self._send(self._endpointer.settled, events)
            events.append(event)

    def _judged(self, window: Float32) -> list[EndpointEvent]:
        """What the next window tells."""
        start, self._fed = self._fed, self._fed + WINDOW_SAMPLES
        probability, guard, is_between = self._vad.probability(window), self._echo_guard, not self._endpointer.in_speech
        if guard is None:
            return self._endpointer.feed(probability, start)
        stands_out = is_between and self._background.stands_out(window)
        matters = stands_out or probability >= self._silence_below
        if guard.is_echo(window, start, learns=is_between, matters=matters):
            probability = 0.0
        stands_out = stands_out and guard.is_clear and guard.is_heard
        return self._endpointer.feed(probability, start, is_clear=guard.is_clear, stands_out=stands_out)

    def _settle(self) -> None:
        if self._echo_guard is not None:
            self._echo_guard.settle()

    def _send(self, until: int, events: list[SegmentEvent]) -> None:
        if until > self._sent:
            sound = self._kept[self._sent - self._kept_from : until - self._kept_from]
            events.append(SpeechAudio(self._sent, sound.copy()))
            self._sent = until

    def _keep(self, samples: Float32) -> None:
        self._kept = np.concatenate((self._kept, samples))

    def _forget(self) -> None:
        unneeded = min(self._endpointer.needed_from, self._fed) - self._kept_from
        if unneeded > 0:
            self._kept = self._kept[unneeded:].copy()
            self._kept_from += unneeded
