"""`steadyline status`: durations for people, and answers that are not older than they need be."""

import asyncio
from typing import Any

import pytest

from steadyline.commands.status_table import duration
from steadyline.config import Config
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
    states = {service["name"]: service["state"] for service in shown["services"]}
    assert states == {"gateway": "round 2", "whisper": "does not answer", "llama": "round 2"}
