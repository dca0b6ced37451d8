"""Rules for what no simulated system has: a real line's losses, echo, a gateway that died."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from steadyline.calls.records import CallRecord, ClauseRecord, EventRecord, TurnRecord
from steadyline.diagnosis.evidence import Evidence
from steadyline.diagnosis.rules import findings
from steadyline.recorder.reading import Happening

ANSWER = "Our office is open from nine to five on every weekday."


def turn(number: int, text: str, start_s: float, heard: float = 1.0, **fields: Any) -> TurnRecord:
    clause = ClauseRecord(number, 0, ANSWER, 0.0, round(heard * 1000), 1000)
    start = round(start_s * 16_000)
    record = TurnRecord(number, start, start + 16_000, text, "en", 0.0, (clause,), 1, 0.0, {})
    return replace(record, **fields)


def call(*turns: TurnRecord, ended_at: float | None = 60.0, **media: float) -> Evidence:
    events = (EventRecord("u", "gateway", "media", media, 60.0),) if media else ()
    record = CallRecord("u", 2, "s", "sip:a@b", "PCMU", 0.0, 0.0, ended_at, "hung up", turns, events)
    return Evidence(record, (), {}, None, None)


def typed(number: int, text: str, start_s: float, **fields: Any) -> TurnRecord:
    start = round(start_s * 16_000)
    return turn(number, text, start_s, end_sample=start + 1, **fields)


def rules(evidence: Evidence) -> set[str]:
    return {finding.rule for finding in findings(evidence)}


SOUND = turn(1, "When are you open?", 3.0)


@pytest.mark.parametrize(
    ("evidence", "rule"),
    [
        (call(SOUND, received_packets=3), "one-way-audio"),
        (replace(call(SOUND), caller_dbfs=np.full(600, -90.0)), "one-way-audio"),
        (replace(call(), caller_dbfs=np.full(600, -20.0)), "nothing-understood"),
        (call(SOUND, received_packets=2_900, lost_packets=300), "packet-loss"),
        (call(SOUND, received_packets=3_000, sent_packets=3_000, lost_packets_peer=500), "packet-loss"),
        (call(SOUND, received_packets=3_000, starved_frames=100), "starved"),
        (call(turn(1, "Hi.", 3.0, heard=0.6), turn(2, "Open from nine to five on", 6.0)), "echo"),
        (call(turn(1, "My number is 555", 3.0, heard=0.1), turn(2, "0199", 4.5)), "cut-off"),
        (call(turn(1, "Hello?", 3.0, clauses=())), "never-answered"),
        (call(turn(1, "Hello?", 3.0, timings_ms={"transcription": 5_000.0})), "slow-transcription"),
    ],
)
def test_it_is_named_with_what_says_so(evidence: Evidence, rule: str) -> None:
    [found] = [finding for finding in findings(evidence) if finding.rule == rule]
    assert found.text and all(found.evidence)


def test_a_gateway_that_died_leaves_a_call_without_an_end() -> None:
    last = Happening(40.0, "outbound", "lost", {"name": "gateway → outbound", "error": "closed"})
    assert "no-end" in rules(replace(call(SOUND, ended_at=None), happenings=(last,)))


@pytest.mark.parametrize(
    "evidence",
    [
        call(SOUND, received_packets=3_000, sent_packets=3_000, lost_packets=10),
        call(turn(1, "Hi.", 3.0, heard=0.4), turn(2, "Stop, I want to ask something else.", 9.0)),
        call(),
        replace(call(SOUND), caller_dbfs=np.full(0, -90.0)),
    ],
)
def test_nothing_is_found_where_nothing_is_wrong(evidence: Evidence) -> None:
    assert findings(evidence) == []


def test_what_is_typed_is_neither_cut_off_nor_echo() -> None:
    assert rules(call(turn(1, "My number is 555", 3.0, heard=0.1), typed(2, "0199", 4.5))) == set()
    assert rules(call(typed(1, "My number is 555", 3.0, heard=0.1), turn(2, "0199", 3.2))) == set()
    assert rules(call(turn(1, "Hi.", 3.0, heard=0.6), typed(2, "Open from nine to five on", 6.0))) == set()
