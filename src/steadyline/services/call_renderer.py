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
from steadyline.services.fair_queue import Order
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


@dataclass(frozen=True)
class _Beforehand:
    """A rendering that may be wanted: where it stands in the queue, and what comes of it."""

    order: Order
    rendering: "asyncio.Task[Rendering | None]"


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
        self._beforehand: dict[str, _Beforehand] = {}
        self._sounds_until = 0.0

    def prepare(self, text: str) -> None:
        """Render `text` as soon as the voice has nothing else to do."""
        if text in self._beforehand:
            return
        order = Order(self._call_id)
        self._beforehand[text] = _Beforehand(order, self._tasks.start(self._render_beforehand(text, order), "prepare"))
        while len(self._beforehand) > MOST:
            self._beforehand.pop(next(iter(self._beforehand))).rendering.cancel()

    def forget(self, texts: Collection[str]) -> None:
        """These texts will not be said; those of them that are waiting to be prepared are not rendered any more."""
        for text in texts:
            beforehand = self._beforehand.pop(text, None)
            if beforehand is not None:
                beforehand.rendering.cancel()
        self._sounds_until = 0.0

    async def render(self, text: str) -> Rendering:
        """`text` as sound, prepared or made now; nothing when the voice fails on it.

        It is wanted when the caller has heard what was rendered before it: who listens can wait, who hears nothing cannot.
        """
        beforehand, prepared = self._beforehand.pop(text, None), None
        order = Order(self._call_id, max(self._host.now(), self._sounds_until))
        if beforehand is not None:
            self._host.want(beforehand.order, order.wanted_at)
            prepared = await beforehand.rendering
        try:
            rendering = prepared or await self._rendered(text, order)
        except EngineError as error:
            self._log.error("synthesis failed: %s", error, extra={"call_id": self._call_id})
            return NOTHING
        self._sounds_until = max(self._host.now(), self._sounds_until) + len(rendering.samples) / rendering.rate_hz
        return rendering

    async def _render_beforehand(self, text: str, order: Order) -> Rendering | None:
        try:
            return await self._rendered(text, order)
        except EngineError:
            # It is tried again when it is due, and told of then.
            return None

    async def _rendered(self, text: str, order: Order) -> Rendering:
        begun_at = self._host.now()
        samples, rate_hz = await self._host.run(lambda engine: render(engine, text), "render", order)
        return Rendering(samples, rate_hz, self._host.now() - begun_at)
