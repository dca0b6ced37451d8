"""What becomes of work whose engine dies: it is not reported as failed, and the service ends for a successor to do it."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from tests.link.worlds import make_runtime

from steadyline.errors import EngineError, EngineFrozenError, EngineLostError
from steadyline.link.memory import MemoryNetwork
from steadyline.link.virtual_time import run_in_virtual_time
from steadyline.services.engine_host import EngineHost

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
