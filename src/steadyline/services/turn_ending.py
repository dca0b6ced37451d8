"""When a caller's pause is the end of the turn: what inbound knows of it, in one place, for one call."""

from importlib import resources
from pathlib import Path

from steadyline.audio.caller_pauses import CallerPauses
from steadyline.audio.endpointing import SAMPLE_RATE_HZ, Resumed, SoftEnd, SpeechEnded, SpeechStarted
from steadyline.audio.segmenter import SegmentEvent
from steadyline.audio.turn_policy import UNFINISHED, TurnWaits, wait_ms
from steadyline.config import Config
from steadyline.errors import ConfigError
from steadyline.services.endpoint_settings import endpoint_settings
from steadyline.text.completeness import ending_of
from steadyline.text.turn_words import TurnWords, turn_words
from steadyline.wire.messages import Hypothesis

GOES_ON_WITHIN_MS = 1200
"""Who speaks again so soon after a turn was ended has not heard the answer yet, let alone understood it: the turn was cut."""


class TurnEnding:
    """How long the pause that is going on has to be.

    Args:
        config: bounds of the waits, and whether words decide at all.
        table: the language's words; None: marks and figures alone decide.
    """

    def __init__(self, config: Config, table: TurnWords | None) -> None:
        inbound = config.inbound
        settings = endpoint_settings(config)
        self._decides = inbound.turn_end == "words"
        self._expects_words = self._decides and inbound.prepare_after_ms > 0
        self._end_silence_ms = inbound.end_silence_ms
        self._words_within_ms = max(inbound.words_within_ms, inbound.end_silence_ms)
        self._waits = TurnWaits(inbound.shortest_wait_ms, inbound.longest_wait_ms, inbound.end_silence_ms)
        self._table = table
        self._soft_end_ms, self._pre_roll_ms = settings.soft_end_ms, settings.pre_roll_ms
        self._pauses = CallerPauses()
        self._paused: SoftEnd | None = None
        self._is_explained = False
        self._decided_ms: float | None = None
        self._spoken_through: int | None = None

    def follow(self, event: SegmentEvent) -> None:
        """What the segmenter tells, in order."""
        if isinstance(event, SoftEnd):
            self._paused, self._is_explained, self._decided_ms = event, False, None
        elif isinstance(event, Resumed) and self._paused is not None:
            # A pause after "my name is" says nothing about how long this caller pauses between sentences.
            if not self._is_explained:
                self._pauses.note(self._soft_end_ms + _ms(event.at - self._paused.at))
            self._paused = None
        elif isinstance(event, SpeechEnded):
            self._paused = None
            self._spoken_through = event.speech_end if event.reason == "silence" else None
        elif isinstance(event, SpeechStarted) and self._spoken_through is not None:
            pause_ms = _ms(event.start - self._spoken_through) + self._pre_roll_ms
            if pause_ms <= GOES_ON_WITHIN_MS:
                self._pauses.note(pause_ms)

    def silence_ms(self, *, are_words_coming: bool) -> float:
        """The silence that ends the turn in the pause that is going on, by what is known so far, ms.

        Args:
            are_words_coming: whisper is there to work on them. Before it has, there is nothing to answer; a turn that ended
                sooner would only be cut sooner.
        """
        if self._decided_ms is not None:
            return self._decided_ms
        return self._words_within_ms if are_words_coming and self._expects_words else self._end_silence_ms

    def is_of_pause(self, hypothesis: Hypothesis, revision: int) -> bool:
        """These are the words through the pause that is going on; revisions begin anew with each utterance."""
        return self._paused is not None and (hypothesis.start, hypothesis.revision) == (self._paused.start, revision)

    def wait_ms(self, hypothesis: Hypothesis, revision: int) -> float | None:
        """The silence after which the pause that is going on ends the turn, ms.

        Args:
            hypothesis: the words through a pause.
            revision: of the newest pause of this utterance.

        Returns:
            None: words do not decide, or these are of a pause that is over.
        """
        if not self._decides or not self.is_of_pause(hypothesis, revision):
            return None
        ending = ending_of(hypothesis.text, self._table)
        self._is_explained = ending in UNFINISHED
        self._decided_ms = wait_ms(ending, self._waits, caller_factor=self._pauses.factor)
        return self._decided_ms


def load_turn_words(config: Config) -> TurnWords | None:
    """The table of the language that whisper hears; None: there is none, or the language is detected.

    Raises:
        ConfigError: `inbound.turn_words` is no folder, or its file is no such table.
    """
    own, language = config.inbound.turn_words, config.whisper.language
    folder = Path(own).expanduser() if own else Path(str(resources.files("steadyline"))) / "turn_words"
    if own and not folder.is_dir():
        raise ConfigError(
            f"inbound.turn_words: {folder} is no folder; it holds a file <language>.toml for each language"
        )
    file = folder / f"{language}.toml"
    if not language or not file.is_file():
        return None
    try:
        return turn_words(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"inbound.turn_words: {file} cannot be read: {error}") from error


def _ms(samples: int) -> float:
    return samples * 1000 / SAMPLE_RATE_HZ
