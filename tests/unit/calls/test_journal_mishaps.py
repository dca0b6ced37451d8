"""Dying writers, damaged files, full disks: what is committed stays, and nothing crashes."""

import logging
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from steadyline.calls.journal import Journal, JournalError, read_only

WRITER = Path(__file__).with_name("journal_writer.py")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite3"


def writer(path: Path, call_uuid: str, turns: int) -> "subprocess.Popen[str]":
    arguments = [sys.executable, str(WRITER), str(path), call_uuid, str(turns)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


def heard(journal: Journal, text: str = "one", turn: int = 1) -> bool:
    return journal.turn_heard("u1", turn, turn * 100 - 100, turn * 100, text, "en", 1.0)


def test_processes_that_write_at_once_lose_nothing(path: Path) -> None:
    processes = [writer(path, f"u{number}", 40) for number in range(4)]
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    with read_only(path) as reader:
        for number in range(4):
            turns = reader.turns(f"u{number}")
            assert [turn.turn for turn in turns] == list(range(1, 41))
            assert all(len(turn.clauses) == 3 for turn in turns)


def test_what_a_killed_writer_had_committed_is_there(path: Path) -> None:
    with writer(path, "u1", 1_000_000) as process:
        assert process.stdout is not None
        last = [int(process.stdout.readline()) for _ in range(20)][-1]
        os.kill(process.pid, signal.SIGKILL)
    with Journal(path) as journal:
        turns = journal.turns("u1")
        assert [turn.turn for turn in turns] == list(range(1, len(turns) + 1))
        assert len(turns) >= last
        assert all(len(turn.clauses) == 3 for turn in turns[:last])
        following = journal.last_turn("u1") + 1
        assert journal.turn_heard("u1", following, 10**9, 10**9 + 1, "on we go", "en", 1.0)


def test_a_file_that_is_no_journal_is_set_aside(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.write_bytes(b"once upon a time " * 500)
    with caplog.at_level(logging.WARNING), Journal(path, now=lambda: 0.0) as journal:
        assert heard(journal)
    aside = path.with_name("journal.sqlite3.corrupt-19700101T000000Z")
    assert aside.read_bytes() == b"once upon a time " * 500
    assert aside.name in caplog.text


def test_two_damaged_files_in_one_second_are_both_kept(path: Path) -> None:
    for content in (b"first " * 500, b"second " * 500):
        for side in path.parent.glob("journal.sqlite3*"):
            if "corrupt" not in side.name:
                side.unlink()
        path.write_bytes(content)
        Journal(path, now=lambda: 0.0).close()
    assert {file.read_bytes()[:5] for file in path.parent.glob("*corrupt*Z*")} == {b"first", b"secon"}


def test_a_file_damaged_while_it_is_open_is_set_aside_once_for_all(path: Path) -> None:
    journal, other = Journal(path), Journal(path)
    for turn in range(1, 50):
        heard(journal, "words " * 100, turn)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
    assert heard(journal, "after the damage", 50)
    assert other.turn_heard("u2", 1, 0, 100, "elsewhere", "en", 1.0)
    assert [turn.caller_text for turn in other.turns("u1")] == ["after the damage"]
    assert [turn.caller_text for turn in journal.turns("u2")] == ["elsewhere"]
    assert len([file for file in path.parent.glob("*.corrupt-*") if not file.name.endswith(("-wal", "-shm"))]) == 1


def test_a_damaged_file_is_only_reported_to_a_reader(path: Path) -> None:
    path.write_bytes(b"once upon a time " * 500)
    with pytest.raises(JournalError, match="not a database"):
        read_only(path)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_file_removed_under_a_service_is_begun_anew(path: Path) -> None:
    with Journal(path) as journal:
        heard(journal)
        for file in path.parent.iterdir():
            file.unlink()
        assert heard(journal, "again")
        with read_only(path) as reader:
            assert [turn.caller_text for turn in reader.turns("u1")] == ["again"]


def test_a_full_disk_is_an_error_and_no_more(path: Path) -> None:
    limited = (
        "import resource, signal, sys; from pathlib import Path; "
        "from steadyline.calls.journal import Journal, JournalError\n"
        "journal = Journal(Path(sys.argv[1])); signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))\n"
        "turn, failures = 1, 0\n"
        "while not failures:\n"
        "    try: journal.turn_heard('u1', turn, turn * 100, turn * 100 + 100, 'x' * 9000, 'en', 1.0); turn += 1\n"
        "    except JournalError as error: failures += 1; print(error, file=sys.stderr)\n"
        "print(journal.last_turn('u1'), turn)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\n"
        "assert journal.turn_heard('u1', turn, turn * 100, turn * 100 + 100, 'room again', 'en', 1.0)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", limited, str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stderr
    assert f"journal {path}: " in result.stderr
    last, attempted = map(int, result.stdout.split())
    assert last == attempted - 1 > 0
    with Journal(path) as journal:
        assert journal.turns("u1")[-1].caller_text == "room again"


def test_a_full_database_says_what_to_do(path: Path) -> None:
    journal = Journal(path)
    # The limit holds for one connection, so it is set on the journal's own.
    journal._database.run(lambda connection: connection.execute("PRAGMA max_page_count = 20").fetchall())
    with pytest.raises(JournalError, match=r"disk is full: free some space"):
        for turn in range(1, 200):
            heard(journal, "x" * 2000, turn)
    last = journal.last_turn("u1")
    assert journal.committed_through("u1") == last * 100 > 0


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match=r"journal .*file/journal.sqlite3: .*name another file"):
        Journal(tmp_path / "file" / "journal.sqlite3")


def test_a_path_that_is_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="unable to open database file"):
        Journal(tmp_path)
