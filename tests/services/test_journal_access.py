"""The journal of one service when it cannot be written: kept in order, shown, written when the cause is gone."""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.link.worlds import make_runtime
from tests.services.full_disk import FullDisk

from steadyline.calls import database
from steadyline.calls.journal import Journal, read_only
from steadyline.drills.simulated_workers import SimulatedWorkers, engine_sleep
from steadyline.link.memory import MemoryNetwork
from steadyline.link.runtime import Runtime
from steadyline.link.virtual_time import run_in_virtual_time
from steadyline.services import journal_access
from steadyline.services.journal_access import PATIENCE_S, RETRY_S, JournalAccess

UUID = "call"


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> FullDisk:
    full = FullDisk()
    full.install(monkeypatch)
    return full


def play(path: Path, scene: Callable[[JournalAccess, Runtime], Awaitable[None]]) -> None:
    """Run a scene in virtual time, then close the journal."""

    async def main() -> None:
        runtime = make_runtime(MemoryNetwork(), "llama")
        access = JournalAccess(lambda: Journal(path), SimulatedWorkers(1), runtime)
        await scene(access, runtime)
        await access.close()

    run_in_virtual_time(main())


def event(number: int) -> Callable[[Journal], None]:
    return lambda journal: journal.event(UUID, "test", "note", {}, float(number))


def written(path: Path) -> list[float]:
    """The numbers of the events in the journal, in the order in which they were written."""
    with read_only(path) as reader:
        return [record.at for record in reversed(reader.events(1000))]


def heard(path: Path) -> int | None:
    """How far the first clause of turn 1 was heard."""
    with read_only(path) as reader:
        [turn] = reader.turns(UUID)
    return turn.clauses[0].heard_samples


def sample(runtime: Runtime, name: str, **labels: str) -> float | None:
    return runtime.metrics.registry.get_sample_value(name, {"service": "llama", **labels})


def test_what_was_to_be_written_during_a_fault_is_written_in_order_when_it_is_over(
    journal: Path, disk: FullDisk
) -> None:
    async def scene(access: JournalAccess, runtime: Runtime) -> None:
        access.note(event(0))
        await access.write(event(1), None)
        disk.is_full = True
        for number in range(2, 6):
            access.note(event(number))
        assert await access.write(lambda opened: opened.turn_heard(UUID, 1, 0, 100, "hello", "en", 6.0), True)
        assert await access.ask(lambda reader: reader.committed_through(UUID), -1) == 0, "reads go on"
        await asyncio.sleep(10)
        assert written(journal) == [0, 1]
        disk.is_full = False
        access.note(event(7))
        await asyncio.sleep(RETRY_S + 0.1)
        assert written(journal) == [0, 1, 2, 3, 4, 5, 7]
        assert await access.ask(lambda reader: reader.committed_through(UUID), -1) == 100

    play(journal, scene)


