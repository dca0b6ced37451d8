"""Engines that say again what they said in a recorded call, in the time that they took then.

The voice speaks each word as a tone pair (`drills.tone_speech`), as long as the clause was, so that what the caller hears in
a replay can be counted to the word.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from steadyline.audio.pcm import from_pcm16
from steadyline.audio.resampling import resample
from steadyline.calls.records import TurnRecord
from steadyline.drills.simulated_engines import Heard
from steadyline.drills.simulated_workers import engine_sleep
from steadyline.drills.tone_speech import GAP_S, VOCABULARY, WORD_S, SpokenWord, sound
from steadyline.engines.llm import Message
from steadyline.replay.recorded_call import CLOCK_HZ, RecordedCall

Float32 = NDArray[np.float32]

NOT_ASKED = "This was not asked in the recording."
"""What the model answers then."""
CHAR_S = 0.065
"""Speech of which no length is known; 15 characters a second."""
TRANSCRIPTION_S, FIRST_CLAUSE_S, WORD_WRITTEN_S, SYNTHESIS_SHARE = 0.2, 0.2, 0.03, 0.1
PROBE = CLOCK_HZ // 4
"""The loudest quarter of a second of an utterance tells where in the call it was said."""
MOST_OVERLAP = 0.3
END_SLACK = CLOCK_HZ // 5
AUDIBLE = 10 ** (-45 / 20)
PHRASE_TONES = ("winter", "autumn", "stop", "silent")
"""What outbound says by itself in a simulated system."""
TONES = tuple(word for word in VOCABULARY if word not in PHRASE_TONES)


class RecordedRecognizer:
    """Understands what was understood: knows by the sound where in the call an utterance was said."""

    def __init__(self, call: RecordedCall) -> None:
        self._sound = resample(from_pcm16(call.caller), call.rate_hz, CLOCK_HZ)
        self._turns = [turn for turn in call.record.turns if turn.turn and turn.start_sample is not None]

    def transcribe(self, samples: Float32) -> Heard:
        """The words of the turn that covers most of these float32 samples of 16 kHz; of a part of it, as many of them."""
        start = self._find(samples)
        end = start + len(samples)
        turn, overlap = max(
            ((turn, _overlap(turn, start, end)) for turn in self._turns), key=lambda one: one[1], default=(None, 0)
        )
        if turn is None or overlap < MOST_OVERLAP * len(samples):
            engine_sleep(TRANSCRIPTION_S)
            return Heard("")
        engine_sleep(turn.timings_ms.get("transcription", TRANSCRIPTION_S * 1000) / 1000)
        return Heard(self._words(turn, end), turn.language or "en")

    def _find(self, samples: Float32) -> int:
        """The sample of the call at which the utterance begins."""
        width = min(PROBE, len(samples))
        energy = np.concatenate(([0.0], np.cumsum(np.square(samples, dtype=np.float64))))
        place = int((energy[width:] - energy[:-width]).argmax())
        probe = samples[place : place + width].astype(np.float64)
        size = 1 << (len(self._sound) + width).bit_length()
        likeness = np.fft.irfft(np.fft.rfft(self._sound, size) * np.conj(np.fft.rfft(probe, size)), size)
        power = np.concatenate(([0.0], np.cumsum(np.square(self._sound, dtype=np.float64))))
        count = max(1, len(self._sound) - width + 1)
        there = np.sqrt(np.maximum(power[width : width + count] - power[:count], 1e-9))
        return int((likeness[:count] / there).argmax()) - place

    def _words(self, turn: TurnRecord, end: int) -> str:
        """What was said of a turn up to a sample: all its words, or the first of them by time."""
        text = turn.caller_text or ""
        first, last = self._spoken(turn)
        if end >= last - END_SLACK:
            return text
        words = text.split()
        count = round(len(words) * max(0, end - first) / max(1, last - first))
        return " ".join(words[:count]).rstrip(".,!?")

    def _spoken(self, turn: TurnRecord) -> tuple[int, int]:
        """From the first to behind the last sample of a turn that is heard."""
        start, end = turn.start_sample or 0, turn.end_sample or 0
        loud = np.flatnonzero(np.abs(self._sound[start:end]) > AUDIBLE)
        return (start + int(loud[0]), start + int(loud[-1]) + 1) if len(loud) else (start, end)


class RecordedModel:
    """Answers what was answered; fulfils `services.engine_protocols.LanguageModel`."""

    context_tokens = 1 << 20

    def __init__(self, call: RecordedCall, hang_up_marker: str) -> None:
        self._turns = [turn for turn in call.record.turns if turn.turn]
        self._marker = hang_up_marker

    def prefill(self, messages: Sequence[Message], slot: int) -> None:
        """Nothing is to be read."""

    def release(self, slot: int) -> None:
        """Nothing is held."""

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """A token a word."""
        return sum(len(message.content.split()) for message in messages)

    def stream(
        self,
        messages: Sequence[Message],
        *,
        slot: int,
        max_tokens: int,
        temperature: float,
        stop: Sequence[str],
        on_text: Callable[[str], bool],
    ) -> None:
        """The recorded answer to the caller's last words, or what follows the part of it that is there already."""
        questions = [message.content for message in messages if message.role == "user"]
        turn = self._answered(questions)
        answer, first_s = NOT_ASKED, FIRST_CLAUSE_S
        if turn is not None:
            marker = f" {self._marker}" if turn.ends_call and self._marker else ""
            answer, first_s = (
                turn.reply_text + marker,
                turn.timings_ms.get("first_clause", FIRST_CLAUSE_S * 1000) / 1000,
            )
        said = messages[-1].content.split() if messages[-1].role == "assistant" else []
        first = len(turn.clauses[0].text.split()) if turn is not None and turn.clauses and turn.clauses[0].text else 1
        for number, word in enumerate(answer.split()):
            if number >= len(said):
                engine_sleep(first_s / first if number < first else WORD_WRITTEN_S)
                if on_text(word + " "):
                    return

    def _answered(self, questions: Sequence[str]) -> TurnRecord | None:
        """The turn in which the last question was asked: of several with the same words, as many before it as here."""
        asked = questions[-1] if questions else ""
        turns = [turn for turn in self._turns if turn.caller_text and asked.endswith(turn.caller_text.strip())]
        before = sum(asked == question for question in questions[:-1])
        return turns[min(before, len(turns) - 1)] if turns else None


