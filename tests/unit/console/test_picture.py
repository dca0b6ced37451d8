"""The picture is laid out from `CONNECTIONS`: all of it is there, and a new connection appears by itself."""

from dataclasses import replace

from steadyline.connections import CONNECTIONS
from steadyline.console.picture import picture

ROLES = {role: role for one in CONNECTIONS for role in (one.dialer, one.listener)}


def columns(drawn: dict[str, list[dict[str, object]]]) -> dict[object, tuple[object, object]]:
    return {box["role"]: (box["column"], box["row"]) for box in drawn["boxes"]}


def test_every_connection_is_an_arrow_and_every_role_a_box() -> None:
    drawn = picture(CONNECTIONS, ROLES)
    assert [(arrow["number"], arrow["name"]) for arrow in drawn["arrows"]] == [(c.number, c.name) for c in CONNECTIONS]
    assert {box["role"] for box in drawn["boxes"]} == ROLES.keys()


def test_the_line_is_first_and_what_is_said_runs_above_what_is_heard() -> None:
    assert columns(picture(CONNECTIONS, ROLES)) == {
        "gateway": (0, 0),
        "inbound": (1, 0),
        "outbound": (1, 1),
        "whisper": (2, 0),
        "tts": (2, 1),
        "standby": (2, 2),
        "llama": (3, 0),
    }


def test_no_two_boxes_stand_in_one_place() -> None:
    places = columns(picture(CONNECTIONS, ROLES))
    assert len(set(places.values())) == len(places)


def test_without_a_standby_there_is_none_in_it() -> None:
    drawn = picture(CONNECTIONS, {role: name for role, name in ROLES.items() if role != "standby"})
    assert "standby" not in columns(drawn)
    assert not any("standby" in (arrow["from"], arrow["to"]) for arrow in drawn["arrows"])


def test_a_box_has_the_services_name() -> None:
    drawn = picture(CONNECTIONS, {**ROLES, "tts": "piper"})
    assert {box["service"] for box in drawn["boxes"] if box["role"] == "tts"} == {"piper"}


def test_a_new_connection_appears_by_itself() -> None:
    new = replace(CONNECTIONS[0], number=7, name="webphone → gateway", dialer="webphone")
    drawn = picture((*CONNECTIONS, new), {**ROLES, "webphone": "webphone"})
    assert columns(drawn)["webphone"] == (1, 2)
    assert drawn["arrows"][-1]["name"] == "webphone → gateway"


def test_who_is_cut_off_from_the_line_is_shown_all_the_same() -> None:
    island = replace(CONNECTIONS[0], number=9, name="a → b", dialer="a", listener="b")
    places = columns(picture((*CONNECTIONS, island), {**ROLES, "a": "a", "b": "b"}))
    assert {places["a"], places["b"]} == {(4, 0), (4, 1)}


def test_nothing_is_drawn_of_nothing() -> None:
    assert picture((), {}) == {"boxes": [], "arrows": []}
