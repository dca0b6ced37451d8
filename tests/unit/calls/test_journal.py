"""The journal as the services and the command line use it."""

import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadyline.calls.journal import Journal, JournalError, read_only
from steadyline.calls.schema import MIGRATIONS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "journal.sqlite3"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with Journal(path) as journal:
        yield journal


def start(journal: Journal, call_uuid: str = "u1", call_id: int = 66, started_at: float = 100.0) -> None:
    journal.call_started(call_uuid, call_id, f"sip-{call_uuid}", "sip:joe@127.0.0.1", "PCMU", started_at)


def test_a_whole_call_is_read_back(journal: Journal) -> None:
    start(journal)
    journal.call_answered("u1", 101.0, "PCMU")
    journal.clause_written("u1", 0, 0, "Hello, how can I help?", 101.1)
    journal.answer_finished("u1", 0, 1, 101.2)
    assert journal.turn_heard("u1", 1, 8000, 40000, "What is the capital of France?", "en", 104.0)
    journal.clause_written("u1", 1, 0, "The capital of France,", 104.2)
    journal.clause_written("u1", 1, 1, "is Paris.", 104.4)
    journal.answer_finished("u1", 1, 2, 104.5)
    journal.clause_heard("u1", 1, 0, 22050)
    journal.turn_timing("u1", 1, "voice_to_voice", 612.5)
    journal.event("u1", "gateway", "digit", {"digit": "5"}, 105.0)
    journal.call_ended("u1", 106.0, "caller hung up")

    call = journal.find_call(sip_call_id="sip-u1")
    assert call is not None
    assert (call.call_id, call.codec, call.answered_at, call.ended_at) == (66, "PCMU", 101.0, 106.0)
    assert call.end_reason == "caller hung up"
    greeting, turn = call.turns
    assert (greeting.turn, greeting.caller_text, greeting.reply_text) == (0, None, "Hello, how can I help?")
    assert turn.caller_text == "What is the capital of France?"
    assert turn.reply_text == "The capital of France, is Paris."
    assert (turn.clause_count, turn.timings_ms) == (2, {"voice_to_voice": 612.5})
    assert [clause.heard_samples for clause in turn.clauses] == [22050, None]
    assert [(event.kind, event.detail) for event in call.events] == [("digit", {"digit": "5"})]


def test_a_call_is_found_by_each_key_and_the_latest_of_a_reused_number(journal: Journal) -> None:
    start(journal, "old", started_at=1.0)
    start(journal, "new", started_at=2.0)
    assert (
        journal.find_call(call_id=66) == journal.find_call(call_uuid="new") == journal.find_call(sip_call_id="sip-new")
    )
    assert journal.find_call(call_uuid="other") is None
    with pytest.raises(TypeError, match="one of call_uuid, sip_call_id, call_id"):
        journal.find_call()


def test_recent_and_open_calls(journal: Journal) -> None:
    for number in range(4):
        start(journal, f"u{number}", started_at=float(number))
    journal.call_ended("u1", 9.0, "caller hung up")
    assert [call.call_uuid for call in journal.recent_calls(2)] == ["u3", "u2"]
    assert [call.call_uuid for call in journal.open_calls()] == ["u0", "u2", "u3"]


def test_the_first_end_of_a_call_stays(journal: Journal) -> None:
    start(journal)
    journal.call_ended("u1", 5.0, "caller hung up")
    journal.call_ended("u1", 6.0, "gateway stopped")
    call = journal.find_call(call_uuid="u1")
    assert call is not None
    assert (call.ended_at, call.end_reason) == (5.0, "caller hung up")


def test_a_replayed_turn_is_dropped_whatever_its_words(journal: Journal) -> None:
    assert journal.turn_heard("u1", 1, 0, 1000, "yes please", "en", 1.0)
    assert not journal.turn_heard("u1", 2, 0, 1000, "guess, please", "en", 2.0)
    assert not journal.turn_heard("u1", 2, 200, 900, "please", "en", 2.0)
    assert [turn.caller_text for turn in journal.turns("u1")] == ["yes please"]
    assert (journal.committed_through("u1"), journal.last_turn("u1")) == (1000, 1)


def test_calls_do_not_share_turns(journal: Journal) -> None:
    journal.turn_heard("u1", 1, 0, 1000, "one", "en", 1.0)
    assert (journal.committed_through("u2"), journal.last_turn("u2")) == (0, 0)
    assert journal.turn_heard("u2", 1, 0, 500, "two", "en", 1.0)
    assert [turn.caller_text for turn in journal.turns("u2")] == ["two"]


def test_a_turn_number_is_not_given_twice(journal: Journal) -> None:
    journal.turn_heard("u1", 1, 0, 1000, "one", "en", 1.0)
    with pytest.raises(JournalError, match="UNIQUE"):
        journal.turn_heard("u1", 1, 1000, 2000, "two", "en", 2.0)
    assert journal.turn_heard("u1", 2, 1000, 2000, "two", "en", 2.0)


