"""`steadyline calls`: what it shows of calls that were, what it writes, and that it deletes what it says and nothing else."""

import asyncio
import json
import logging
import sqlite3
import stat
from pathlib import Path

import numpy as np
import pytest
import soundfile

from steadyline.calls.journal import Journal, read_only
from steadyline.cli import main
from steadyline.commands.call_choice import CallsError, since_when
from steadyline.recorder.format import Origin
from steadyline.recorder.recorder import Recorder, What
from steadyline.recorder.writing import Writing

BEGAN = 1_750_000_000.0
UUIDS = {
    66: "aaaa0000-0000-4000-8000-000000000066",
    68: "bbbb0000-0000-4000-8000-000000000068",
    70: "aaab0000-0000-4000-8000-000000000070",
}
LATEST, FIRST = 70, 66
ESCAPE = "\x1b]0;owned\x07"


class Installation:
    """A journal with three calls an hour apart, the first of which is recorded; the latest has not ended."""

    def __init__(self, folder: Path) -> None:
        self.journal = folder / "journal.sqlite"
        self.recordings = folder / "recordings"
        self.writing = Writing(logging.getLogger("steadyline.tests"), has_thread=False)
        self.out = folder / "out"
        with Journal(self.journal) as journal:
            for place, (call_id, uuid) in enumerate(UUIDS.items()):
                at = BEGAN + 3_600 * place
                journal.call_started(uuid, call_id, f"sip-{call_id}", f"sip:joe{ESCAPE}@127.0.0.1", "PCMU", at)
                journal.call_answered(uuid, at + 1, "PCMU")
                talk(journal, uuid, at + 1)
                if call_id != LATEST:
                    journal.call_ended(uuid, at + 11.5, "caller hung up")
        self.record(FIRST, BEGAN + 1)
        self.writing.close()

    def record(self, call_id: int, at: float) -> None:
        origin = Origin({"whisper.model": f"whisper-base{ESCAPE} sha256:0123"}, {"inbound": "4567"})
        recorder = Recorder("gateway", 1, self.recordings, lambda: at + 2.5, self.writing, What(), origin)
        call = recorder.call(UUIDS[call_id], call_id)
        assert call is not None
        call.answered("PCMU", 8_000)
        for piece in range(50):
            call.heard(piece * 320, 8_000, np.full(160, 1000, np.int16))
            call.played(piece * 320, 8_000, np.full(160, -500, np.int16))
        call.signalled(at - 0.5, False, f"INVITE sip:agent{ESCAPE} SIP/2.0\r\nCall-ID: a@b\r\n")
        call.signalled(at, True, "SIP/2.0 200 Answering\r\nCall-ID: a@b\r\n")
        call.event("lost", connection=3, name="whisper → llama", side="dials", error="no frame for 1.25 s")
        call.event("healed", connection=3, name="whisper → llama", side="dials", attempts=2, gap_ms=812.5)
        call.ended("caller hung up")

    def run(self, *arguments: str) -> int:
        """A command, on ports where nobody is."""
        return main(["--set", f"journal.path={self.journal}", "--set", "gateway.status_port=1", "calls", *arguments])

    def uuids(self) -> list[str]:
        with read_only(self.journal) as journal:
            return [call.call_uuid for call in journal.recent_calls(100)]


def talk(journal: Journal, uuid: str, at: float) -> None:
    journal.clause_written(uuid, 0, 0, "Hello, how can I help?", at)
    journal.clause_heard(uuid, 0, 0, 8_000, 8_000)
    journal.turn_heard(uuid, 1, 32_000, 48_000, "What is the capital of France?", "en", at + 3)
    journal.turn_timing(uuid, 1, "first_audio", 640.0)
    journal.clause_written(uuid, 1, 0, "The capital of France", at + 3.1)
    journal.clause_written(uuid, 1, 1, "is Paris.", at + 3.2)
    journal.clause_heard(uuid, 1, 0, 8_000, 8_000)
    journal.event(uuid, "gateway", "digit", {"digit": "7"}, at + 5)
    journal.event(uuid, "gateway", "answered", {"ready_ms": 12.0}, at)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


def test_the_list_has_the_latest_first(installation: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    assert installation.run("list") == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split()[:4] == ["N", "BEGAN", "CALL", "UUID"]
    assert [line.split()[0] for line in lines] == ["1", "2", "3"]
    assert [line.split()[3] for line in lines] == ["70", "68", "66"]
    assert "10.5" in lines[2] and "yes" in lines[2] and "caller hung up" in lines[2]
    assert " no " in lines[1] and "unknown: its gateway died" in lines[0]


def test_the_list_for_programs(installation: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    assert installation.run("list", "--json", "--limit", "2") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["number"], row["call_id"], row["turns"], row["recorded"]) for row in rows] == [
        (1, 70, 1, False),
        (2, 68, 1, False),
    ]
    assert (rows[1]["duration_s"], rows[0]["ended"], rows[1]["end_reason"]) == (10.5, None, "caller hung up")


