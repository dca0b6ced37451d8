"""The journal on disks that are really full: a small file system, a limit on the size of files, a folder that is not
writable. Real files and real workers; the call that would wait for them is in test_journal_faults.py.
"""

import asyncio
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.link.worlds import make_runtime, until
from tests.services.full_disk import Disk, small_file_system

from steadyline.calls.journal import Journal, read_only
from steadyline.link.memory import MemoryNetwork
from steadyline.link.runtime import ThreadWorkers
from steadyline.services.journal_access import RETRY_S, JournalAccess

TURNS = 12
WORDS = "words " * 1500
DEADLOCK_S = 60.0


class LimitedFileSize:
    """A disk on which no file grows: `ulimit -f`, for a moment, of this process."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "journal.sqlite"
        self._usual = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (512, self._usual[1]))

    def free(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self._usual)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Disk]:
    with small_file_system(tmp_path / "small") as disk:
        yield disk


@pytest.fixture
def limited_file_size(tmp_path: Path) -> Iterator[Disk]:
    disk = LimitedFileSize(tmp_path)
    try:
        yield disk
    finally:
        disk.free()


@pytest.fixture(params=["small_disk", "limited_file_size"])
def disk(request: pytest.FixtureRequest) -> Disk:
    found: Disk = request.getfixturevalue(request.param)
    return found


async def hear(access: JournalAccess, turn: int) -> None:
    """Journal a turn as llama does."""
    await access.write(
        lambda journal: journal.turn_heard("u1", turn, turn * 100 - 100, turn * 100, WORDS, "en", float(turn)), True
    )


@pytest.mark.parametrize("full_from", [1, 4], ids=["full when it is opened", "full in the middle"])
def test_all_turns_are_there_when_there_is_room_again(disk: Disk, full_from: int) -> None:
    async def main() -> None:
        runtime = make_runtime(MemoryNetwork(), "llama")
        access = JournalAccess(lambda: Journal(disk.path), ThreadWorkers(1, "journal"), runtime)
        for turn in range(1, full_from):
            await hear(access, turn)
        disk.fill()
        for turn in range(full_from, TURNS + 1):
            await hear(access, turn)
        [fault] = runtime.faults.as_dicts()
        assert fault["name"] == "journal" and str(disk.path) in fault["text"]
        await asyncio.sleep(1.5 * RETRY_S)
        assert runtime.faults.as_dicts(), "it was tried again, in vain"
        disk.free()
        await until(lambda: not runtime.faults.as_dicts(), DEADLOCK_S)
        await access.close()

    asyncio.run(main())
    with read_only(disk.path) as reader:
        turns = reader.turns("u1")
    assert [turn.turn for turn in turns] == list(range(1, TURNS + 1))
    assert {turn.caller_text for turn in turns} == {WORDS}
    assert [file.name for file in disk.path.parent.glob("*corrupt*")] == []


def test_what_was_committed_before_the_disk_was_full_can_be_read_meanwhile(disk: Disk) -> None:
    async def main() -> None:
        access = JournalAccess(
            lambda: Journal(disk.path), ThreadWorkers(1, "journal"), make_runtime(MemoryNetwork(), "llama")
        )
        await hear(access, 1)
        disk.fill()
        for turn in range(2, TURNS):
            await hear(access, turn)
        committed = await access.ask(lambda reader: reader.committed_through("u1"), -1)
        with read_only(disk.path) as reader:
            assert committed == 100 * reader.last_turn("u1") > 0
        disk.free()
        await access.close()

    asyncio.run(main())
