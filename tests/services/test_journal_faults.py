"""A full disk in the middle of a call: the caller notices nothing, the operator does, and nothing written is lost."""

import asyncio
import logging
from pathlib import Path

import pytest
from tests.services.full_disk import FullDisk
from tests.services.scenes import GREETING, SimulatedSystem, answer_to, answered, ask, journaled, play, started, until

from steadyline.drills.simulated_workers import SimulatedDisk
from steadyline.services.journal_access import RETRY_S
from steadyline.services.llama import LlamaService


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> FullDisk:
    full = FullDisk()
    full.install(monkeypatch)
    return full


def faults(system: SimulatedSystem) -> dict[str, list[str]]:
    """Which faults which service shows."""
    shown = {name: running.runtime.faults.as_dicts() for name, running in system.running.items()}
    return {name: [fault["name"] for fault in found] for name, found in shown.items() if found}


def test_the_call_goes_on_and_the_journal_is_as_if_nothing_had_been(
    journal: Path, disk: FullDisk, caplog: pytest.LogCaptureFixture
) -> None:
    words = ("alpha", "bravo", "charlie", "delta")

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        assert await ask(call, "alpha") == answer_to("alpha")
        assert faults(system) == {}
        disk.is_full = True
        call.press("7")
        assert await ask(call, "bravo") == answer_to("bravo")
        assert await ask(call, "charlie") == answer_to("charlie")
        assert faults(system) == {"gateway": ["journal"], "llama": ["journal"]}
        assert {running.service.state for running in system.running.values()} == {"ready"}, "calls are answered"
        disk.is_full = False
        assert await ask(call, "delta") == answer_to("delta")
        assert faults(system) == {}
        call.hang_up()
        await asyncio.sleep(1)
        record = journaled(system, call)
        assert [turn.caller_text for turn in record.turns] == [None, *words]
        replies = [(turn.reply_text or "").replace(".", "").lower() for turn in record.turns]
        assert replies == [GREETING, *map(answer_to, words)]
        assert [turn.clause_count for turn in record.turns] == [1, 2, 2, 2, 2]
        timings = {"transcription", "first_clause", "first_audio"}
        assert all(turn.timings_ms.keys() == timings for turn in record.turns[1:])
        assert all(clause.heard_samples for turn in record.turns for clause in turn.clauses)
        assert [event.detail["digit"] for event in record.events if event.kind == "digit"] == ["7"]
        assert record.end_reason is not None

    with caplog.at_level(logging.INFO, "steadyline"):
        play(scene, journal)
    told = [(record.name, record.levelname) for record in caplog.records if "journal" in record.getMessage()]
    services = ("steadyline.gateway", "steadyline.llama")
    expected = [(name, level) for level in ("ERROR", "INFO") for name in services]
    assert sorted(told) == sorted(expected), "one line when it begins, one when it ends"


def test_a_call_that_came_and_went_while_the_disk_was_full_is_in_the_journal(journal: Path, disk: FullDisk) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        disk.is_full = True
        call = await answered(system)
        assert await ask(call, "alpha") == answer_to("alpha")
        call.hang_up()
        await asyncio.sleep(20)
        assert faults(system) == {"gateway": ["journal"], "llama": ["journal"]}
        disk.is_full = False
        await asyncio.sleep(RETRY_S + 0.1)
        assert faults(system) == {}
        record = journaled(system, call)
        assert [turn.caller_text for turn in record.turns] == [None, "alpha"]
        assert record.answered_at is not None and record.ended_at is not None

    play(scene, journal)


def test_whisper_that_comes_back_while_the_disk_is_full_repeats_no_turn(journal: Path, disk: FullDisk) -> None:
    """What is committed is known to llama, though the journal does not have it yet."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        disk.is_full = True
        assert await ask(call, "alpha") == answer_to("alpha")
        system.kill("whisper")
        await asyncio.sleep(1)
        await system.start("whisper")
        assert await ask(call, "bravo") == answer_to("bravo")
        disk.is_full = False
        await until(lambda: faults(system) == {}, 3)
        assert [turn.caller_text for turn in journaled(system, call).turns] == [None, "alpha", "bravo"]

    play(scene, journal)


def test_whisper_that_comes_back_while_the_disk_hangs_is_let_in_by_what_llama_knows(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        assert await ask(call, "alpha") == answer_to("alpha")
        llama = system.running["llama"].service
        assert isinstance(llama, LlamaService)
        disk = llama._journal._workers
        assert isinstance(disk, SimulatedDisk)
        disk._takes_s = 60.0
        system.kill("whisper")
        await asyncio.sleep(1)
        await system.start("whisper")
        await asyncio.sleep(2)
        assert await ask(call, "bravo") == answer_to("bravo")

    play(scene, journal)
