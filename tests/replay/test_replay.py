"""A recorded call played to the present code: the same call again, and what is told when it is not."""

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.replay.calls import ASKED, recorded

from steadyline.config import Config
from steadyline.replay.choices import KILLABLE, Kill, ReplayError
from steadyline.replay.comparison import differences, latest_s, words_heard
from steadyline.replay.player import replay
from steadyline.replay.recorded_call import RecordedCall
from steadyline.replay.recorded_engines import RecordedVoice

TOLERANCE_MS = 50.0


@pytest.fixture(scope="module")
def call() -> RecordedCall:
    return recorded()


def test_it_is_the_same_call_again(call: RecordedCall) -> None:
    replayed = replay(call, Config())
    assert differences(call.record, replayed.record, TOLERANCE_MS) == []
    assert [turn.caller_text for turn in replayed.record.turns[1:]] == [question for question, _ in ASKED.values()]
    words = words_heard(replayed.record, replayed.heard, RecordedVoice(call))
    assert words.are_whole
    assert words.said == len(" ".join([Config().llama.greeting, *(answer for _, answer in ASKED.values())]).split())


@pytest.mark.parametrize("service", [None, "inbound", "whisper", "llama"])
def test_a_line_that_was_typed_is_typed_again(call: RecordedCall, service: str | None) -> None:
    """The second question was typed, in the silence after the first answer."""
    second = call.record.turns[2]
    at = second.start_sample or 0
    ticks, caller = 16_000 // call.rate_hz, call.caller.copy()
    caller[at // ticks : (second.end_sample or 0) // ticks] = 0
    typed = replace(_changed(call, 2, end_sample=at + 1), caller=caller)
    replayed = replay(typed, Config(), Kill(service, 2) if service else None)
    [turn] = [turn for turn in replayed.record.turns if turn.is_typed]
    assert (turn.turn, turn.caller_text, turn.reply_text) == (2, second.caller_text, second.reply_text)
    assert abs((turn.end_sample or 0) - at) <= 16 * Config().gateway.quiet_frame_ms + 1
    assert words_heard(replayed.record, replayed.heard, RecordedVoice(typed)).are_whole


@pytest.mark.parametrize("service", KILLABLE)
def test_every_word_is_heard_when_a_service_is_killed_in_an_answer(call: RecordedCall, service: str) -> None:
    calm, killed = replay(call, Config()), replay(call, Config(), Kill(service, 2))
    voice = RecordedVoice(call)
    before, after = (words_heard(one.record, one.heard, voice) for one in (calm, killed))
    assert killed.killed_at_s is not None
    assert after.are_whole and after.said == before.said
    assert latest_s(before, after) < 5.0
    assert [turn.reply_text for turn in killed.record.turns] == [turn.reply_text for turn in call.record.turns]


CHANGES: list[tuple[Callable[[RecordedCall], RecordedCall], str]] = [
    (
        lambda call: _changed(call, 1, caller_text="What is the capital of Spain?"),
        "turn 1: the caller was understood as",
    ),
    (lambda call: _changed(call, 2, clauses=call.record.turns[2].clauses[:1]), "turn 2: the answer is"),
    (lambda call: _changed(call, 2, end_sample=1), "turn 2: ends at"),
    (lambda call: _changed(call, 1, timings_ms={"first_audio": 5000.0}), "turn 1: the caller waited"),
    (
        lambda call: replace(call, record=replace(call.record, turns=call.record.turns[:2])),
        "turn 2: is not in the recording",
    ),
]


@pytest.mark.parametrize(("change", "told"), CHANGES)
def test_what_differs_is_told(call: RecordedCall, change: Callable[[RecordedCall], RecordedCall], told: str) -> None:
    found = differences(change(call).record, call.record, TOLERANCE_MS)
    assert [line for line in found if line.startswith(told)], found


def test_a_setting_that_makes_the_caller_wait_longer_is_found(call: RecordedCall) -> None:
    config = Config()
    config.inbound.shortest_wait_ms = 1500
    found = differences(call.record, replay(call, config).record, TOLERANCE_MS)
    assert any("the caller waited" in line or "ends at" in line for line in found), found


def test_a_turn_that_never_comes_is_no_moment_for_a_kill(call: RecordedCall) -> None:
    with pytest.raises(ReplayError, match="turn 7"):
        replay(call, Config(), Kill("tts", 7))


@pytest.mark.parametrize("text", ["tts", "tts@2", "gateway@turn1", "tts@turn-1", "@turn1", "tts@turnx"])
def test_a_kill_that_is_none_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ReplayError, match=r"SERVICE@turnN.*inbound, whisper"):
        Kill.parse(text)


def test_a_call_comes_back_from_its_file_as_it_was(call: RecordedCall, tmp_path: Path) -> None:
    path = tmp_path / "one.call.zip"
    call.save(path)
    again = RecordedCall.load(path)
    assert again.record == call.record and again.rate_hz == call.rate_hz
    assert np.array_equal(again.caller, call.caller)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"RIFF"])
def test_a_file_that_is_no_call_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.call.zip"
    path.write_bytes(content)
    with pytest.raises(ReplayError, match=r"is no recorded call.*steadyline calls export"):
        RecordedCall.load(path)


@pytest.mark.parametrize(
    ("found", "instead"), [('"start_sample": ', '"start_sample": "soon", "x": '), ('"turns": [', '"turns": 7, "y": [')]
)
def test_a_field_of_another_type_is_refused(call: RecordedCall, found: str, instead: str, tmp_path: Path) -> None:
    path, other = tmp_path / "one.call.zip", tmp_path / "other.call.zip"
    call.save(path)
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(other, "w") as changed:
        for name in whole.namelist():
            changed.writestr(name, whole.read(name).replace(found.encode(), instead.encode()))
    with pytest.raises(ReplayError, match="is no recorded call"):
        RecordedCall.load(other)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReplayError, match="No such file"):
        RecordedCall.load(tmp_path / "none.call.zip")


def _changed(call: RecordedCall, turn: int, **fields: Any) -> RecordedCall:
    turns = list(call.record.turns)
    turns[turn] = replace(turns[turn], **fields)
    return replace(call, record=replace(call.record, turns=tuple(turns)))
