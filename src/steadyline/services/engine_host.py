"""An engine that is being loaded while its service already answers: loading is a state, not a fault."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic, TypeVar

from steadyline.engines.remote import RemoteEngine
from steadyline.errors import EngineError, EngineLostError, SteadylineError
from steadyline.link.runtime import Runtime, Workers
from steadyline.metrics import Metrics

E = TypeVar("E")
T = TypeVar("T")


class EngineHost(Generic[E]):
    """Loads an engine in a worker and runs it there.

    Args:
        name: for people, e.g. "whisper".
        load: makes the engine; runs in a worker.
        workers: where it is loaded and used.
        runtime: the service's surroundings.
    """

    def __init__(self, name: str, load: Callable[[], E], workers: Workers, runtime: Runtime) -> None:
        self._name = name
        self._load = load
        self._workers = workers
        self._log = runtime.log
        self._metrics = runtime.metrics
        self._engine: asyncio.Future[E] | None = None
        self._error = ""
        self._under_way = 0
        self._died = asyncio.Event()
        self._death = EngineLostError("the engine's process died")
        self.on_change: Callable[[], None] = lambda: None

    @property
    def waiting_for(self) -> str:
        """ "" when the engine is loaded, else what is in the way, for people."""
        if self._error:
            return f"{self._name}: {self._error}"
        return "" if self._engine is not None and self._engine.done() else f"{self._name}: loading"

    @property
    def is_idle(self) -> bool:
        """The engine is loaded and has nothing to do: the moment for what may turn out to be in vain."""
        return not self.waiting_for and not self._under_way

    async def start(self) -> None:
        """Load the engine.

        Raises:
            SteadylineError: it cannot be loaded; the text says what to do.
        """
        self._engine = asyncio.get_running_loop().create_future()
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

    async def run(self, work: Callable[[E], T], kind: str = "work") -> T:
        """The result of `work(engine)` in a worker, once the engine is loaded.

        None comes when the engine's process dies: the service ends then, and its successor does the work again. To report
        a failure instead would let the caller's words or the answer be settled as lost.

        Args:
            work: what to do.
            kind: one word of a few for the metrics, e.g. "transcribe".

        Raises:
            EngineError: whatever it was that went wrong inside: it concerns this piece of work, not the service.
        """
        assert self._engine is not None
        engine = await asyncio.shield(self._engine)
        self._under_way += 1
        try:
            return await self._timed(lambda: work(engine), kind)
        except EngineLostError as error:
            self._take_death(error)
            nothing: asyncio.Future[T] = asyncio.get_running_loop().create_future()
            return await nothing
        except EngineError:
            raise
        except Exception as error:
            self._log.exception("%s failed unexpectedly", self._name)
            raise EngineError(f"{self._name}: {error!r}") from error
        finally:
            self._under_way -= 1

    async def _timed(self, work: Callable[[], T], kind: str) -> T:
        """Do a piece of work in a worker, and measure its wait and its time."""
        # The loop's own time, which any thread may read: it is virtual where the loop's is.
        time, place = asyncio.get_running_loop().time, _QueuePlace(self._metrics)

        def timed() -> T:
            place.leave()
            begun_at = time()
            try:
                return work()
            finally:
                self._metrics.worked(kind, time() - begun_at)

        try:
            return await self._workers.run(timed)
        finally:
            place.leave()

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


class _QueuePlace:
    """One piece of work in the queue for a worker: leaves it when it begins, or when nobody waits for it any more."""

    def __init__(self, metrics: Metrics) -> None:
        self._taken = [metrics.queue_depth]
        metrics.queue_depth.inc()

    def leave(self) -> None:
        # Worker and event loop may come here at the same moment; `pop` lets one of them through.
        with suppress(IndexError):
            self._taken.pop().dec()
