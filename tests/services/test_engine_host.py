"""What becomes of work whose engine dies: it is not reported as failed, and the service ends for a successor to do it."""

import asyncio
import gc
from collections.abc import Callable
from math import inf
from typing import Any, TypeVar

import pytest
from tests.link.worlds import make_runtime

from steadyline.drills.simulated_workers import SimulatedWorkers, engine_sleep
from steadyline.errors import EngineError, EngineFrozenError, EngineLostError
from steadyline.link.memory import MemoryNetwork
from steadyline.link.virtual_time import run_in_virtual_time
from steadyline.services.engine_host import SPECULATIVE_PLACES, EngineHost
from steadyline.services.fair_queue import Order

T = TypeVar("T")


class Inline:
    """Workers that work at once."""

    async def run(self, function: Callable[..., T], /, *args: Any) -> T:
        return function(*args)

    def close(self) -> None: ...


def failing(error: Exception) -> Callable[[str], str]:
    def work(engine: str) -> str:
        raise error

    return work


async def loaded() -> EngineHost[str]:
    host = EngineHost("whisper", lambda: "engine", Inline(), make_runtime(MemoryNetwork(), "whisper"))
    await host.start()
    return host


def test_a_failure_is_the_works_own_and_the_engine_goes_on() -> None:
    async def scenario() -> None:
        host = await loaded()
        with pytest.raises(EngineError, match="out of luck"):
            await host.run(failing(EngineError("out of luck")))
        assert await host.run(lambda engine: engine) == "engine"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3600):
                await host.wait_died()

    run_in_virtual_time(scenario())


def test_a_dead_engine_ends_the_service_and_nobody_is_told_that_their_work_failed() -> None:
    async def scenario() -> None:
        host = await loaded()
        waiting = asyncio.ensure_future(host.run(failing(EngineFrozenError("it froze"))))
        death = await host.wait_died()
        assert isinstance(death, EngineLostError) and (str(death), death.exit_code) == ("it froze", 3)
        await asyncio.sleep(3600)
        assert not waiting.done()
        waiting.cancel()

    run_in_virtual_time(scenario())


async def loaded_in_virtual_time(places: int, lead_s: float = inf) -> EngineHost[str]:
    workers, runtime = SimulatedWorkers(places + SPECULATIVE_PLACES), make_runtime(MemoryNetwork(), "tts")
    host = EngineHost("tts", lambda: "engine", workers, runtime, places=places, lead_s=lead_s)
    await host.start()
    return host


def taking(seconds: float, notes: list[str], name: str) -> Callable[[str], str]:
    def work(engine: str) -> str:
        notes.append(name)
        engine_sleep(seconds)
        return name

    return work


def test_what_is_due_does_not_wait_for_speculation_that_has_begun() -> None:
    async def scenario() -> None:
        host, notes = await loaded_in_virtual_time(places=1), list[str]()
        perhaps = asyncio.ensure_future(host.run(taking(2.0, notes, "perhaps"), order=Order(2)))
        await asyncio.sleep(0.5)
        assert await host.run(taking(0.3, notes, "due"), order=host.order(4)) == "due"
        assert host.now() == pytest.approx(0.8)
        assert await perhaps == "perhaps", "and goes on beside it"

    run_in_virtual_time(scenario())


def test_what_nobody_waits_for_any_more_is_not_begun() -> None:
    async def scenario() -> None:
        host, notes = await loaded_in_virtual_time(places=1), list[str]()
        first = asyncio.ensure_future(host.run(taking(1.0, notes, "first"), order=host.order(2)))
        second = asyncio.ensure_future(host.run(taking(1.0, notes, "second"), order=host.order(4)))
        third = asyncio.ensure_future(host.run(taking(1.0, notes, "third"), order=host.order(6)))
        await asyncio.sleep(0.5)
        second.cancel()
        await asyncio.gather(first, third)
        assert notes == ["first", "third"]
        assert host.now() == pytest.approx(2.0)

    run_in_virtual_time(scenario())


def test_work_that_has_begun_keeps_its_place_until_it_is_done() -> None:
    """A worker cannot be interrupted: its place is not free because nobody waits for the result any more."""

    async def scenario() -> None:
        host, notes = await loaded_in_virtual_time(places=1), list[str]()
        first = asyncio.ensure_future(host.run(taking(1.0, notes, "first"), order=host.order(2)))
        await asyncio.sleep(0.5)
        first.cancel()
        await host.run(taking(1.0, notes, "second"), order=host.order(4))
        assert host.now() == pytest.approx(2.0)

    run_in_virtual_time(scenario())


def test_speculation_that_comes_true_is_done_before_other_speculation() -> None:
    async def scenario() -> None:
        host, notes = await loaded_in_virtual_time(places=1), list[str]()
        orders = [Order(2), Order(4), Order(6)]
        work = [
            asyncio.ensure_future(host.run(taking(1.0, notes, str(order.call_id)), order=order)) for order in orders
        ]
        await asyncio.sleep(0.5)
        host.want(orders[2])
        await asyncio.gather(*work)
        assert notes == ["2", "6", "4"]

    run_in_virtual_time(scenario())


def test_work_that_fails_after_nobody_waits_for_it_any_more_leaves_no_trace() -> None:
    # Found by drill simulate, seed 23615: the caller hung up, and then the language model failed.
    reported: list[str] = []

    async def scenario() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: reported.append(str(context["message"])))
        host = await loaded_in_virtual_time(1)

        def work(engine: str) -> str:
            engine_sleep(1.0)
            raise EngineError("planned")

        waiting = asyncio.ensure_future(host.run(work))
        await asyncio.sleep(0.5)
        waiting.cancel()
        await asyncio.sleep(1.0)
        del waiting
        gc.collect()

    run_in_virtual_time(scenario())
    assert reported == []


def test_what_is_put_off_begins_when_it_can_wait_no_longer() -> None:
    async def scenario() -> None:
        host, notes = await loaded_in_virtual_time(places=2, lead_s=1.0), list[str]()
        due = asyncio.ensure_future(host.run(taking(9.0, notes, "due"), order=host.order(2)))
        put_off = asyncio.ensure_future(host.run(taking(0.5, notes, "put off"), order=Order(4, 5.0)))
        await asyncio.sleep(3.9)
        assert notes == ["due"]
        assert await put_off == "put off"
        assert host.now() == pytest.approx(4.5)
        await due

    run_in_virtual_time(scenario())


def test_work_that_comes_before_the_engine_is_begun_to_be_loaded_waits_for_it() -> None:
    """The ports are open a moment earlier."""

    async def scenario() -> None:
        host = EngineHost("whisper", lambda: "engine", Inline(), make_runtime(MemoryNetwork(), "whisper"))
        early = asyncio.ensure_future(host.run(lambda engine: engine))
        await asyncio.sleep(1)
        assert not early.done() and host.waiting_for == "whisper: loading"
        await host.start()
        assert await early == "engine"

    run_in_virtual_time(scenario())
