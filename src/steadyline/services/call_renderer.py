"""What one call's voice says, rendered; and what it may have to say soon, rendered beforehand when there is time."""

import asyncio
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import numpy as np

from steadyline.errors import EngineError
from steadyline.services.engine_host import EngineHost
from steadyline.services.engine_protocols import Synthesizer
from steadyline.services.fair_queue import Order
from steadyline.services.fixed_renderings import FixedRenderings
from steadyline.services.rendering import Rendering, rendered
from steadyline.services.tasks import Tasks

MOST = 4
"""Renderings kept, each a clause of a few seconds; the oldest goes."""


@dataclass(frozen=True)
class _Beforehand:
    """A rendering that may be wanted: where it stands in the queue, and what comes of it."""

    order: Order
    rendering: "asyncio.Task[Rendering | None]"


NOTHING = Rendering(np.zeros(0, np.float32), 16_000, 0.0, 0)
"""What is said of a clause that the voice failed on."""


class CallRenderer:
    """Renders clauses. What was prepared is a cache by text; each rendering is used once, since no two are alike.

    Args:
        host: the voice.
        fixed: what was rendered for all calls.
        tasks: the call's.
        random: floats in [0, 1).
        log: for failures.
        call_id: whose.
        on_rendered: told each text that the voice is done with.
    """

    def __init__(
        self,
        host: EngineHost[Synthesizer],
        fixed: FixedRenderings,
        tasks: Tasks,
        random: Callable[[], float],
        log: logging.Logger,
        call_id: int,
        on_rendered: Callable[[str], None],
    ) -> None:
        self._host = host
        self._fixed = fixed
        self._tasks = tasks
        self._random = random
        self._log = log
        self._call_id = call_id
        self._on_rendered = on_rendered
        self._beforehand: dict[str, _Beforehand] = {}
        self._sounds_until = 0.0

    def prepare(self, text: str) -> None:
        """Render `text` as soon as the voice has nothing else to do."""
        known = self._beforehand.get(text)
        if text in self._fixed or (known is not None and known.rendering.done()):
            self._on_rendered(text)
        if text in self._fixed or known is not None:
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
            if text in self._fixed:
                begun_at = self._host.now()
                rendering = replace(await self._fixed.wanted(text, order.wanted_at), took_s=self._host.now() - begun_at)
            else:
                rendering = prepared or await rendered(self._host, text, self._random, order)
        except EngineError as error:
            self._log.error("synthesis failed: %s", error, extra={"call_id": self._call_id})
            return NOTHING
        finally:
            self._on_rendered(text)
        self._sounds_until = max(self._host.now(), self._sounds_until) + len(rendering.samples) / rendering.rate_hz
        return rendering

    async def _render_beforehand(self, text: str, order: Order) -> Rendering | None:
        try:
            return await rendered(self._host, text, self._random, order)
        except EngineError:
            # It is tried again when it is due, and told of then.
            return None
        finally:
            self._on_rendered(text)
