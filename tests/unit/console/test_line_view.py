"""The Line page: each service and each arrow in a word, the worst of many connections first."""

from typing import Any

import pytest
from tests.unit.console.scene import connection, status

from steadyline.connections import CONNECTIONS
from steadyline.console.line_view import line_view
from steadyline.console.picture import picture
from steadyline.services.system_status import Answers

NAMES = ("gateway", "inbound", "whisper", "llama", "piper", "outbound")
PICTURE = picture(CONNECTIONS, {"tts" if name == "piper" else name: name for name in NAMES})
SUPERVISOR = {"children": {name: {"restarts": 2, "freezes": 1, "state": "running"} for name in NAMES}}


def shown(supervisor: dict[str, Any] | None = SUPERVISOR, *, drills: bool = False, **answers: Any) -> dict[str, Any]:
    every: Answers = {**{name: status() for name in NAMES}, **answers}
    return line_view(every, supervisor, PICTURE, drills=drills)


def box(view: dict[str, Any], service: str) -> dict[str, Any]:
    [found] = [one for one in view["boxes"] if one["service"] == service]
    return dict(found)


def arrow(view: dict[str, Any], name: str) -> dict[str, Any]:
    [found] = [one for one in view["arrows"] if one["name"] == name]
    return dict(found)


@pytest.mark.parametrize(
    ("answer", "word", "tone"),
    [(status(), "ready", "good"), (status("loading"), "loading", "waiting"), (None, "does not answer", "bad")],
)
def test_a_service_in_a_word(answer: dict[str, Any] | None, word: str, tone: str) -> None:
    whisper = box(shown(whisper=answer), "whisper")
    assert (whisper["word"], whisper["tone"]) == (word, tone)
    assert (whisper["restarts"], whisper["freezes"]) == (2, 1)


def test_who_may_yet_answer_is_not_shown_gone() -> None:
    every: Answers = {**{name: status() for name in NAMES}, "whisper": None, "gateway": None}
    view = line_view(every, SUPERVISOR, PICTURE, drills=False, asked={"whisper"})
    whisper, gateway = box(view, "whisper"), box(view, "gateway")
    assert (whisper["word"], whisper["tone"], whisper["is_asked"]) == ("has not answered yet", "waiting", True)
    assert (gateway["word"], gateway["tone"], gateway["is_asked"]) == ("does not answer", "bad", False)
    assert not view["is_gateway_asked"]
    assert line_view(every, SUPERVISOR, PICTURE, drills=False, asked={"gateway"})["is_gateway_asked"]


def test_what_the_supervisor_gave_up_says_why() -> None:
    fatal = {"state": "fatal", "verdict": "failed 13 times", "last_lines": [], "restarts": 12, "freezes": 0}
    view = shown({"children": {"whisper": fatal}}, whisper=None)
    assert box(view, "whisper")["word"] == "FATAL: failed 13 times"


def test_without_a_call_an_arrow_is_there_and_idle() -> None:
    three = arrow(shown(), "whisper → llama")
    assert (three["word"], three["tone"], three["attempts"]) == ("no call", "idle", None)


def test_the_worst_of_all_calls_is_the_arrows_word() -> None:
    told = [
        connection("whisper → llama", state, call_id) for call_id, state in ((66, "open"), (68, "lost"), (70, "open"))
    ]
    three = arrow(shown(whisper=status("ready", *told)), "whisper → llama")
    assert (three["word"], three["tone"], three["calls"]) == ("lost", "bad", 3)


def test_a_loss_is_told_by_the_neighbour_of_who_is_gone() -> None:
    told = connection("whisper → llama", "lost", side="accepts", last_error="connection closed by the peer without BYE")
    three = arrow(shown(whisper=None, llama=status("ready", told)), "whisper → llama")
    assert (three["word"], three["last_error"]) == ("lost", "connection closed by the peer without BYE")


def test_figures_are_those_of_the_end_that_dials() -> None:
    dials = connection("whisper → llama", "open", attempts=3, established_ms=5.0, round_trip_ms=0.31)
    accepts = connection("whisper → llama", "open", side="accepts", established_ms=0.2, round_trip_ms=9.0)
    three = arrow(shown(whisper=status("ready", dials), llama=status("ready", accepts)), "whisper → llama")
    assert (three["attempts"], three["established_ms"], three["round_trip_ms"]) == (3, 5.0, 0.31)


def test_what_was_lost_and_healed_is_told_by_who_was_there_all_the_time() -> None:
    """A whisper that was started again dials as for the first time."""
    dials = connection("whisper → llama", "open", losses=0)
    accepts = connection("whisper → llama", "open", side="accepts", losses=1, gap_ms=900.0)
    three = arrow(shown(whisper=status("ready", dials), llama=status("ready", accepts)), "whisper → llama")
    assert (three["losses"], three["gap_ms"]) == (1, 900.0)


@pytest.mark.parametrize(("voice", "tone"), [(status(), "idle"), (None, "waiting")])
def test_polling_is_no_alarm_while_the_voice_is_there(voice: dict[str, Any] | None, tone: str) -> None:
    """A caller to whom nothing was said yet is polled for, once a second: that is meant."""
    polling = connection("outbound ⇢ tts", "polling", side="polls")
    assert arrow(shown(piper=voice, outbound=status("ready", polling)), "outbound ⇢ tts")["tone"] == tone


def test_calls_have_llamas_count_of_turns_and_no_endless_names() -> None:
    call = {"call_id": 66, "call_uuid": "u", "peer": "x" * 5000, "codec": "opus", "state": "answered"}
    view = shown(gateway=status(calls=(call,)), llama=status(calls=({"call_id": 66, "turns": 4},)))
    assert view["calls"][0]["turns"] == 4 and len(view["calls"][0]["peer"]) == 300


@pytest.mark.parametrize(
    ("supervisor", "drills", "actions"),
    [(SUPERVISOR, False, ["restart"]), (SUPERVISOR, True, ["restart", "kill", "freeze"]), (None, True, [])],
)
def test_a_box_offers_what_the_supervisor_would_do(
    supervisor: dict[str, Any] | None, drills: bool, actions: list[str]
) -> None:
    assert shown(supervisor, drills=drills)["actions"] == actions


def test_faults_are_shown_beside_the_state() -> None:
    full = {**status(), "faults": [{"name": "journal", "text": "disk full", "since_s": 3}]}
    assert box(shown(llama=full), "llama")["faults"] == ["disk full"]