@pytest.mark.parametrize(("turn", "start_sample", "end_sample"), [(0, 0, 1), (1, 5, 5), (1, -1, 5)])
def test_a_turn_without_audio_is_refused(journal: Journal, turn: int, start_sample: int, end_sample: int) -> None:
    with pytest.raises(ValueError, match="wanted turn >= 1, 0 <= start < end"):
        journal.turn_heard("u1", turn, start_sample, end_sample, "", "en", 1.0)


RANGES = st.tuples(st.integers(0, 300), st.integers(1, 80)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(ranges=st.lists(RANGES, max_size=12))
def test_no_sample_is_ever_covered_twice(
    tmp_path_factory: pytest.TempPathFactory, ranges: list[tuple[int, int]]
) -> None:
    with Journal(tmp_path_factory.mktemp("journal") / "j.sqlite3") as journal:
        for start_sample, end_sample in ranges:
            before = journal.committed_through("u")
            turn = journal.last_turn("u") + 1
            accepted = journal.turn_heard("u", turn, start_sample, end_sample, "words", "en", 1.0)
            assert accepted == (end_sample > before)
            assert journal.committed_through("u") == max(before, end_sample)
            assert not journal.turn_heard("u", turn + 1, start_sample, end_sample, "again", "en", 2.0)
        covered = [
            sample for turn in journal.turns("u") for sample in range(turn.start_sample or 0, turn.end_sample or 0)
        ]
    assert len(covered) == len(set(covered))
    assert covered == sorted(covered)


def test_heard_never_goes_back(journal: Journal) -> None:
    journal.clause_written("u1", 1, 0, "one", 1.0)
    for sample in (400, 900, 600):
        journal.clause_heard("u1", 1, 0, sample)
    assert journal.turns("u1")[0].clauses[0].heard_samples == 900


def test_a_clause_written_again_keeps_its_first_text(journal: Journal) -> None:
    journal.clause_written("u1", 1, 0, "Paris.", 1.0)
    journal.clause_written("u1", 1, 0, "Lyon.", 2.0)
    assert journal.turns("u1")[0].reply_text == "Paris."


def test_words_are_erased_at_the_end_when_they_are_not_to_be_kept(path: Path) -> None:
    with Journal(path, store_text=False) as journal:
        start(journal)
        journal.turn_heard("u1", 1, 0, 1000, "my secret number", "en", 1.0)
        journal.clause_written("u1", 1, 0, "your secret number", 1.0)
        assert journal.turns("u1")[0].caller_text == "my secret number"
        journal.call_ended("u1", 5.0, "caller hung up")
        journal.clause_written("u1", 1, 1, "a late secret", 6.0)
        (turn,) = journal.turns("u1")
        assert (turn.caller_text, turn.reply_text, turn.end_sample) == (None, "", 1000)
        assert all(b"secret" not in file.read_bytes() for file in path.parent.iterdir())


def test_events_of_the_system_belong_to_no_call(journal: Journal) -> None:
    journal.event(None, "whisper", "restarted", {"restarts": 1}, 1.0)
    journal.event("u1", "gateway", "digit", {"digit": "#"}, 2.0)
    assert [event.call_uuid for event in journal.events(10)] == ["u1", None]


def test_what_was_written_is_there_after_opening_again(path: Path) -> None:
    with Journal(path) as journal:
        start(journal)
    with Journal(path) as journal:
        assert journal.find_call(call_id=66) is not None


def test_nobody_else_can_read_the_journal(path: Path, journal: Journal) -> None:
    start(journal)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


def test_reading_beside_a_writer(path: Path, journal: Journal) -> None:
    start(journal)
    with read_only(path) as reader:
        assert [call.call_uuid for call in reader.recent_calls(5)] == ["u1"]
        start(journal, "u2", started_at=200.0)
        assert [call.call_uuid for call in reader.recent_calls(5)] == ["u2", "u1"]


def test_reading_a_journal_that_is_not_there_creates_none(path: Path) -> None:
    with pytest.raises(JournalError, match="no call was taken yet"):
        read_only(path)
    assert not path.parent.exists()


def test_a_journal_of_a_newer_version_is_left_alone(path: Path) -> None:
    Journal(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(JournalError, match="schema version 99, this Steadyline has 4: upgrade"):
        Journal(path)
    with pytest.raises(JournalError, match="upgrade"):
        read_only(path)


def test_an_answer_that_ends_the_call_is_known_as_one(journal: Journal) -> None:
    for turn, ends_call in ((1, False), (2, True)):
        journal.turn_heard("u1", turn, turn * 1000, turn * 1000 + 500, "hello", "en", 1.0)
        journal.clause_written("u1", turn, 0, "bye", 1.0)
        journal.answer_finished("u1", turn, 1, 2.0, ends_call=ends_call)
    assert [turn.ends_call for turn in journal.turns("u1")] == [False, True]


def test_a_journal_of_the_first_version_is_brought_up_to_date(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    with sqlite3.connect(path) as connection:
        for statement in MIGRATIONS[0]:
            connection.execute(statement)
        connection.execute("PRAGMA user_version = 1")
        connection.execute("INSERT INTO answers VALUES ('u1', 1, 2, 3.0)")
    with Journal(path) as journal:
        (turn,) = journal.turns("u1")
        assert (turn.clause_count, turn.ends_call) == (2, False)
