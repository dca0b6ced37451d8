"""The journal for services: written in a thread of its own, in order; a journal that cannot be written stops no call."""

import logging
from collections.abc import Callable
from typing import TypeVar

from steadyline.calls.journal import Journal, JournalError
from steadyline.link.runtime import Workers
from steadyline.services.tasks import Tasks

T = TypeVar("T")


class JournalAccess:
    """One service's way to the journal.

    Args:
        open_journal: opens it; called in the worker, again after a failure.
        workers: exactly one worker, which keeps the order.
        log: the service's logger.
    """

    def __init__(self, open_journal: Callable[[], Journal], workers: Workers, log: logging.Logger) -> None:
        self._open = open_journal
        self._workers = workers
        self._log = log
        self._journal: Journal | None = None
        self._tasks = Tasks(log)
        self.fault = ""

    async def ask(self, work: Callable[[Journal], T], default: T) -> T:
        """The result of `work(journal)`, or `default` when the journal cannot be used (logged when that begins)."""
        try:
            result: T = await self._workers.run(self._do, work)
        except JournalError as error:
            if str(error) != self.fault:
                self._log.error("journal: %s; calls go on without it", error)
            self.fault = str(error)
            return default
        self.fault = ""
        return result

    def note(self, work: Callable[[Journal], object]) -> None:
        """Do `work(journal)` in its turn, without waiting."""
        self._tasks.start(self.ask(work, None), "journal")

    async def close(self) -> None:
        """Write what was noted, then close."""
        await self._tasks.finished()
        await self._workers.run(self._do_close)
        self._workers.close()

    def _do(self, work: Callable[[Journal], T]) -> T:
        if self._journal is None:
            self._journal = self._open()
        return work(self._journal)

    def _do_close(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None
