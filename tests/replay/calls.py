"""A recorded call made of the shipped questions."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

from steadyline.audio.pcm import from_pcm16, to_pcm16
from steadyline.audio.resampling import resample
from steadyline.calls.records import CallRecord, ClauseRecord, TurnRecord
from steadyline.config import Config
from steadyline.replay.player import replay
from steadyline.replay.recorded_call import CLOCK_HZ, RecordedCall

QUESTIONS = Path(__file__).parents[2] / "examples" / "questions"
RATE_HZ = 8_000
ASKED = {
    "1-capital-of-france": ("What is the capital of France?", "The capital of France is Paris."),
    "3-days-in-a-week": ("How many days are in a week?", "A week has seven days. They begin with Monday."),
}
BEFORE_S, BETWEEN_S = 3.0, 6.0


def sketched() -> RecordedCall:
    """Two questions, each with the time for an answer behind it; when what was said is as the author of a test sees it."""
    pieces, turns = [np.zeros(round(BEFORE_S * RATE_HZ), np.int16)], [_greeting()]
    for number, (name, (question, answer)) in enumerate(ASKED.items(), 1):
        samples, rate_hz = soundfile.read(QUESTIONS / f"{name}.wav", dtype="int16")
        said = to_pcm16(resample(from_pcm16(samples), rate_hz, RATE_HZ))
        start = sum(map(len, pieces)) * CLOCK_HZ // RATE_HZ
        pieces += [said, np.zeros(round(BETWEEN_S * RATE_HZ), np.int16)]
        turns.append(_turn(number, start, start + len(said) * CLOCK_HZ // RATE_HZ, question, answer))
    record = CallRecord("0" * 8, 2, "sip", "sip:a@b", "PCMU", 0.0, 0.0, 30.0, "hung up", tuple(turns), ())
    return RecordedCall(record, np.concatenate(pieces), RATE_HZ)


def recorded(config: Config | None = None) -> RecordedCall:
    """The same with what the journal says of such a call."""
    call = sketched()
    return replace(call, record=replay(call, config or Config()).record)


def _greeting() -> TurnRecord:
    clauses = (ClauseRecord(0, 0, Config().llama.greeting, 0.0, 16_000, 16_000),)
    return TurnRecord(0, None, None, None, None, None, clauses, 1, 0.0, {})


def _turn(number: int, start: int, end: int, question: str, answer: str) -> TurnRecord:
    timings = {"transcription": 300.0, "first_clause": 200.0}
    texts = [f"{text.strip()}." for text in answer.split(".") if text]
    clauses = tuple(ClauseRecord(number, place, text, 0.0, 16_000, 16_000) for place, text in enumerate(texts))
    return TurnRecord(number, start, end, question, "en", 0.0, clauses, len(clauses), 0.0, timings)
