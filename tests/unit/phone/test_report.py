"""What a test call prints."""

import json
import sqlite3
from pathlib import Path

import pytest

from steadyline.calls.journal import Journal
from steadyline.phone.lookup import lookup
from steadyline.phone.report import CallReport, TurnReport

REPORT = CallReport(
    target="sip:steadyline@127.0.0.1:5060",
    ended="completed",
    sip_call_id="abc@caller",
    codec="PCMU",
    answered_ms=812,
    duration_s=21.4,
    greeting_start_s=0.4,
    greeting_end_s=1.9,
    turns=(
        TurnReport("q1.wav", 4.0, 6.0, 6.9, 9.0, 900),
        TurnReport("q2.wav", 11.0, 14.0, None, None, None),
    ),
    recording="call/call.wav",
)


def journaled(path: Path) -> Path:
    """A journal in which the second question was cut in two."""
    with Journal(path) as journal:
        journal.call_started("uuid-1", 66, "abc@caller", "sip:caller@127.0.0.1", "PCMU", 1000.0)
        journal.clause_written("uuid-1", 0, 0, "Hello!", 1000.2)
        for turn, (start_s, end_s, heard, said) in enumerate(
            [
                (3.8, 6.2, "capital of France?", "Paris."),
                (10.9, 12.0, "and of", "Of what?"),
                (12.4, 14.3, "Italy", "Rome."),
            ]
        ):
            journal.turn_heard("uuid-1", turn + 1, round(start_s * 16000), round(end_s * 16000), heard, "en", 1001.0)
            journal.clause_written("uuid-1", turn + 1, 0, said, 1002.0)
    return path


def test_the_journal_gives_the_texts_of_each_question(tmp_path: Path) -> None:
    report = lookup(journaled(tmp_path / "journal.sqlite"), REPORT, print)
    assert (report.call_id, report.greeting_text) == (66, "Hello!")
    assert [(turn.caller_text, turn.reply_text) for turn in report.turns] == [
        ("capital of France?", "Paris."),
        ("and of Italy", "Of what? Rome."),
    ]
    assert report.turns[0].voice_to_voice_ms == 900


def test_without_a_journal_the_texts_are_null(tmp_path: Path) -> None:
    assert lookup(tmp_path / "absent.sqlite", REPORT, print) == REPORT
    stranger = CallReport("sip:x@y", "completed", sip_call_id="of somebody else")
    assert lookup(journaled(tmp_path / "journal.sqlite"), stranger, print) == stranger


@pytest.mark.parametrize("content", [b"no journal", None])
def test_a_journal_that_cannot_be_read_takes_the_texts_and_not_the_report(
    tmp_path: Path, content: bytes | None
) -> None:
    """The call was made: what was measured is told, and why there are no texts."""
    path, told = journaled(tmp_path / "journal.sqlite"), list[str]()
    if content is None:
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA user_version = 1")
    else:
        path.write_bytes(content)
    assert lookup(path, REPORT, told.append) == REPORT
    [line] = told
    assert line.startswith("the report has no texts: ") and str(path) in line


def test_the_json_has_every_field_that_was_promised() -> None:
    printed = json.loads(json.dumps(REPORT.as_dict()))
    assert {"call_id", "codec", "answered_ms", "ended", "turns", "recording"} <= set(printed)
    promised = {"said", "said_end_s", "reply_start_s", "reply_end_s", "voice_to_voice_ms", "caller_text", "reply_text"}
    assert all(promised <= set(turn) for turn in printed["turns"])


def test_the_dialogue_reads_in_order_with_its_times(tmp_path: Path) -> None:
    lines = lookup(journaled(tmp_path / "journal.sqlite"), REPORT, print).dialogue().splitlines()
    assert lines[0] == "sip:steadyline@127.0.0.1:5060: completed"
    assert "PCMU" in lines[1] and "812 ms" in lines[1]
    assert [line.split()[3] for line in lines[2:6]] == ["agent", "caller", "agent", "caller"]
    assert "Hello!" in lines[2] and "capital of France?" in lines[3]
    assert "Paris." in lines[4] and "after 900 ms" in lines[4]
    assert "no reply" in lines[6]
    assert lines[-1] == "recording: call/call.wav"


@pytest.mark.parametrize("ended", ["no_answer", "refused"])
def test_a_call_that_was_not_answered_says_why(ended: str) -> None:
    text = CallReport("sip:x@y", ended, "486 Busy Here").dialogue()
    assert text == f"sip:x@y: {ended.replace('_', ' ')} (486 Busy Here)"
