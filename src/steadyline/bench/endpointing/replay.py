"""One recording through what inbound and whisper do with a call, in sample time: as on a machine that has nothing else to do."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from steadyline.audio.endpointing import SAMPLE_RATE_HZ, Resumed, SoftEnd, SpeechEnded, SpeechStarted
from steadyline.audio.pcm import Float32, from_pcm16, to_pcm16
from steadyline.audio.resampling import StreamResampler, resample
from steadyline.audio.segmenter import SegmentEvent, SpeechAudio, SpeechSegmenter, VoiceActivityDetector
from steadyline.audio.silence_gate import SilenceGate
from steadyline.bench.endpointing.recording import Recording
from steadyline.config import Config
from steadyline.services.endpoint_settings import endpoint_settings
from steadyline.services.turn_ending import TurnEnding
from steadyline.text.completeness import ending_of
from steadyline.text.turn_words import TurnWords
from steadyline.wire.messages import Hypothesis

LINE_HZ = 8_000
FRAME_SAMPLES = LINE_HZ // 50
BEFORE_S, AFTER_S = 0.5, 4.0
"""Silence around a recording; after it, longer than any wait."""
NOISE_DBFS = -55.0
"""White noise under all of it, as of a quiet line: silence that is not quite silent."""
HOPS_MS = 5.0
"""From inbound to whisper's engine and back, over the loopback."""
END_TOLERANCE_MS = 40.0
"""An end within the last window of speech is none before the end."""


@dataclass(frozen=True)
class Heard:
    """A transcription: the words, and how long it took, ms."""

    text: str
    took_ms: float


class TimedRecognizer:
    """Transcribes each range of samples once, and tells the CPU time that it took: the machine may be busy otherwise.

    Args:
        transcribe: float32, mono, 16 kHz, to text; on one thread.
        takes_ms: is told instead, ms; None: what it took. The CPU time of a machine that is shared with others says little.
    """

    def __init__(self, transcribe: Callable[[Float32], str], takes_ms: float | None = None) -> None:
        self._transcribe = transcribe
        self._takes_ms = takes_ms
        self._known: dict[tuple[str, int, int], Heard] = {}

    @property
    def took_ms(self) -> list[float]:
        """Of every transcription."""
        return [heard.took_ms for heard in self._known.values()]

    def hear(self, name: str, start: int, end: int, speech: Float32) -> Heard:
        """The words in the samples [start, end) of a recording."""
        key = (name, start, end)
        if key not in self._known:
            began_s = time.process_time()
            text = self._transcribe(speech)
            took_ms = (time.process_time() - began_s) * 1000
            self._known[key] = Heard(text, took_ms if self._takes_ms is None else self._takes_ms)
        return self._known[key]


@dataclass(frozen=True)
class Decision:
    """The end of a turn, as it was told.

    Attributes:
        at_ms: from the true end of the speech to the decision; below 0: the caller went on.
        words_ms: from there to both the decision and the words.
        text: what was understood.
        ending: what the words looked like when it was decided; "" when they were not known.
    """

    at_ms: float
    words_ms: float
    text: str
    ending: str


@dataclass(frozen=True)
class Outcome:
    """What became of one recording.

    Attributes:
        decisions: in order; none: no speech was found.
    """

    name: str
    text: str
    has_pause: bool
    decisions: tuple[Decision, ...]

    @property
    def is_cut(self) -> bool:
        """It was taken for over before its end."""
        return any(decision.at_ms < -END_TOLERANCE_MS for decision in self.decisions)

    @property
    def wait_ms(self) -> float | None:
        """From its end to the decision and the words; None: the end was not found."""
        last = self.decisions[-1] if self.decisions else None
        return last.words_ms if last is not None and last.at_ms >= -END_TOLERANCE_MS else None


