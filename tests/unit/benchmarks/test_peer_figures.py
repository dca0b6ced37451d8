"""The comparison's figures: waits, ratios with the issue's bounds, cut turns; and the picture of them."""

import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest
from benchmarks.figures import Figure
from benchmarks.peer_figures import cut_turns, figures, waits
from benchmarks.peer_picture import picture

CONTENDERS, VOICES = ("steadyline", "documented", "tuned", "tuned-short-window"), ("piper", "kokoro")
FACTOR = {"steadyline": 1.0, "documented": 4.0, "tuned": 2.0, "tuned-short-window": 1.25}
SVG = "{http://www.w3.org/2000/svg}"


def turn(
    contender: str, number: int, wait_ms: float | None, *, cut: bool = False, voice: str = "piper"
) -> dict[str, Any]:
    stages = {"transcription": 100.0 * number} if wait_ms else {}
    where = {"round": number, "contender": contender, "voice": voice}
    return {**where, "wait_ms": wait_ms, "cut": cut, "stages_ms": stages}


TURNS = [
    turn(
        contender,
        number,
        base * FACTOR[contender] * (1.2 if number == 2 and contender == "steadyline" else 1),
        voice=voice,
    )
    for voice in VOICES
    for number in (1, 2)
    for contender in CONTENDERS
    for base in (500.0, 600.0, 700.0)
]
CALLS = [
    {"contender": contender, "voice": voice, "turns": 4, "cpu_s": 8.0, "pss_mb": 900.0}
    for contender in CONTENDERS
    for voice in VOICES
]


def by_name(turns: list[dict[str, Any]]) -> dict[tuple[str, str], Figure]:
    return {(figure.name, figure.statistic): figure for figure in figures(turns, CALLS, CONTENDERS, VOICES)}


def test_ratios_are_of_all_rounds_and_of_the_worst() -> None:
    found = by_name(TURNS)
    whole = found["p50 of steadyline beside tuned, piper", "all rounds"]
    worst = found["p50 of steadyline beside tuned, piper", "worst round"]
    assert (whole.value, whole.bound, whole.met) == (pytest.approx(655 / 1200, abs=0.01), 0.5, False)
    assert (worst.value, worst.bound, worst.samples) == (pytest.approx(0.6), 0.5, 2)
    assert found["p95 of steadyline beside tuned, piper", "worst round"].bound == 0.6
    assert found["p50 of steadyline beside tuned-short-window, piper", "all rounds"].bound == 0.85
    assert found["p50 of steadyline beside tuned, kokoro", "all rounds"].bound == 0.5
    assert found["p50 of steadyline beside documented, piper", "all rounds"].bound is None


def test_waits_have_their_percentiles_and_stages_their_medians() -> None:
    found = by_name(TURNS)
    assert found["voice to voice, tuned, piper", "median"] == Figure(
        "voice to voice, tuned, piper", 1200.0, "ms", "median", 6
    )
    assert {"p90", "p95"} <= {statistic for name, statistic in found if name == "voice to voice, tuned, piper"}
    assert found["transcription, tuned, piper", "median"].value == 150.0
    assert found["CPU time of a turn, tuned, piper", "median"].value == 2.0
    assert found["memory (PSS), tuned, piper", "median"].value == 900.0


def test_turns_that_were_cut_or_not_answered_are_counted() -> None:
    turns = [
        turn("steadyline", 1, 600.0),
        turn("steadyline", 1, 650.0, cut=True),
        turn("steadyline", 1, None, cut=True),
        turn("tuned", 1, 1200.0, cut=True),
        turn("tuned", 1, 1300.0),
    ]
    found = by_name(turns)
    assert found["cut at a pause, steadyline, piper", "number"].value == 2
    assert found["without an answer of their own, steadyline, piper", "number"].value == 1
    beside = found["cut by steadyline, 1 by tuned, piper", "number"]
    assert (beside.value, beside.bound, beside.met) == (2, 1, False)
    assert found["voice to voice, steadyline, piper", "median"].samples == 2
    assert found["voice to voice, not cut, steadyline, piper", "median"].value == 600.0
    assert waits(turns, "tuned", "piper") == [1200.0, 1300.0] and cut_turns(turns, "tuned", "piper") == 1


def test_the_picture_has_a_dot_for_each_wait() -> None:
    unanswered = turn("tuned", 1, None, cut=True)
    drawing = ElementTree.fromstring(picture({"raw": {"turns": [*TURNS, unanswered]}}))
    assert len(drawing.findall(f"{SVG}circle")) == len(TURNS)
    shown = [text.text for text in drawing.findall(f"{SVG}text")]
    assert shown.count("steadyline") == shown.count("Pipecat, tuned") == len(VOICES)
    assert "1200 / 1400 ms" in shown and "1 cut" in shown
    width = float(drawing.attrib["viewBox"].split()[2])
    assert all(0 < float(dot.attrib["cx"]) < width for dot in drawing.findall(f"{SVG}circle"))


def test_a_picture_of_nothing_answered_is_still_a_picture() -> None:
    drawing = ElementTree.fromstring(picture({"raw": {"turns": [turn("steadyline", 1, None)]}}))
    assert not drawing.findall(f"{SVG}circle")
