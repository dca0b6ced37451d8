"""`steadyline status`: durations for people, and answers that are not older than they need be."""

import asyncio
from typing import Any

import pytest

from steadyline.commands.status import run_status
from steadyline.commands.status_table import duration
from steadyline.config import Config
from steadyline.config_file import load_config
from steadyline.services import system_status as status


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (0.04, "0.0 s"),
        (3.14, "3.1 s"),
        (42.0, "42 s"),
        (119.0, "119 s"),
        (125.0, "2 min"),
        (7100.0, "118 min"),
        (7200.0, "2 h"),
        (200_000.0, "2 d"),
    ],
)
def test_a_duration_has_one_unit(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def answer(state: str) -> dict[str, Any]:
    return {"pid": 1, "state": state, "uptime_s": 1.0, "resources": {}, "faults": [], "connections": [], "calls": []}


def test_when_somebody_hangs_the_others_are_asked_again_so_that_they_tell_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Waiting for whisper takes 1.25 s; what llama said before that is from before it noticed."""
    asked: list[list[str] | None] = []

    async def ask_all(config: Config, names: list[str] | None = None) -> dict[str, dict[str, Any] | None]:
        asked.append(names)
        every = {name: answer(f"round {len(asked)}") for name in ("gateway", "whisper", "llama")}
        return {
            name: None if name == "whisper" else found
            for name, found in every.items()
            if names is None or name in names
        }

    async def ask_status(*_: object) -> None:
        return None

    monkeypatch.setattr(status, "ask_all", ask_all)
    monkeypatch.setattr(status, "ask_status", ask_status)
    shown = asyncio.run(status.collect(Config()))
    assert asked == [None, ["gateway", "llama"]]
    states = {one["name"]: one["state"] for one in shown["services"] if not one["beside"]}
    assert states == {"gateway": "round 2", "whisper": "does not answer", "llama": "round 2"}


async def ready(_: Config, __: list[str] | None = None) -> dict[str, dict[str, Any] | None]:
    return {name: answer("ready") for name in ("gateway", "llama")}


def without_a_console(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The webphone answers, the console does not; returns the ports that are asked, the supervisor's among them."""
    asked: list[int] = []

    async def ask_status(address: tuple[str, int], *_: object) -> dict[str, Any] | None:
        asked.append(address[1])
        webphone = {**answer("ready"), "page": "http://127.0.0.1:8085/", "max_calls": 4}
        return webphone if address[1] == Config().webphone.status_port else None

    monkeypatch.setattr(status, "ask_all", ready)
    monkeypatch.setattr(status, "ask_status", ask_status)
    return asked


def test_what_runs_beside_the_services_is_listed_last_and_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = without_a_console(monkeypatch)
    services = asyncio.run(status.collect(Config()))["services"]
    assert [(one["name"], one["state"], one["beside"]) for one in services] == [
        ("gateway", "ready", False),
        ("llama", "ready", False),
        ("console", "does not answer", True),
        ("webphone", "ready", True),
    ]
    assert services[-1]["page"] == "http://127.0.0.1:8085/"
    assert len(asked) == len(set(asked)) == 3


def test_a_console_that_is_away_is_told_and_fails_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without_a_console(monkeypatch)
    assert run_status(Config(), as_json=False) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line}
    assert "does not answer" in lines["console"] and "no call needs it" in lines["console"]
    assert "ready" in lines["webphone"] and "no call needs it" not in lines["gateway"]


def test_what_is_switched_off_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    without_a_console(monkeypatch)
    config = load_config(None, ["console.enabled=false", "webphone.enabled=false"])
    assert [one["name"] for one in asyncio.run(status.collect(config))["services"]] == ["gateway", "llama"]
