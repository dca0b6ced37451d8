"""The first sign of the caller's voice, for those who must be quick: wrong now and then, and taken back at once."""

from dataclasses import dataclass

WINDOW_SAMPLES = 512
SAMPLES_PER_MS = 16
_MOST_DOUBLINGS = 4
_DOUBT = 0.8
"""So much of the probability that is a reason is half a one."""


@dataclass(frozen=True, slots=True)
class Onset:
    """At sample index `start` something began that may become an utterance."""

    start: int


@dataclass(frozen=True, slots=True)
class FalseOnset:
    """What began at `start` was no speech."""

    start: int


@dataclass(frozen=True, slots=True)
class OnsetSettings:
    """When something may become an utterance.

    Attributes:
        probability: a window at or above it may be speech; one at four fifths of it is half a reason to think so: "Stop" begins
            with four windows at 0.2 to 0.3.
        sure_probability: where some of a window may be echo of our own voice, only this is a reason, and half a one.
        onset_ms: so much of it in a row is told; of half reasons twice as much.
        release_ms: so much without a reason takes back what was told: more than the dip between a word's first consonant and its
            vowel, which lasts for two windows in "Sorry".
        undecided_ms: what has not become an utterance after so long is taken back, whatever it is.
        margin_db: what is louder than the line's background by so much is a reason by itself, whatever it sounds like: many words
            begin too softly or too shortly for a detector of speech.
        distrust_ms: so long it is none after something loud that did not even sound like speech, and twice as long after each
            further one, through sixteen times as long. Who types on a keyboard interrupts once.
    """

    probability: float = 0.25
    sure_probability: float = 0.5
    onset_ms: int = 32
    release_ms: int = 96
    undecided_ms: int = 320
    margin_db: float = 20.0
    distrust_ms: int = 10_000

    @property
    def doubtful_probability(self) -> float:
        """Where nothing can be echo, a window at or above it is half a reason."""
        return _DOUBT * self.probability


class OnsetDetector:
    """Finds onsets between utterances, in sample time."""

    def __init__(self, settings: OnsetSettings) -> None:
        self._settings = settings
        self._trusts_loudness_from = self._noises_in_a_row = 0
        self.begin()

    def begin(self) -> None:
        """Nothing was heard; what was told and became an utterance is not taken back."""
        self._since: int | None = None
        self._quiet_from: int | None = None
        self._reasons_ms = 0.0
        self._is_told = self._is_taken_back = self._is_speechlike = False

    def feed(
        self, probability: float, window: int, *, is_clear: bool = True, stands_out: bool = False
    ) -> Onset | FalseOnset | None:
        """What the window at sample index `window` tells.

        Args:
            probability: of speech, 0 to 1, within `WINDOW_SAMPLES` samples.
            window: windows follow each other without a gap.
            is_clear: nothing of it can be echo of our own voice.
            stands_out: it is clear, much louder than the line is otherwise, and may be an interruption, for we are heard.
        """
        now, reason = window + WINDOW_SAMPLES, self._reason(probability, is_clear=is_clear)
        self._is_speechlike |= reason > 0
        if stands_out and window >= self._trusts_loudness_from:
            reason = 1.0
        if reason:
            self._since = window if self._since is None else self._since
            self._quiet_from = None
            self._reasons_ms += reason * WINDOW_SAMPLES / SAMPLES_PER_MS
            return self._sounding(self._since, now)
        if self._since is None:
            return None
        self._quiet_from = window if self._quiet_from is None else self._quiet_from
        if self._is_told and now - self._quiet_from < self._settings.release_ms * SAMPLES_PER_MS:
            return None
        return self._was_nothing(now)

    def cut(self) -> FalseOnset | None:
        """What was told and has not become speech is taken back; listen anew."""
        since, is_open = self._since, self._is_told and not self._is_taken_back
        self.begin()
        return FalseOnset(since) if is_open and since is not None else None

    def became_speech(self, candidate: int) -> Onset | None:
        """An utterance begins with the window at `candidate`: an onset, if none was told of it."""
        is_told = self._is_told and not self._is_taken_back
        self._noises_in_a_row = 0
        self.begin()
        return None if is_told else Onset(candidate)

    def _reason(self, probability: float, *, is_clear: bool) -> float:
        """How much of a reason a window is to think that somebody speaks: 0, a half, or 1."""
        settings = self._settings
        if is_clear and probability >= settings.probability:
            return 1.0
        half = settings.doubtful_probability if is_clear else settings.sure_probability
        return 0.5 if probability >= half else 0.0

    def _sounding(self, since: int, now: int) -> Onset | FalseOnset | None:
        if not self._is_told and self._reasons_ms >= self._settings.onset_ms:
            self._is_told = True
            return Onset(since)
        if self._is_told and not self._is_taken_back and now - since >= self._settings.undecided_ms * SAMPLES_PER_MS:
            if not self._is_speechlike:
                return self._was_nothing(now)
            self._is_taken_back = True
            return FalseOnset(since)
        return None

    def _was_nothing(self, now: int) -> FalseOnset | None:
        """Listen anew; whatever was only loud makes loudness doubtful."""
        if self._is_told and not self._is_speechlike:
            self._trusts_loudness_from = now + (self._settings.distrust_ms << self._noises_in_a_row) * SAMPLES_PER_MS
            self._noises_in_a_row = min(self._noises_in_a_row + 1, _MOST_DOUBLINGS)
        return self.cut()
