"""Drill engines: what they hear, answer, go on with and say, and what their logbook tells of it."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from steadyline.drills import tone_engines
from steadyline.drills.logbook import FOLDER_VARIABLE, Logbook, LogbookReader
from steadyline.drills.rendered import expected_of
from steadyline.drills.tone_engines import (
    PACE_VARIABLE,
    DrillModel,
    DrillRecognizer,
    DrillStandbyVoice,
    DrillVoice,
    drill_answer,
)
from steadyline.drills.tone_score import score
from steadyline.drills.tone_speech import VOCABULARY, speak, words_in, words_of
from steadyline.engines.llm import Message
from steadyline.errors import EngineError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setenv(PACE_VARIABLE, "0")
    return tmp_path


def answered(*messages: Message, stop_after: int = 100) -> str:
    pieces: list[str] = []

    def on_text(piece: str) -> bool:
        pieces.append(piece)
        return len(pieces) == stop_after

    DrillModel().stream(messages, slot=3, max_tokens=100, temperature=0.0, stop=(), on_text=on_text)
    return "".join(pieces).strip()


@pytest.mark.parametrize("question", [*VOCABULARY, "alpha bravo", "alpha bravo charlie"])
def test_no_answer_repeats_a_word_at_once_or_leaves_the_vocabulary(question: str) -> None:
    words = words_of(drill_answer(question))
    assert len(words) in (5, 15) and all(a != b for a, b in pairwise(words))


def test_answers_to_different_words_are_different() -> None:
    assert len({drill_answer(word) for word in VOCABULARY}) == len(VOCABULARY)


def test_the_model_answers_the_last_question_and_stops_when_told() -> None:
    history = [
        Message("system", "persona"),
        Message("user", "alpha"),
        Message("assistant", "one"),
        Message("user", "bravo"),
    ]
    assert answered(*history) == drill_answer("bravo")
    assert answered(*history, stop_after=2) == " ".join(drill_answer("bravo").split()[:2])


def test_the_model_goes_on_with_an_answer_that_was_begun(folder: Path) -> None:
    whole = drill_answer("alpha bravo charlie")
    begun, rest = " ".join(whole.split()[:5]), " ".join(whole.split()[5:])
    assert answered(Message("user", "alpha bravo charlie"), Message("assistant", begun)) == rest
    [entry] = [entry for entry in LogbookReader(folder).read() if entry.event == "generation begun"]
    assert entry.facts == {"question": "alpha bravo charlie", "begun": 5, "slot": 3}


def test_the_recognizer_takes_the_pieces_of_a_word_for_one(folder: Path) -> None:
    whole = speak("alpha bravo", 16_000)
    cut = np.concatenate((whole[:900], np.zeros(3000, np.float32), whole[900:]))
    assert DrillRecognizer().transcribe(cut).text == "alpha bravo"
    assert [entry.event for entry in LogbookReader(folder).read()] == ["transcription begun", "transcription ended"]


@pytest.mark.parametrize("voice", [DrillVoice, DrillStandbyVoice])
def test_a_voice_tells_how_long_it_made_each_word(folder: Path, voice: type[DrillVoice]) -> None:
    first, second = (np.concatenate(list(voice().synthesize("Alpha bravo charlie."))) for _ in range(2))
    assert len(first) != len(second)
    entries = LogbookReader(folder).read()
    for samples, noted in zip((first, second), entries[1::2], strict=True):
        expected = expected_of("alpha bravo charlie", [noted])
        assert [word.longest_s for word in expected] == noted.facts["lengths_s"]
        assert score(expected, words_in(samples, voice.rate_hz)).is_perfect


def test_the_voices_are_not_alike() -> None:
    assert DrillVoice.rate_hz != DrillStandbyVoice.rate_hz


def test_a_word_that_is_no_drill_word_is_an_engine_error() -> None:
    with pytest.raises(EngineError, match="'banana'"):
        list(DrillVoice().synthesize("banana"))


def test_engines_take_the_time_that_the_drill_reckons_with(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(tone_engines.time, "sleep", slept.append)
    monkeypatch.setenv(PACE_VARIABLE, "1")
    DrillRecognizer().transcribe(np.zeros(160, np.float32))
    list(DrillVoice().synthesize("alpha"))
    assert slept == [tone_engines.TRANSCRIPTION_S, tone_engines.RENDERING_S]


def test_without_a_drill_the_logbook_writes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE)
    Logbook().note("something")
    assert list(folder.iterdir()) == []


def test_a_line_that_is_being_written_is_read_later(folder: Path) -> None:
    reader = LogbookReader(folder)
    assert reader.read() == []
    Logbook(folder).note("begun", text="alpha")
    file = folder / "engines.jsonl"
    with file.open("ab") as other:
        other.write(b'{"at": 2.0, "event"')
    assert [entry.event for entry in reader.read()] == ["begun"]
    with file.open("ab") as other:
        other.write(b': "ended"}\n')
    assert [(entry.event, entry.at) for entry in reader.read()] == [("ended", 2.0)]
    assert len(reader.entries) == 2
