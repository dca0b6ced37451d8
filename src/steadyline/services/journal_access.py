"""The journal for services: written in a thread of its own, in order; a journal that cannot be written stops no call.

What it does not take now (disk full, folder read-only, file locked) is kept in memory, up to `MAX_WAITING` writes, tried
again every `RETRY_S`, and written in its order when the cause is gone: nothing is lost while the service lives. Meanwhile
the fault is shown (`steadyline.link.faults`); it is logged when it begins and when it ends.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from steadyline.calls.journal import Journal, JournalConflictError, JournalError, JournalReader
from steadyline.link.runtime import Runtime, Workers
from steadyline.services.tasks import Tasks

T = TypeVar("T")

MAX_WAITING = 20_000
"""Writes kept in memory, some 20 MB: about an hour of four calls that talk all the time. Beyond it the oldest go."""
RETRY_S = 1.0
PATIENCE_S = 1.0
"""No call waits longer for a write: a disk that hangs is a fault as well."""
LATE_S = 0.25
"""A wait that ends later than this was one of a process that was frozen."""
FAULT = "journal"


class _Write:
    """One write: its work, and the future that tells whoever waits what came of it."""

    def __init__(self, work: Callable[[Journal], Any], default: Any, name: Hashable = None) -> None:
        self.work = work
        self.default = default
        self.name = name
        self.result: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def settle(self, result: Any) -> None:
        """Let nobody wait any longer; the first result counts."""
        if not self.result.done():
            self.result.set_result(result)


class JournalAccess:
    """One service's way to the journal.

    Args:
        open_journal: opens it; called in the worker, again after a failure.
        workers: exactly one worker, which keeps the order.
        runtime: the service's surroundings.
    """

    def __init__(self, open_journal: Callable[[], Journal], workers: Workers, runtime: Runtime) -> None:
        self._open = open_journal
        self._workers = workers
        self._log = runtime.log
        self._metrics = runtime.metrics
        self._faults = runtime.faults
        self._journal: Journal | None = None
        self._tasks = Tasks(runtime.log)
        self._waiting: deque[_Write] = deque()
        self._named: dict[Hashable, _Write] = {}
        self._is_writing = self._is_faulty = False
        self._made_up = self._lost = 0
        self._closing = asyncio.Event()
        self._metrics.fault(FAULT, is_present=False)

    def __repr__(self) -> str:
        return f"<JournalAccess {'faulty' if self._is_faulty else 'sound'}, {len(self._waiting)} writes wait>"

    async def ask(self, read: Callable[[JournalReader], T], default: T) -> T:
        """What `read(journal)` says, all that was to be written before it included; `default` when it cannot be read.

        During a fault it does not know what is kept for later.
        """
        if self._waiting and not self._is_faulty:
            await asyncio.wait({self._waiting[-1].result})
        try:
            return await self._workers.run(self._do, read)
        except JournalError as error:
            self._failed(str(error))
            self._write_on()
            return default

    async def write(self, work: Callable[[Journal], T], default: T) -> T:
        """Do `work(journal)` in its turn; what it says, or `default` when it is kept for later."""
        write = self._put(_Write(work, default))
        if not self._is_faulty:
            await asyncio.wait({write.result})
        return default if not write.result.done() else write.result.result()

    def note(self, work: Callable[[Journal], object], *, replaces: Hashable = None) -> None:
        """Do `work(journal)` in its turn, without waiting.

        Args:
            work: what to write.
            replaces: a name for what is written. Of several that wait under one name only the latest is written, in the
                place of the first: for positions, which only grow and would fill the memory during a fault.
        """
        known = self._named.get(replaces) if replaces is not None else None
        if known is not None:
            known.work = work
        else:
            self._put(_Write(work, None, replaces))

    async def close(self) -> None:
        """Write what waits, as far as the journal takes it now, then close."""
        self._closing.set()
        try:
            await self._tasks.finished()
        finally:
            if self._waiting:
                self._metrics.journal_lost.inc(len(self._waiting))
                self._log.error("journal: %d writes are lost, for this service ends", len(self._waiting))
        await self._workers.run(self._do_close)
        self._workers.close()

    def _put(self, write: _Write) -> _Write:
        self._waiting.append(write)
        if write.name is not None:
            self._named[write.name] = write
        if len(self._waiting) > MAX_WAITING:
            self._take().settle(None)
            self._lost += 1
            self._metrics.journal_lost.inc()
        self._write_on()
        return write

    def _take(self) -> _Write:
        """What has waited longest; nothing replaces it any more."""
        write = self._waiting.popleft()
        if self._named.get(write.name) is write:
            del self._named[write.name]
        return write

    def _put_back(self, write: _Write) -> None:
        self._waiting.appendleft(write)
        if write.name is not None:
            self._named.setdefault(write.name, write)

    def _write_on(self) -> None:
        if not self._is_writing:
            self._is_writing = True
            self._tasks.start(self._write_all(), "journal")

    async def _write_all(self) -> None:
        """Write until nothing waits; while there is a fault, try again and again."""
        try:
            while self._waiting or self._is_faulty:
                if await self._write_next():
                    self._succeeded()
                elif self._closing.is_set():
                    return
                else:
                    await self._pause()
        finally:
            self._is_writing = False

    async def _write_next(self) -> bool:
        """Write what has waited longest, else see whether the journal can be read; False when it cannot be used."""
        is_write = bool(self._waiting)
        write = self._take() if is_write else _Write(lambda journal: journal.last_turn(""), 0)
        problem = await self._problem_with(write)
        write.settle(write.default)
        if not problem:
            self._made_up += is_write and self._is_faulty
            return True
        if is_write:
            self._put_back(write)
        self._failed(problem)
        return False

    async def _problem_with(self, write: _Write) -> str:
        """Do a write; why the journal cannot be used, "" when it can."""
        running, time = asyncio.ensure_future(self._workers.run(self._do, write.work)), asyncio.get_running_loop().time
        while not running.done():
            begun_at = time()
            await asyncio.wait({running}, timeout=PATIENCE_S)
            # Who wakes up late was frozen itself: that is no fault of the disk's.
            if time() - begun_at < PATIENCE_S + LATE_S:
                break
        if not running.done():
            write.settle(write.default)
            self._failed(f"the journal took no write for {PATIENCE_S:g} s: look for a disk or a process that hangs")
        try:
            write.settle(await running)
        except JournalConflictError as error:
            self._log.error("journal: a write is given up: %s", error)
        except JournalError as error:
            return str(error)
        except Exception:
            # A mistake of ours in one write; the others must not wait behind it for ever.
            self._log.exception("journal: a write failed unexpectedly")
        return ""

    def _failed(self, why: str) -> None:
        self._is_faulty = True
        for write in self._waiting:
            write.settle(write.default)
        self._metrics.journal_waiting.set(len(self._waiting))
        kept = f"{len(self._waiting)} writes wait" + (f", {self._lost} are lost" if self._lost else "")
        self._faults.begin(FAULT, f"{why}; {kept}", "calls go on, what is to be written is kept in memory")

    def _succeeded(self) -> None:
        self._metrics.journal_waiting.set(len(self._waiting))
        if self._is_faulty and not self._waiting:
            lost = f", {self._lost} were lost" if self._lost else ""
            self._faults.end(FAULT, f"the journal can be written again, {self._made_up} writes are made up for{lost}")
            self._is_faulty, self._made_up, self._lost = False, 0, 0

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(RETRY_S):
                await self._closing.wait()
        except TimeoutError:
            return

    def _do(self, work: Callable[[Journal], T]) -> T:
        if self._journal is None:
            self._journal = self._open()
        return work(self._journal)

    def _do_close(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None
