"""Background tasks that somebody looks after: kept from the garbage collector, their failures logged."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any


class Tasks:
    """The background tasks of one owner."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        # A dict for its order, in which they are cancelled: a set's would differ from run to run.
        self._tasks: dict[asyncio.Task[Any], None] = {}

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run `work` in the background; an exception is logged with its trace."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks[task] = None
        task.add_done_callback(self._done)
        return task

    def cancel(self) -> None:
        """Cancel all of them."""
        for task in list(self._tasks):
            task.cancel()

    async def finished(self) -> None:
        """Wait until none of them runs."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)
        if not task.cancelled() and task.exception() is not None:
            self._log.error("task %r failed", task.get_name(), exc_info=task.exception())