class RecordedVoice:
    """Speaks tones, a pair for each word, as long as the clause was."""

    rate_hz = CLOCK_HZ

    def __init__(self, call: RecordedCall) -> None:
        clauses = [clause for turn in call.record.turns for clause in turn.clauses if clause.text]
        self._lengths_s = {clause.text: (clause.samples or 0) / call.rate_hz for clause in clauses}

    def synthesize(self, text: str) -> Iterator[Float32]:
        """float32, mono, 16 kHz: the words of the clause, each in its share of the time."""
        words = self.words(text)
        engine_sleep(SYNTHESIS_SHARE * sum(word.length_s + word.gap_s for word in words))
        yield sound(words, self.rate_hz)

    def words(self, text: str) -> list[SpokenWord]:
        """How a clause is spoken: its words as tone pairs, no two neighbours alike, in the time that the clause took."""
        words = text.split()
        length_s = self._lengths_s.get(text) or CHAR_S * len(text)
        share_s = max(length_s / max(1, len(words)), WORD_S / 2 + GAP_S)
        word_s = min(WORD_S, share_s - GAP_S)
        pairs = len(TONES) // 2
        tones = (TONES[sum(word.encode()) % pairs * 2 + number % 2] for number, word in enumerate(words))
        return [SpokenWord(tone, word_s, share_s - word_s) for tone in tones]


def _overlap(turn: TurnRecord, start: int, end: int) -> int:
    return min(end, turn.end_sample or 0) - max(start, turn.start_sample or 0)
