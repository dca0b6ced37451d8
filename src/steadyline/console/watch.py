"""Following all status ports while somebody looks: once for all lookers, not at all while nobody does."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Set
from functools import partial
from typing import Any

from steadyline.services.status_follower import Told
from steadyline.services.system_status import Answers

FIGURES_S = 0.5
"""Without news a picture comes so often, with newer figures."""
GATHER_S = 0.05
"""With news it comes after so long: a process that dies is told of by all its neighbours at once."""
FIRST_WITHIN_S = 0.2
"""The first picture waits so long for all; who was not heard until then is shown as asked."""
SILENT_AFTER_S = 1.0
"""Who was not heard until then is shown gone. Who is known to be gone is so sooner."""
MAX_LOOKERS = 32
AWAITED_S = 5.0
"""Who opens a page asks for its pictures as soon as its script runs; who has not by then is not waited for."""

Follow = Callable[[Told], Awaitable[None]]


class Watch:
    """What all services say of themselves, as soon as something happens, else twice a second.

    Args:
        follows: names to what follows each of them until it is cancelled.
        view: makes what lookers get, of the answers, and of the names of those who were asked and may yet answer.
    """

    def __init__(self, follows: Mapping[str, Follow], view: Callable[[Answers, Set[str]], dict[str, Any]]) -> None:
        self._follows = follows
        self._view = view
        self._answers: Answers = dict.fromkeys(follows)
        self._unheard: Set[str] = frozenset()
        self._silent_at = 0.0
        self._following: list[asyncio.Future[None]] = []
        self._lookers = 0
        self._timer: asyncio.TimerHandle | None = None
        self._next: asyncio.Future[str | None] | None = None
        self._newest: str | None = None
        self._awaited: asyncio.TimerHandle | None = None

    @property
    def is_asking(self) -> bool:
        """Somebody looks, or is about to."""
        return self._timer is not None

    @property
    def is_full(self) -> bool:
        """No more can look."""
        return self._lookers >= MAX_LOOKERS

    def expect(self) -> None:
        """Somebody is about to look: what takes long, hearing all services for the first time, begins now."""
        if not self.is_asking:
            self._begin()
        self._await_none()
        if not self._lookers:
            self._awaited = asyncio.get_running_loop().call_later(AWAITED_S, self.stop)

    async def looks(self) -> AsyncIterator[str]:
        """JSON objects, the newest each time; who is slow misses those between and holds nobody up."""
        self._lookers += 1
        self._await_none()
        if not self.is_asking:
            self._begin()
        try:
            if self._newest is not None:
                yield self._newest
            while self._next is not None and (text := await asyncio.shield(self._next)) is not None:
                yield text
        finally:
            self._lookers -= 1
            if not self._lookers:
                self.stop()

    def stop(self) -> None:
        """Follow no more; whoever still looks has seen the last of it."""
        self._await_none()
        self._newest = None
        for task in self._following:
            task.cancel()
        self._following.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._next is not None and not self._next.done():
            self._next.set_result(None)

    def _await_none(self) -> None:
        if self._awaited is not None:
            self._awaited.cancel()
            self._awaited = None

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        self._next = loop.create_future()
        self._answers, self._unheard = dict.fromkeys(self._follows), frozenset(self._follows)
        self._silent_at = loop.time() + SILENT_AFTER_S
        self._following = [
            asyncio.ensure_future(follow(partial(self._told, name))) for name, follow in self._follows.items()
        ]
        self._show_at(loop.time() + FIRST_WITHIN_S)

    def _told(self, name: str, status: dict[str, Any] | None, *, is_news: bool) -> None:
        self._answers[name] = status
        was_first, self._unheard = name in self._unheard, self._unheard - {name}
        if not (is_news or was_first) or (self._newest is None and self._unheard):
            return
        is_complete = was_first and not self._unheard
        self._show_at(asyncio.get_running_loop().time() + (0.0 if is_complete else GATHER_S))

    def _show_at(self, at: float) -> None:
        if self._timer is not None:
            if self._timer.when() <= at:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(at, self._show)

    def _show(self) -> None:
        loop = asyncio.get_running_loop()
        shown, self._next, self._timer = self._next, loop.create_future(), None
        if loop.time() >= self._silent_at:
            self._unheard = frozenset()
        self._show_at(min(loop.time() + FIGURES_S, self._silent_at) if self._unheard else loop.time() + FIGURES_S)
        self._newest = json.dumps(self._seen(), ensure_ascii=False)
        if shown is not None and not shown.done():
            shown.set_result(self._newest)

    def _seen(self) -> dict[str, Any]:
        try:
            return self._view(self._answers, self._unheard)
        except Exception as error:  # what a service of another release answers must not end everybody's view
            return {"error": f"a service answered what this console does not understand: {error!r:.200}"}