def test_a_fault_is_shown_while_it_lasts_and_logged_once_at_each_end(
    journal: Path, disk: FullDisk, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(access: JournalAccess, runtime: Runtime) -> None:
        await access.write(event(0), None)
        assert runtime.faults.as_dicts() == [] and sample(runtime, "steadyline_fault", fault="journal") == 0
        disk.is_full = True
        for number in range(1, 13):
            await access.write(event(number), None)
        await asyncio.sleep(30)
        assert disk.refused > 20, "it is tried again and again"
        [fault] = runtime.faults.as_dicts()
        assert fault["name"] == "journal" and fault["since_s"] == pytest.approx(30, abs=0.1)
        assert "disk is full: free some space" in fault["text"] and "12 writes wait" in fault["text"]
        assert sample(runtime, "steadyline_fault", fault="journal") == 1
        assert sample(runtime, "steadyline_journal_waiting_writes") == 12
        disk.is_full = False
        await asyncio.sleep(RETRY_S + 0.1)
        assert runtime.faults.as_dicts() == []
        assert sample(runtime, "steadyline_fault", fault="journal") == 0
        assert sample(runtime, "steadyline_journal_waiting_writes") == 0

    with caplog.at_level(logging.INFO):
        play(journal, scene)
    begin, end = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert begin[0] == "ERROR" and "disk is full" in begin[1] and "calls go on" in begin[1]
    assert end[0] == "INFO" and "can be written again, 12 writes are made up for, after 30" in end[1]


def test_no_call_waits_for_a_journal_that_is_out_of_order(journal: Path, disk: FullDisk) -> None:
    async def scene(access: JournalAccess, runtime: Runtime) -> None:
        disk.is_full = True
        began_at = asyncio.get_running_loop().time()
        for number in range(50):
            await access.write(event(number), None)
        assert asyncio.get_running_loop().time() - began_at < 0.01
        disk.is_full = False

    play(journal, scene)


def test_a_disk_that_hangs_delays_a_call_once_and_loses_nothing(journal: Path) -> None:
    def hang(opened: Journal) -> None:
        engine_sleep(20.0)
        event(0)(opened)

    async def scene(access: JournalAccess, runtime: Runtime) -> None:
        loop = asyncio.get_running_loop()
        await access.write(hang, None)
        assert loop.time() == pytest.approx(PATIENCE_S, abs=0.01)
        await access.write(event(1), None)
        assert loop.time() == pytest.approx(PATIENCE_S, abs=0.02)
        [fault] = runtime.faults.as_dicts()
        assert "hangs" in fault["text"]
        await asyncio.sleep(20)
        assert runtime.faults.as_dicts() == []
        assert written(journal) == [0, 1]

    play(journal, scene)


def test_a_read_sees_what_was_noted_before_it(journal: Path) -> None:
    async def scene(access: JournalAccess, runtime: Runtime) -> None:
        for turn in range(1, 20):
            access.note(lambda opened, n=turn: opened.turn_heard(UUID, n, n * 100 - 100, n * 100, "", "en", 0.0))  # type: ignore[misc]
        assert await access.ask(lambda reader: reader.committed_through(UUID), -1) == 1900

    play(journal, scene)


def test_a_journal_that_cannot_be_opened_is_tried_again_until_it_can(tmp_path: Path) -> None:
    in_the_way = tmp_path / "folder"
    in_the_way.write_text("a file")
    path = in_the_way / "journal.sqlite"

    async def scene(access: JournalAccess, runtime: Runtime) -> None:
        assert await access.ask(lambda reader: reader.committed_through(UUID), 7) == 7
        access.note(event(1))
        await asyncio.sleep(5)
        assert runtime.faults.as_dicts()
        in_the_way.unlink()
        await asyncio.sleep(RETRY_S + 0.1)
        assert runtime.faults.as_dicts() == []
        assert written(path) == [1]

    play(path, scene)


def test_a_fault_that_only_a_reader_met_ends_by_itself(tmp_path: Path) -> None:
    in_the_way = tmp_path / "folder"
    in_the_way.write_text("a file")

    async def scene(access: JournalAccess, runtime: Runtime) -> None:
        await access.ask(lambda reader: reader.committed_through(UUID), 0)
        assert runtime.faults.as_dicts()
        in_the_way.unlink()
        await asyncio.sleep(RETRY_S + 0.1)
        assert runtime.faults.as_dicts() == []

    play(in_the_way / "journal.sqlite", scene)


def test_a_write_that_contradicts_the_journal_does_not_block_the_others(
    journal: Path, disk: FullDisk, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(access: JournalAccess, runtime: Runtime) -> None:
        await access.write(lambda opened: opened.turn_heard(UUID, 1, 0, 100, "one", "en", 0.0), False)
        disk.is_full = True
        access.note(lambda opened: opened.turn_heard(UUID, 1, 100, 200, "the same number again", "en", 0.0))
        access.note(lambda opened: 1 / 0)
        access.note(event(5))
        await asyncio.sleep(3)
        disk.is_full = False
        await asyncio.sleep(RETRY_S + 0.1)
        assert written(journal) == [5] and runtime.faults.as_dicts() == []

    play(journal, scene)
    logged = [record.getMessage() for record in caplog.records]
    assert [line for line in logged if "given up" in line and "UNIQUE" in line]
    assert [line for line in logged if "failed unexpectedly" in line]


def test_of_positions_that_wait_under_one_name_the_latest_is_written_in_the_place_of_the_first(
    journal: Path, disk: FullDisk
) -> None:
    async def scene(access: JournalAccess, runtime: Runtime) -> None:
        disk.is_full = True
        await access.write(lambda opened: opened.clause_written(UUID, 1, 0, "words", 0.0), None)
        for sample_heard in range(0, 4000, 10):
            access.note(lambda opened, at=sample_heard: opened.clause_heard(UUID, 1, 0, at), replaces=("heard", 1, 0))  # type: ignore[misc]
            await asyncio.sleep(0.01)
        assert sample(runtime, "steadyline_journal_waiting_writes") == 2
        disk.is_full = False
        await asyncio.sleep(RETRY_S + 0.1)
        assert heard(journal) == 3990
        access.note(lambda opened: opened.clause_heard(UUID, 1, 0, 5000), replaces=("heard", 1, 0))

    play(journal, scene)
    assert heard(journal) == 5000


def test_memory_is_bounded_the_oldest_go_and_that_is_said(
    journal: Path, disk: FullDisk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(journal_access, "MAX_WAITING", 5)

    async def scene(access: JournalAccess, runtime: Runtime) -> None:
        disk.is_full = True
        for number in range(8):
            await access.write(event(number), None)
        await asyncio.sleep(RETRY_S + 0.1)
        assert "5 writes wait, 3 are lost" in runtime.faults.as_dicts()[0]["text"]
        assert sample(runtime, "steadyline_journal_lost_writes_total") == 3
        disk.is_full = False
        await asyncio.sleep(RETRY_S + 0.1)
        assert written(journal) == [3, 4, 5, 6, 7]

    with caplog.at_level(logging.INFO):
        play(journal, scene)
    assert "5 writes are made up for, 3 were lost" in caplog.records[-1].getMessage()


def test_a_service_that_ends_during_a_fault_says_what_is_lost_and_does_not_wait(
    journal: Path, disk: FullDisk, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(access: JournalAccess, runtime: Runtime) -> None:
        await access.write(event(0), None)
        disk.is_full = True
        for number in range(1, 4):
            access.note(event(number))
        await asyncio.sleep(RETRY_S / 2)
        ended_at = asyncio.get_running_loop().time()
        await access.close()
        assert asyncio.get_running_loop().time() - ended_at < 0.1
        assert sample(runtime, "steadyline_journal_lost_writes_total") == 3

    play(journal, scene)
    assert [line for line in (record.getMessage() for record in caplog.records) if "3 writes are lost" in line]


def test_a_service_that_ends_after_a_fault_writes_what_had_waited(journal: Path, disk: FullDisk) -> None:
    async def scene(access: JournalAccess, runtime: Runtime) -> None:
        disk.is_full = True
        for number in range(4):
            access.note(event(number))
        await asyncio.sleep(RETRY_S / 2)
        disk.is_full = False

    play(journal, scene)
    assert written(journal) == [0, 1, 2, 3]


def test_a_call_that_ends_while_it_waits_for_a_write_takes_it_not_along(journal: Path) -> None:
    async def scene(access: JournalAccess, runtime: Runtime) -> None:
        waiting = asyncio.ensure_future(access.write(event(1), None))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.sleep(0.1)
        assert written(journal) == [1]

    play(journal, scene)


def test_a_journal_that_another_process_holds_is_no_loss(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.1)
    Journal(journal).close()
    holder = sqlite3.connect(journal, isolation_level=None)
    holder.execute("PRAGMA busy_timeout = 0")
    holder.execute("BEGIN IMMEDIATE")

    async def scene(access: JournalAccess, runtime: Runtime) -> None:
        await access.write(event(1), None)
        assert "end the one that hangs" in runtime.faults.as_dicts()[0]["text"]
        holder.execute("ROLLBACK")
        await asyncio.sleep(RETRY_S + 0.1)
        assert written(journal) == [1] and runtime.faults.as_dicts() == []

    play(journal, scene)
    holder.close()