class Replay:
    """Plays one recording; to be used once.

    Args:
        config: as of inbound.
        table: the language's words.
        detector: as new.
        recognizer: whisper's.
    """

    def __init__(
        self, config: Config, table: TurnWords | None, detector: VoiceActivityDetector, recognizer: TimedRecognizer
    ) -> None:
        gate = SilenceGate(detector, config.inbound.silence_dbfs)
        self._segmenter = SpeechSegmenter(gate, endpoint_settings(config))
        self._prepares = config.inbound.prepare_after_ms > 0
        self._turn = TurnEnding(config, table)
        self._table = table
        self._recognizer = recognizer
        self._name = ""
        self._now = self._true_end = self._start = self._revision = 0
        self._speech: list[Float32] = []
        self._draft: tuple[float, Heard] | None = None
        self._is_told = False
        self._decisions: list[Decision] = []

    def play(self, recording: Recording) -> Outcome:
        """What inbound and whisper make of it."""
        self._name = recording.name
        self._true_end = round((BEFORE_S + recording.end_s) * SAMPLE_RATE_HZ)
        line, resampler = to_pcm16(_as_on_the_line(recording)), StreamResampler(LINE_HZ, SAMPLE_RATE_HZ)
        fed = 0
        for at in range(0, len(line), FRAME_SAMPLES):
            samples = resampler.process(from_pcm16(line[at : at + FRAME_SAMPLES]))
            self._now = (at + FRAME_SAMPLES) * SAMPLE_RATE_HZ // LINE_HZ
            self._tell_words()
            for event in self._segmenter.push(samples, fed):
                self._follow(event)
            fed += len(samples)
        return Outcome(recording.name, recording.text, recording.has_pause, tuple(self._decisions))

    def _tell_words(self) -> None:
        """The words of the pause come when they have been transcribed."""
        if self._draft is None or self._is_told or self._draft[0] > self._now:
            return
        self._is_told = True
        text = self._draft[1].text
        silence_ms = self._turn.wait_ms(Hypothesis(self._start, self._revision, text), self._revision) if text else None
        if silence_ms is not None:
            self._segmenter.end_after(silence_ms)

    def _follow(self, event: SegmentEvent) -> None:
        self._turn.follow(event)
        if isinstance(event, SpeechStarted):
            self._start, self._revision, self._speech, self._draft = event.start, 0, [], None
        elif isinstance(event, SpeechAudio):
            self._speech.append(event.samples)
        elif isinstance(event, SoftEnd) and self._prepares:
            self._revision += 1
            heard = self._hear(event.at)
            self._draft, self._is_told = (self._now + _samples(heard.took_ms + HOPS_MS), heard), False
            self._segmenter.end_after(self._turn.silence_ms(are_words_coming=True))
        elif isinstance(event, Resumed):
            self._draft = None
        elif isinstance(event, SpeechEnded):
            self._decide(event)

    def _decide(self, ended: SpeechEnded) -> None:
        at, heard = self._draft or (0.0, None)
        if heard is None:
            heard = self._hear(ended.end)
            at = self._now + _samples(heard.took_ms + HOPS_MS)
        is_known = self._draft is not None and self._is_told
        ending = ending_of(heard.text, self._table).value if is_known else ""
        at_ms, words_ms = (_ms(moment - self._true_end) for moment in (ended.end, max(at, self._now)))
        # A cut lies where the utterance was ended; how long a caller waits counts from when that was known.
        at_ms = at_ms if ended.end < self._true_end else _ms(self._now - self._true_end)
        self._decisions.append(Decision(round(at_ms), round(words_ms), heard.text, ending))

    def _hear(self, end: int) -> Heard:
        return self._recognizer.hear(self._name, self._start, end, np.concatenate(self._speech))


def _as_on_the_line(recording: Recording) -> Float32:
    """The recording as 8 kHz, with silence around it and noise under it."""
    speech = resample(recording.samples, recording.rate_hz, LINE_HZ)
    before, after = (np.zeros(round(seconds * LINE_HZ), np.float32) for seconds in (BEFORE_S, AFTER_S))
    whole = np.concatenate((before, speech, after))
    noise = np.random.default_rng(0).standard_normal(len(whole)).astype(np.float32)
    return whole + noise * np.float32(10 ** (NOISE_DBFS / 20))


def _samples(duration_ms: float) -> float:
    return duration_ms * SAMPLE_RATE_HZ / 1000


def _ms(samples: float) -> float:
    return samples * 1000 / SAMPLE_RATE_HZ
