"""What one call's voice says, rendered; and what it may have to say soon, rendered beforehand when there is time."""

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steadyline.errors import EngineError
from steadyline.services.engine_host import EngineHost
from steadyline.services.engine_protocols import Synthesizer
from steadyline.services.rendering import render
from steadyline.services.tasks import Tasks

MOST = 4
"""Renderings kept, each a clause of a few seconds; the oldest goes."""


@dataclass(frozen=True)
class Rendering:
    """A text as sound.

    Attributes:
        samples: float32, mono, [-1, 1].
        rate_hz: their rate.
        took_s: how long the voice took, its queue included.
    """

    samples: NDArray[np.float32]
    rate_hz: int
    took_s: float


NOTHING = Rendering(np.zeros(0, np.float32), 16_000, 0.0)
"""What is said of a clause that the voice failed on."""


class CallRenderer:
    """Renders clauses. What was prepared is a cache by text; each rendering is used once, since no two are alike.

    Args:
        host: the voice.
        tasks: the call's.
        log: for failures.
        call_id: whose.
    """

    def __init__(self, host: EngineHost[Synthesizer], tasks: Tasks, log: logging.Logger, call_id: int) -> None:
        self._host = host
        self._tasks = tasks
        self._log = log
        self._call_id = call_id
        self._renderings: dict[str, asyncio.Task[Rendering | None]] = {}
        self._under_way: asyncio.Task[Rendering | None] | None = None

    def prepare(self, text: str) -> None:
        """Render `text` beforehand, unless the voice is busy with what is due."""
        is_own = self._under_way is not None and not self._under_way.done()
        if text in self._renderings or not (is_own or self._host.is_idle):
            return
        self._under_way = self._tasks.start(self._beforehand(text, self._under_way), "prepare")
        self._renderings[text] = self._under_way
        while len(self._renderings) > MOST:
            del self._renderings[next(iter(self._renderings))]

    def forget(self, texts: Collection[str]) -> None:
        """These texts will not be said; those of them that are waiting to be prepared are not rendered any more."""
        for text in texts:
            rendering = self._renderings.pop(text, None)
            if rendering is not None:
                rendering.cancel()

    async def render(self, text: str) -> Rendering:
        """`text` as sound, prepared or made now; nothing when the voice fails on it."""
        rendering = self._renderings.pop(text, None)
        prepared = await rendering if rendering is not None else None
        try:
            return prepared or await self._rendered(text)
        except EngineError as error:
            self._log.error("synthesis failed: %s", error, extra={"call_id": self._call_id})
            return NOTHING

    async def _beforehand(self, text: str, before: "asyncio.Task[Rendering | None] | None") -> Rendering | None:
        if before is not None:
            await asyncio.wait({before})
        try:
            return await self._rendered(text)
        except EngineError:
            # It is tried again when it is due, and told of then.
            return None

    async def _rendered(self, text: str) -> Rendering:
        time = asyncio.get_running_loop().time
        begun_at = time()
        samples, rate_hz = await self._host.run(lambda engine: render(engine, text), "render")
        return Rendering(samples, rate_hz, time() - begun_at)
