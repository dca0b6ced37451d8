"""Rules on made-up records: what no simulated system has (gaps in the SIP stack), and the edges of the others."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from steadyline.calls.records import CallRecord, ClauseRecord, EventRecord, TurnRecord
from steadyline.diagnosis.evidence import Evidence
from steadyline.diagnosis.rules import findings
from steadyline.recorder.format import Origin
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


def message(sent: bool, text: str) -> Happening:
    return Happening(1.0, "gateway", "sip", {"sent": sent, "message": text.replace("\n", "\r\n")})


OFFER = "INVITE sip:a@b SIP/2.0\nCall-ID: x\n\nv=0\nc=IN IP4 {}\nm=audio 4000 RTP/AVP 0\n"


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("192.168.1.7", "192.168.1.7 port 4000, an address that is known in its own network alone"),
        ("127.0.0.1", "127.0.0.1 port 4000, on its own machine"),
        ("8.8.8.8", "8.8.8.8 port 4000"),
        ("pbx.example", "pbx.example port 4000"),
    ],
)
def test_of_sound_that_goes_one_way_the_telephone_says_where_its_own_is(host: str, told: str) -> None:
    happenings = (message(False, OFFER.format(host)), message(True, OFFER.format("10.0.0.1")))
    [found] = findings(replace(call(SOUND, received_packets=3), happenings=happenings))
    assert found.evidence[1] == f"the caller's telephone says that its sound is at {told}"


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        ([(True, "SIP/2.0 180 Ringing"), (True, "SIP/2.0 486 Busy Here")], ("we answered 486 Busy Here",)),
        (
            [(False, "CANCEL sip:a@b SIP/2.0"), (True, "SIP/2.0 200 OK"), (True, "SIP/2.0 487 Request Terminated")],
            ("the caller sent CANCEL",),
        ),
        ([], ()),
    ],
)
def test_of_a_call_that_was_not_answered_sip_says_why(messages: list[tuple[bool, str]], told: tuple[str, ...]) -> None:
    evidence = call()
    record = replace(evidence.call, answered_at=None, ended_at=15.0, end_reason="caller hung up")
    happenings = tuple(message(sent, f"{line}\nCall-ID: x\n") for sent, line in messages)
    [found] = findings(replace(evidence, call=record, happenings=happenings))
    assert (found.rule, found.text) == ("not-answered", "the call was not answered: caller hung up")
    assert found.evidence == ("it rang for 15.0 s", *told)


def ran_on(*origins: tuple[str, dict[str, str], dict[str, str]]) -> tuple[tuple[str, Origin], ...]:
    return tuple((service, Origin(models, settings)) for service, models, settings in origins)


def test_a_slow_model_is_named() -> None:
    origins = ran_on(("whisper", {"whisper.model": "whisper-base sha256:12"}, {}), ("llama", {"llama.model": "x"}, {}))
    slow = turn(1, "Hello?", 3.0, timings_ms={"transcription": 5_000.0})
    [found] = findings(replace(call(slow), origins=origins))
    assert found.evidence[1:] == ("whisper ran on whisper.model whisper-base sha256:12",)


@pytest.mark.parametrize(
    ("later", "told"),
    [
        (("llama", {"llama.model": "b"}, {"llama": "1"}), "llama was started with another llama.model"),
        (("inbound", {}, {"llama": "2"}), "inbound was started with another [llama]"),
    ],
)
def test_a_call_that_ran_on_two_configurations_is_named(
    later: tuple[str, dict[str, str], dict[str, str]], told: str
) -> None:
    [found] = findings(replace(call(SOUND), origins=ran_on(("llama", {"llama.model": "a"}, {"llama": "1"}), later)))
    assert (found.rule, found.evidence) == ("changed-midway", (told,))


@pytest.mark.parametrize(
    "evidence",
    [
        replace(
            call(SOUND), origins=ran_on(("llama", {"llama.model": "a"}, {"llama": "1"}), ("tts", {}, {"llama": "1"}))
        ),
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
