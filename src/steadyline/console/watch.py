"""Asking all status ports while somebody looks: once for all lookers, not at all while nobody does."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from steadyline.services.system_status import Answers

ASK_INTERVAL_S = 0.5
MAX_LOOKERS = 32

Ask = Callable[[], Awaitable[dict[str, Any] | None]]


class Watch:
    """What all services say of themselves, twice a second.

    Args:
        asks: names to what asks each of them; answers None when nobody is there, and comes to an end within a second.
        view: makes of the answers what lookers get.
    """

    def __init__(self, asks: Mapping[str, Ask], view: Callable[[Answers], dict[str, Any]]) -> None:
        self._asks = asks
        self._view = view
        self._answers: Answers = dict.fromkeys(asks)
        self._asking: dict[str, asyncio.Future[None]] = {}
        self._lookers = 0
        self._task: asyncio.Task[None] | None = None
        self._next: asyncio.Future[str | None] | None = None

    @property
    def is_asking(self) -> bool:
        """Somebody looks."""
        return self._task is not None

    @property
    def is_full(self) -> bool:
        """No more can look."""
        return self._lookers >= MAX_LOOKERS

    async def looks(self) -> AsyncIterator[str]:
        """JSON objects, the newest each time; who is slow misses those between and holds nobody up."""
        self._lookers += 1
        if self._task is None:
            self._next = asyncio.get_running_loop().create_future()
            self._task = asyncio.get_running_loop().create_task(self._keep(), name="watch")
        try:
            while self._next is not None and (text := await asyncio.shield(self._next)) is not None:
                yield text
        finally:
            self._lookers -= 1
            if not self._lookers:
                self.stop()

    def stop(self) -> None:
        """Ask no more; whoever still looks has seen the last of it."""
        for task in (self._task, *self._asking.values()):
            if task is not None:
                task.cancel()
        self._asking.clear()
        self._task = None
        if self._next is not None and not self._next.done():
            self._next.set_result(None)

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began_at = loop.time()
            for name in self._asks.keys() - self._asking.keys():
                self._asking[name] = asyncio.ensure_future(self._ask(name))
            # One that hangs is asked on: the others' news does not wait for it.
            await asyncio.wait(self._asking.values(), timeout=ASK_INTERVAL_S)
            shown, self._next = self._next, loop.create_future()
            if shown is not None and not shown.done():
                shown.set_result(json.dumps(self._seen(), ensure_ascii=False))
            await asyncio.sleep(max(0.0, began_at + ASK_INTERVAL_S - loop.time()))

    def _seen(self) -> dict[str, Any]:
        try:
            return self._view(self._answers)
        except Exception as error:  # what a service of another release answers must not end everybody's view
            return {"error": f"a service answered what this console does not understand: {error!r:.200}"}

    async def _ask(self, name: str) -> None:
        try:
            self._answers[name] = await self._asks[name]()
        finally:
            self._asking.pop(name, None)
