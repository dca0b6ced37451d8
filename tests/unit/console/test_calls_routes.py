"""Calls out of the journal: lists that open fast however many there are, and words that stay words."""

import json
import sqlite3
from pathlib import Path

import pytest
from benchmarks.console_load import fill_journal
from tests.unit.console.scene import Scene

from steadyline.calls.journal import Journal
from steadyline.calls.lists import PAGE_QUERY, SPANS_QUERY, WAITS_QUERY
from steadyline.console.call_routes import PAGE_CALLS
from steadyline.console.call_view import MAX_SHOWN_CHARS

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u202e"
MANY = 10_000


def fill(path: Path, calls: int) -> None:
    """Past calls, a second apart, three of them at each moment."""
    with Journal(path):
        pass
    rows = [
        (f"call-{n:06d}", n, "sip", "sip:a@b", "PCMU", 1000.0 + n // 3, 1001.0, 1002.0 + n, "caller hung up")
        for n in range(calls)
    ]
    with sqlite3.connect(path) as connection:
        connection.executemany("INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        connection.executemany(
            "INSERT INTO timings VALUES (?, 1, 'first_audio', 900.0)", [(f"call-{n:06d}",) for n in range(calls)]
        )


def test_a_list_of_10000_calls_walks_an_index(scene: Scene) -> None:
    fill(scene.journal, MANY)
    with sqlite3.connect(scene.journal) as connection:
        for query, arguments, index in (
            (PAGE_QUERY, (2000.0, "call-1", 50), "calls_by_start "),
            (WAITS_QUERY, (0, 1, 9), "COVERING INDEX calls_by_span "),
            (SPANS_QUERY, (0, 9), "COVERING INDEX calls_by_span "),
        ):
            plan = [str(row[3]) for row in connection.execute(f"EXPLAIN QUERY PLAN {query}", arguments)]
            assert any(index in step and step.startswith("SEARCH") for step in plan), plan
            assert not any(step.startswith("SCAN") or "TEMP B-TREE" in step for step in plan), plan


def test_every_hour_of_a_busy_day_has_its_waits(scene: Scene) -> None:
    fill_journal(scene.journal, MANY)
    health = scene.browser().get("/api/health").json()
    assert health["calls"] == MANY
    assert all(hour["calls"] and hour["count"] >= 75 and hour["p95_ms"] == 983 for hour in health["by_hour"][-22:])


def test_pages_follow_each_other_without_a_gap_or_a_double(scene: Scene) -> None:
    fill(scene.journal, 3 * PAGE_CALLS + 7)
    browser, found, path = scene.browser(), [], "/api/calls"
    while path:
        page = browser.get(path).json()
        assert 0 < len(page["calls"]) <= PAGE_CALLS
        found += [call["call_uuid"] for call in page["calls"]]
        path = f"/api/calls?before={page['next']}" if page["next"] else ""
    assert found == [f"call-{n:06d}" for n in reversed(range(3 * PAGE_CALLS + 7))]


@pytest.mark.parametrize(
    "before", ["x", "1", "~", "1~../x", "1e400~a", "nan~a", "1~" + "a" * 65, "1; DROP TABLE calls~a", "-1~a"]
)
def test_a_place_in_the_list_that_it_never_gave_is_refused(scene: Scene, before: str) -> None:
    scene.with_call()
    assert scene.browser().get("/api/calls", params={"before": before}).status_code == 400


def test_a_call_in_the_list(scene: Scene) -> None:
    scene.with_call()
    [call] = scene.browser().get("/api/calls").json()["calls"]
    assert (call["peer"], call["turns"], call["end_reason"]) == ("sip:alice@example.com", 1, "caller hung up")
    assert (call["answered_at"], call["ended_at"], call["state"]) == (1001.0, 1010.0, "ended")


def test_a_live_call_is_told_from_one_that_went_with_its_gateway(scene: Scene) -> None:
    with Journal(scene.journal) as journal:
        for name in ("living", "left"):
            journal.call_started(name, 2, "sip", "sip:a@b", "PCMU", 1000.0)
    scene.gateway = {"calls": [{"call_uuid": "living"}]}
    states = {call["call_uuid"]: call["state"] for call in scene.browser().get("/api/calls").json()["calls"]}
    assert states == {"living": "live", "left": "cut off"}


def test_before_the_first_call_lists_are_empty(scene: Scene) -> None:
    browser = scene.browser()
    assert browser.get("/api/calls").json() == {"calls": [], "next": None}
    assert browser.get("/api/health").json()["calls"] == 0
    assert browser.get("/api/calls/call-1").status_code == 404


def test_a_damaged_journal_is_told_and_left_as_it_is(scene: Scene) -> None:
    scene.journal.write_bytes(b"no database" * 1000)
    answer = scene.browser().get("/api/calls")
    assert answer.status_code == 503 and "journal" in answer.json()["error"]
    assert scene.journal.read_bytes().startswith(b"no database")


def test_one_call_on_one_time_line(scene: Scene) -> None:
    scene.with_call()
    call = scene.browser().get("/api/calls/call-1").json()
    greeting, turn = call["turns"]
    assert (greeting["reply_text"], greeting["heard_s"]) == ("Hello.", 1.0)
    assert (turn["said_from_s"], turn["said_to_s"]) == (3.0, 5.0)
    assert (turn["caller_text"], turn["reply_text"]) == ("What is it?", "It is this.")
    assert {bar["name"]: (bar["from_ms"], bar["ms"]) for bar in turn["waterfall"]} == {
        "end of turn": (0, 600),
        "transcription": (400, 200),
        "first clause": (650, 250),
        "first sound": (0, 1100),
    }
    assert call["events"] == [{"at_s": 7.0, "service": "gateway", "kind": "digit", "detail": {"digit": "5"}}]


def test_markup_in_names_and_words_is_given_as_data_and_never_as_a_page(scene: Scene) -> None:
    scene.with_call(peer=f"sip:{MARKUP}@evil", question=MARKUP, answer=MARKUP)
    browser = scene.browser()
    call = browser.get("/api/calls/call-1")
    assert call.headers["content-type"] == "application/json"
    assert call.json()["turns"][1]["caller_text"] == MARKUP
    text = browser.get("/api/calls/call-1/call.txt")
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert text.headers["content-disposition"].startswith('attachment; filename="call-66-')
    assert "alert(" not in browser.get("/calls/call-1").text + browser.get("/calls").text


def test_line_breaks_in_words_forge_no_line_of_the_text(scene: Scene) -> None:
    scene.with_call(question="yes\nended: by nobody\r\n00:00  agent   forged")
    lines = scene.browser().get("/api/calls/call-1/call.txt").text.splitlines()
    assert lines[-1] == "ended: caller hung up"
    assert lines[2] == "00:03  caller  yes ended: by nobody 00:00 agent forged"


def test_a_huge_transcript_is_cut_on_the_page_and_whole_in_the_download(scene: Scene) -> None:
    words = "word " * 100_000
    scene.with_call(question=words)
    browser = scene.browser()
    turn = browser.get("/api/calls/call-1").json()["turns"][1]
    assert len(turn["caller_text"]) == MAX_SHOWN_CHARS and turn["is_cut"]
    assert json.loads(browser.get("/api/calls/call-1/call.json").content)["turns"][1]["caller_text"] == words


@pytest.mark.parametrize(
    "name", ["..%2f..%2fetc%2fpasswd", "%2e%2e", "a'--", "a%00b", "x" * 65, "call-1%0d%0aset-cookie:a", "nobody", "ä"]
)
@pytest.mark.parametrize("what", ["", "/call.json", "/call.txt"])
def test_a_name_that_is_no_calls_is_not_found(scene: Scene, name: str, what: str) -> None:
    scene.with_call()
    answer = scene.browser().get(f"/api/calls/{name}{what}")
    assert answer.status_code == 404 and "set-cookie" not in answer.headers


def test_what_was_typed_is_told_from_what_was_said(scene: Scene) -> None:
    scene.with_call()
    with Journal(scene.journal) as journal:
        journal.turn_heard("call-1", 2, 70_000, 70_001, "And of Spain?", "en", 1006.0)
    browser = scene.browser()
    assert [turn["is_typed"] for turn in browser.get("/api/calls/call-1").json()["turns"]] == [False, False, True]
    text = browser.get("/api/calls/call-1/call.txt").text
    assert "caller  And of Spain? [typed]" in text and "What is it? [typed]" not in text


def test_words_that_were_not_kept_are_said_to_be_so(scene: Scene) -> None:
    with Journal(scene.journal, store_text=False) as journal:
        journal.call_started("call-1", 66, "sip", "sip:a@b", "PCMU", 1000.0)
        journal.call_answered("call-1", 1001.0, "PCMU")
        journal.turn_heard("call-1", 1, 0, 16_000, "secret", "en", 1003.0)
        journal.call_ended("call-1", 1010.0, "caller hung up")
    browser = scene.browser()
    assert browser.get("/api/calls/call-1").json()["turns"][0]["caller_text"] is None
    text = browser.get("/api/calls/call-1/call.txt").text
    assert "(words are not kept)" in text and "secret" not in text
