"""`steadyline replay` on a file of a call."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.replay.calls import recorded

from steadyline.cli import main
from steadyline.replay.recorded_call import RecordedCall


@pytest.fixture(scope="module")
def call() -> RecordedCall:
    return recorded()


@pytest.fixture
def path(call: RecordedCall, tmp_path: Path) -> str:
    call.save(tmp_path / "talk.call.zip")
    return str(tmp_path / "talk.call.zip")


def test_a_call_that_is_the_same_ends_with_0(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", path]) == 0
    told = capsys.readouterr().out
    assert "words were heard once, in order" in told and "no difference in turns and words" in told


def test_a_kill_and_its_repair_are_told(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", path, "--kill", "outbound@turn2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["differences"] == [] and told["words"]["are_whole"]
    assert told["kill"]["service"] == "outbound" and 0 < told["kill"]["latest_s"] < 5


def test_a_difference_ends_with_1_and_is_told(
    call: RecordedCall, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    turns = (*call.record.turns[:2], replace(call.record.turns[2], clauses=call.record.turns[2].clauses[:1]))
    other = replace(call, record=replace(call.record, turns=turns))
    # What was said then is what the recorded engines know; so the recording itself is made to differ.
    other.save(tmp_path / "other.call.zip")
    assert main(["--set", "inbound.shortest_wait_ms=1500", "replay", str(tmp_path / "other.call.zip")]) == 1
    assert "turn 1: " in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["none.call.zip"], ["1"], ["1", "--kill", "gateway@turn1"]])
def test_what_cannot_be_replayed_is_an_error_with_a_reason(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--set", f"journal.path={tmp_path / 'none.sqlite'}", "replay", *arguments]) == 2
    assert capsys.readouterr().err.startswith("steadyline: ")
