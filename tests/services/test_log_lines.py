"""The founding document's log lines, word for word, from a run of the whole system with call 66."""

import asyncio
import logging
from pathlib import Path

import pytest
from tests.services.scenes import SimulatedSystem, answered, drill_config, play, started

from steadyline.config import Config
from steadyline.link.memory import MemoryNetwork
from steadyline.log import LineFormatter

GOOD = [
    "🔗 Pre-connected to LLaMA service for call 66",
    "🔗 Pre-connected to TTS service for call 66",
    "🔗 Connected to inbound audio processor on port 9067 for call 66 (attempt 1)",
    "🔗 Connected to outbound audio processor on port 9068 for call 66 (attempt 1)",
    "✅ Whisper service connected for call 66 - stopping registration polling",
    "✅ TTS service connected for call 66 - stopping registration polling",
]


def config_for_call_66() -> Config:
    config = drill_config()
    config.gateway.first_call_id = 66
    config.gateway.ring_timeout_s = 60.0
    return config


def lines(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == level]


def test_a_call_that_connects(journal: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        await answered(system)
        await asyncio.sleep(1)

    with caplog.at_level(logging.INFO, "steadyline"):
        play(scene, journal, config=config_for_call_66())
        logged = lines(caplog, logging.INFO)
    for line in GOOD:
        assert logged.count(line) == 1, line


@pytest.mark.parametrize(
    ("missing", "name", "ends"),
    [
        ("llama", "LLaMA ", "LLaMA"),
        ("tts", "TTS ", "TTS"),
        ("outbound", "", "audio processor"),
    ],
)
def test_attempts_1_5_and_9_and_the_failure_after_the_tenth(
    journal: Path, caplog: pytest.LogCaptureFixture, missing: str, name: str, ends: str
) -> None:
    """The peer is lost in a call; ten attempts are logged as the founding document has it, the failure at 5.0 s."""
    times: dict[str, float] = {}

    class Watch(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            times.setdefault(record.getMessage(), asyncio.get_running_loop().time())

    prefix = f"⚠️ {name}connection attempt" if name else "⚠️ Connection attempt"
    expected = {
        f"{prefix} 1/10 failed for call 66 - retrying in 200ms": 0.0,
        f"{prefix} 5/10 failed for call 66 - retrying in 200ms": 0.8,
        f"{prefix} 9/10 failed for call 66 - retrying in 1000ms": 4.0,
        f"❌ Failed to connect to {ends} for call 66 after 10 attempts": 5.0,
    }

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        await answered(system)
        await asyncio.sleep(2)
        handler = Watch()
        logging.getLogger("steadyline").addHandler(handler)
        system.kill(missing)
        await asyncio.sleep(6)
        logging.getLogger("steadyline").removeHandler(handler)

    play(scene, journal, config=config_for_call_66(), network=MemoryNetwork(latency_s=0.0))
    first_at = times[next(iter(expected))]
    assert {line: round(times[line] - first_at, 6) for line in expected} == expected
    others = [line for line in times if "attempt" in line and line not in expected]
    assert not [line for line in others if line.startswith(prefix)], others


def test_plain_style_drops_the_marks(journal: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        await answered(system)
        await asyncio.sleep(1)
        await system.stop("llama")
        await asyncio.sleep(6)

    with caplog.at_level(logging.INFO, "steadyline"):
        play(scene, journal, config=config_for_call_66())
        records = list(caplog.records)
    plain, marked = LineFormatter("service", plain=True), LineFormatter("service", plain=False)
    for line in GOOD:
        record = next(record for record in records if record.getMessage() == line)
        assert marked.format(record).endswith(f" INFO service {line}")
        assert plain.format(record).endswith(f" INFO service {line.split(' ', 1)[1]}")
    assert not any(mark in plain.format(record) for record in records for mark in "🔗✅⚠❌")
    assert any("❌" in marked.format(record) for record in records)


def test_a_call_that_ends_as_it_should_logs_no_loss(journal: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.hang_up()
        await asyncio.sleep(2)
        assert lines(caplog, logging.WARNING) == []

    with caplog.at_level(logging.INFO, "steadyline"):
        play(scene, journal, config=config_for_call_66())


def test_lines_about_a_call_carry_its_number(journal: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        before = len(caplog.records)
        call = await answered(system)
        call.say("alpha")
        await asyncio.sleep(5)
        call.hang_up()
        await asyncio.sleep(1)
        formatter = LineFormatter("service", plain=False)
        for record in caplog.records[before:]:
            assert "call 66" in formatter.format(record), record.getMessage()

    with caplog.at_level(logging.INFO, "steadyline"):
        play(scene, journal, config=config_for_call_66())