def test_the_list_since_a_time(installation: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    from datetime import datetime

    when = datetime.fromtimestamp(BEGAN + 3_600).isoformat()
    assert installation.run("list", "--json", "--since", when) == 0
    assert [row["call_id"] for row in json.loads(capsys.readouterr().out)] == [70, 68]
    assert installation.run("list", "--since", "1h") == 0
    assert "no calls since then" in capsys.readouterr().out


def test_no_calls_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ["--set", f"journal.path={tmp_path / 'none.sqlite'}", "calls"]
    assert main([*place, "list"]) == 0
    assert "no calls yet" in capsys.readouterr().out
    assert main([*place, "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert main([*place, "show", "1"]) == 2
    assert "there are no calls yet" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [], "nothing is made by looking"
    Journal(tmp_path / "none.sqlite").close()
    assert main([*place, "list"]) == 0
    assert "no calls yet" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["3", "call:66", "CALL:66", UUIDS[66], "aaaa"])
def test_a_call_is_told_with_times_waits_and_repairs(
    installation: Installation, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert installation.run("show", name) == 0
    text = capsys.readouterr().out
    assert UUIDS[66] in text and "caller hung up, 10.5 s after the answer" in text and "yes, 0.0 MB" in text
    lines = [line.strip() for line in text.splitlines()]
    assert "0.00  agent     Hello, how can I help?" in lines
    assert "2.00  caller    What is the capital of France?" in lines
    assert "3.64  agent     The capital of France is Paris.  (not all of it was heard)  [first audio 640 ms]" in lines
    assert "5.00  gateway   key 7" in lines
    assert "2.50  gateway   3 whisper → llama: lost: no frame for 1.25 s" in lines
    assert "2.50  gateway   3 whisper → llama: healed after 812.5 ms, 2 attempts" in lines
    assert "-0.50  from      INVITE sip:agent\ufffd]0;owned\ufffd SIP/2.0" in lines
    assert "0.00  to        SIP/2.0 200 Answering" in lines
    assert "whisper.model  whisper-base\ufffd]0;owned\ufffd sha256:0123" in lines
    assert any(line.startswith("settings  sha256:") for line in lines)
    assert "\x1b" not in text and "\x07" not in text


def test_one_call_for_programs(installation: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    assert installation.run("show", "call:66", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["call"]["turns"][1]["caller_text"] == "What is the capital of France?"
    assert [one["event"] for one in shown["happenings"]] == ["sip", "sip", "answered", "lost", "healed", "ended"]
    assert shown["happenings"][0]["message"].endswith("Call-ID: a@b\r\n") and not shown["happenings"][0]["sent"]
    assert shown["origin"]["settings"] == {"inbound": "4567"}


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("0", "no call has number 0: there are 3 calls"),
        ("4", "no call has number 4: there are 3 calls, 1 is the latest; a call id is written call:4"),
        ("call:67", "no call had this id"),
        ("aaa", "names no call, expected a number"),
        ("cccc", "no call's uuid begins with cccc"),
        ("aaa-", "no call's uuid begins"),
        ("../..", "names no call"),
        ("%%%%", "names no call"),
        ("____", "names no call"),
        ("' OR 1=1", "names no call"),
        ("١", "names no call"),
        ("", "names no call"),
        ("-1", "names no call"),
    ],
)
def test_a_name_of_nothing_gets_a_clear_line(
    installation: Installation, capsys: pytest.CaptureFixture[str], name: str, complaint: str
) -> None:
    assert installation.run("show", name) == 2
    assert complaint in capsys.readouterr().err


def test_a_beginning_of_several_uuids_names_none(
    installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    with Journal(installation.journal) as journal:
        journal.call_started("aaaa0000-0000-4000-8000-000000000099", 99, "sip-99", "sip:x", "", BEGAN)
    assert installation.run("delete", "aaaa", "--yes") == 2
    assert "several calls" in capsys.readouterr().err


def test_export_writes_sound_data_and_story(installation: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    assert installation.run("export", "3", "--out", str(installation.out)) == 0
    paths = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert [path.suffix for path in paths] == [".wav", ".json", ".txt"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    sound, rate_hz = soundfile.read(paths[0], dtype="int16")
    assert (sound.shape, rate_hz) == ((16_000, 2), 16_000)
    assert np.abs(sound[400:-400] - np.array([1000, -500])).max() < 20
    data = json.loads(paths[1].read_text())
    assert data["call"]["call_uuid"] == UUIDS[66] and data["frames"] == [] and data["damages"] == []
    assert data["origin"]["models"].keys() == {"whisper.model"}
    assert "The capital of France is Paris." in paths[2].read_text()


def test_export_of_a_call_without_sound(installation: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    assert installation.run("export", "2", "--out", str(installation.out)) == 0
    assert [Path(line).suffix for line in capsys.readouterr().out.splitlines()] == [".json", ".txt"]
    assert installation.run("export", "2", "--out", str(installation.out), "--format", "wav") == 1
    assert "no sound of this call is recorded" in capsys.readouterr().err


def test_export_of_a_call_whose_recording_was_cut_off(
    installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    """The process died in the middle of a write."""
    [file] = (installation.recordings / UUIDS[66]).iterdir()
    file.write_bytes(file.read_bytes()[:12_345])
    assert installation.run("export", "3", "--out", str(installation.out)) == 0
    wav, data, _ = (Path(line) for line in capsys.readouterr().out.splitlines())
    assert 5_000 < len(soundfile.read(wav)[0]) < 16_000
    assert "no whole record" in json.loads(data.read_text())["damages"][0]
    assert installation.run("show", "3") == 0
    assert "incomplete" in capsys.readouterr().out


@pytest.mark.parametrize("formats", ["mp3", "wav;json", "", ","])
def test_an_unknown_format_is_refused(
    installation: Installation, capsys: pytest.CaptureFixture[str], formats: str
) -> None:
    assert installation.run("export", "1", "--format", formats) == 2
    assert "expected some of wav, json, text" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_named(
    installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    installation.out.write_text("in the way")
    assert installation.run("export", "1", "--out", str(installation.out)) == 2
    assert f"--out {installation.out}" in capsys.readouterr().err


def test_delete_leaves_nothing_of_the_call_and_all_of_the_others(installation: Installation) -> None:
    assert installation.run("delete", UUIDS[66], "--yes") == 0
    assert installation.uuids() == [UUIDS[70], UUIDS[68]]
    assert not (installation.recordings / UUIDS[66]).exists()
    with sqlite3.connect(installation.journal) as connection:
        for table in ("turns", "clauses", "timings", "events", "calls"):
            found = {row[0] for row in connection.execute(f"SELECT DISTINCT call_uuid FROM {table}")}
            assert found == {UUIDS[68], UUIDS[70]}, table


def test_words_of_a_deleted_call_are_not_in_the_file_any_more(installation: Installation) -> None:
    for call in ("1", "1", "1"):
        assert installation.run("delete", call, "--yes") == 0
    for path in installation.journal.parent.glob("journal.sqlite*"):
        assert b"Paris" not in path.read_bytes()


def test_delete_beside_a_service_that_writes(installation: Installation) -> None:
    with Journal(installation.journal) as service:
        assert installation.run("delete", "2", "--yes") == 0
        service.event(UUIDS[70], "gateway", "digit", {"digit": "1"}, BEGAN)
        assert service.count_calls() == 2


def test_nobody_to_ask_is_said(installation: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    assert installation.run("delete", "1") == 2
    assert "give --yes" in capsys.readouterr().err
    assert len(installation.uuids()) == 3


@pytest.mark.parametrize(("answer", "left"), [("y", 2), ("n", 3), ("", 3)])
def test_who_is_asked_decides(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, answer: str, left: int
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    asked: list[str] = []
    monkeypatch.setattr("builtins.input", lambda text: asked.append(text) or answer)
    assert installation.run("delete", "3") == (0 if left == 2 else 1)
    assert "delete call 66" in asked[0] and "\x1b" not in asked[0]
    assert len(installation.uuids()) == left


def test_a_call_that_is_being_recorded_is_not_deleted(
    installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    writing = Writing(logging.getLogger("steadyline.tests"), has_thread=False)
    call = Recorder("gateway", 2, installation.recordings, lambda: BEGAN, writing, What()).call(UUIDS[LATEST], LATEST)
    assert call is not None
    call.answered("PCMU", 8_000)
    writing.drain()
    assert installation.run("delete", "1", "--yes") == 2
    assert "is under way" in capsys.readouterr().err and len(installation.uuids()) == 3
    writing.close()
    assert installation.run("delete", "1", "--yes") == 0, "its gateway died"


def test_a_call_that_the_gateway_has_is_not_deleted(
    installation: Installation, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answers(*_: object) -> dict[str, object]:
        await asyncio.sleep(0)
        return {"calls": [{"call_id": 70, "call_uuid": UUIDS[70]}]}

    monkeypatch.setattr("steadyline.commands.live_calls.ask_status", answers)
    assert installation.run("delete", "1", "--yes") == 2
    assert "is under way" in capsys.readouterr().err
    assert installation.run("list") == 0
    assert "under way" in capsys.readouterr().out.splitlines()[1]
    assert installation.run("delete", "2", "--yes") == 0


@pytest.mark.parametrize("limit", ["0", "-3"])
def test_a_limit_that_is_none(installation: Installation, capsys: pytest.CaptureFixture[str], limit: str) -> None:
    assert installation.run("list", "--limit", limit) == 2
    assert "expected 1 or more" in capsys.readouterr().err


@pytest.mark.parametrize(("text", "ago_s"), [("90min", 5_400), ("2h", 7_200), ("1.5d", 129_600), ("30 s", 30)])
def test_since_counts_back(text: str, ago_s: float) -> None:
    assert since_when(text, 1_000_000.0) == 1_000_000.0 - ago_s


@pytest.mark.parametrize("text", ["", "h", "yesterday", "2 weeks", "9999-99-99", "1e9d", "-1h"])
def test_since_what_is_no_time(text: str) -> None:
    with pytest.raises(CallsError, match="expected 90min"):
        since_when(text)
