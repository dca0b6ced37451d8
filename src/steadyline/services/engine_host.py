"""An engine that is being loaded while its service already answers: loading is a state, not a fault."""

import asyncio
from collections.abc import Callable
from math import inf
from typing import Any, Generic, TypeVar

from steadyline.clock import TimerHandle
from steadyline.engines.remote import RemoteEngine
from steadyline.errors import EngineError, EngineLostError, SteadylineError
from steadyline.link.runtime import Runtime, Workers
from steadyline.services.fair_queue import NO_CALL, FairQueue, Order

E = TypeVar("E")
T = TypeVar("T")


SPECULATIVE_PLACES = 1
"""So many workers an engine's host needs more than it has places: what is due need not wait until speculation has ended."""


class EngineHost(Generic[E]):
    """Loads an engine in a worker and runs it there, for all calls in a fair order.

    Args:
        name: for people, e.g. "whisper".
        load: makes the engine; runs in a worker.
        workers: where it is loaded and used; `places` + `SPECULATIVE_PLACES` of them.
        runtime: the service's surroundings.
        places: pieces of work that are done at once.
        lead_s: see `FairQueue`; for an engine whose work gives way when it is asked to.

    Attributes:
        now: the clock that orders are timed by, seconds.
    """

    def __init__(
        self,
        name: str,
        load: Callable[[], E],
        workers: Workers,
        runtime: Runtime,
        *,
        places: int = 1,
        lead_s: float = inf,
    ) -> None:
        self._name = name
        self._load = load
        self._workers = workers
        self._log = runtime.log
        self._metrics = runtime.metrics
        self._engine: asyncio.Future[E] | None = None
        self._begun = asyncio.Event()
        self._error = ""
        self._queue = FairQueue(places, SPECULATIVE_PLACES, lead_s)
        self._turns: dict[Order, asyncio.Future[None]] = {}
        self._clock = runtime.clock
        self._wake_up: TimerHandle | None = None
        self.now = runtime.clock.now
        self._died = asyncio.Event()
        self._death = EngineLostError("the engine's process died")
        self.on_change: Callable[[], None] = lambda: None

    @property
    def waiting_for(self) -> str:
        """ "" when the engine is loaded, else what is in the way, for people."""
        if self._error:
            return f"{self._name}: {self._error}"
        return "" if self._engine is not None and self._engine.done() else f"{self._name}: loading"

    async def start(self) -> None:
        """Load the engine.

        Raises:
            SteadylineError: it cannot be loaded; the text says what to do.
        """
        self._engine = asyncio.get_running_loop().create_future()
        self._begun.set()
        try:
            engine = await self._workers.run(self._load)
        except SteadylineError as error:
            self._error = str(error)
            self._engine.cancel()
            raise
        if isinstance(engine, RemoteEngine):
            loop = asyncio.get_running_loop()
            engine.on_death(lambda error: loop.call_soon_threadsafe(self._take_death, error))
        self._engine.set_result(engine)
        self._log.info("%s is loaded", self._name)
        self.on_change()

    async def wait_died(self) -> EngineLostError:
        """Wait until an engine that has a process of its own dies; the reason."""
        await self._died.wait()
        return self._death

    def _take_death(self, error: EngineLostError) -> None:
        self._death = error
        self._died.set()

    async def run(self, work: Callable[[E], T], kind: str = "work", order: Order | None = None) -> T:
        """The result of `work(engine)` in a worker, once the engine is loaded and it is this order's turn.

        None comes when the engine's process dies: the service ends then, and its successor does the work again. To report
        a failure instead would let the caller's words or the answer be settled as lost.

        Args:
            work: what to do. What has begun is done to its end, even if nobody waits for it any more.
            kind: one word of a few for the metrics, e.g. "transcribe".
            order: whose it is, and when it is wanted; None: nobody's, and now.

        Raises:
            EngineError: whatever it was that went wrong inside: it concerns this piece of work, not the service.
        """
        await self._begun.wait()
        assert self._engine is not None
        engine = await asyncio.shield(self._engine)
        order = order or Order(NO_CALL, self.now())
        await self._turn(order)
        under_way = asyncio.ensure_future(self._timed(lambda: work(engine), kind))
        under_way.add_done_callback(lambda _: self._leave(order))
        # If nobody waits for it any more, nobody need be told that it failed.
        under_way.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            return await asyncio.shield(under_way)
        except EngineLostError as error:
            self._take_death(error)
            nothing: asyncio.Future[T] = asyncio.get_running_loop().create_future()
            return await nothing
        except EngineError:
            raise
        except Exception as error:
            self._log.exception("%s failed unexpectedly", self._name)
            raise EngineError(f"{self._name}: {error!r}") from error

    def order(self, call_id: int) -> Order:
        """An order for work that somebody waits for from now on."""
        return Order(call_id, self.now())

    def want(self, order: Order, at: float | None = None) -> None:
        """What was speculation is wanted from this time on; None: from now on."""
        now = self.now()
        self._queue.want(order, now if at is None else at, now)
        self._serve()

    def postpone(self, order: Order, at: float) -> None:
        """What was wanted of it at once is done; the rest, which goes on being done, is wanted from `at` on."""
        self._queue.postpone(order, at, self.now())
        self._serve()

    async def _turn(self, order: Order) -> None:
        """Wait for a place."""
        turn = self._turns[order] = asyncio.get_running_loop().create_future()
        self._queue.put(order, self.now())
        self._metrics.queue_depth.inc()
        self._serve()
        try:
            await turn
        except asyncio.CancelledError:
            self._leave(order)
            raise
        finally:
            self._turns.pop(order, None)
            self._metrics.queue_depth.dec()

    def _serve(self) -> None:
        while (order := self._queue.take(self.now())) is not None:
            turn = self._turns[order]
            if not turn.done():
                turn.set_result(None)
        if self._wake_up is not None:
            self._wake_up.cancel()
        presses_at = self._queue.presses_at()
        self._wake_up = self._clock.call_at(presses_at, self._serve) if self.now() < presses_at < inf else None

    def _leave(self, order: Order) -> None:
        self._queue.leave(order)
        self._serve()

    async def _timed(self, work: Callable[[], T], kind: str) -> T:
        """Do a piece of work in a worker, and measure its time."""
        # The loop's own time, which any thread may read: it is virtual where the loop's is.
        time = asyncio.get_running_loop().time

        def timed() -> T:
            begun_at = time()
            try:
                return work()
            finally:
                self._metrics.worked(kind, time() - begun_at)

        return await self._workers.run(timed)

    @property
    def engine(self) -> E | None:
        """The engine, for what does not block; None while it is not loaded."""
        is_loaded = self._engine is not None and self._engine.done() and not self._engine.cancelled()
        return self._engine.result() if self._engine is not None and is_loaded else None

    def close(self) -> None:
        """Free what the engine holds."""
        closer: Any = getattr(self.engine, "close", None)
        if closer is not None:
            closer()
