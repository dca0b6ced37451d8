"""What is said in every call in the same words, rendered once by a voice and used in all calls.

Two calls share a rendering, and its number with it. In one call a clause has one rendering all the same: the number goes with
the samples, so what was cut off in the middle goes on there, and a voice that was started anew has another number.
"""

import asyncio
from collections.abc import Callable, Sequence

from steadyline.errors import EngineError
from steadyline.link.runtime import Runtime
from steadyline.services.engine_host import EngineHost
from steadyline.services.engine_protocols import Synthesizer
from steadyline.services.fair_queue import Order
from steadyline.services.rendering import Rendering, rendered
from steadyline.services.tasks import Tasks


class FixedRenderings:
    """One voice's.

    Args:
        runtime: the service's surroundings.
        host: the voice.
        first: clauses of the greeting: no call is answered before they are rendered.
        later: clauses of which there is no hurry.
        on_change: called when the greeting is rendered.
    """

    def __init__(
        self,
        runtime: Runtime,
        host: EngineHost[Synthesizer],
        first: Sequence[str],
        later: Sequence[str],
        on_change: Callable[[], None],
    ) -> None:
        self._runtime = runtime
        self._host = host
        self._texts = tuple(dict.fromkeys((*first, *later)))
        self._pending = set(first)
        self._on_change = on_change
        self._tasks = Tasks(runtime.log)
        self._rendering: asyncio.Task[None] | None = None
        self._orders: dict[str, Order] = {}
        self._renderings: dict[str, asyncio.Task[Rendering | EngineError]] = {}

    def __contains__(self, text: str) -> bool:
        return text in self._texts

    @property
    def waiting_for(self) -> str:
        """ "" when the voice can greet at once, else what is in the way, for people."""
        return self._host.waiting_for or (f"{self._runtime.role}: rendering the greeting" if self._pending else "")

    def engine_changed(self) -> None:
        """The voice is loaded: render everything, as soon as it has nothing else to do."""
        if not self._host.waiting_for and self._rendering is None:
            self._rendering = self._tasks.start(self._render_all(), "fixed renderings")

    def stop(self) -> None:
        """The service stops."""
        self._tasks.cancel()

    async def wanted(self, text: str, at: float) -> Rendering:
        """One of the texts as sound, which a caller waits for from `at` on; seconds on the voice's clock.

        Raises:
            EngineError: the voice failed on it; it is tried again the next time.
        """
        self._begin(text)
        self._host.want(self._orders[text], at)
        return await self._result(text)

    def _begin(self, text: str) -> None:
        """Render a text, unless that is done or under way: as soon as the voice has nothing else to do."""
        if text not in self._renderings:
            self._orders[text] = Order()
            self._renderings[text] = self._tasks.start(self._rendered(text), "fixed rendering")

    async def _result(self, text: str) -> Rendering:
        # Other calls may wait for it, too.
        result = await asyncio.shield(self._renderings[text])
        if isinstance(result, EngineError):
            self._renderings.pop(text, None)
            raise result
        return result

    async def _rendered(self, text: str) -> Rendering | EngineError:
        try:
            return await rendered(self._host, text, self._runtime.random, self._orders[text])
        except EngineError as error:
            return error

    async def _render_all(self) -> None:
        for text in self._texts:
            self._begin(text)
            try:
                await self._result(text)
            except EngineError as error:
                self._runtime.log.error("synthesis of %r failed: %s", text, error)
            if self._pending:
                self._pending.discard(text)
                if not self._pending:
                    self._on_change()
