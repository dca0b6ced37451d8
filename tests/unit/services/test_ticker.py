"""When the gateway looks after its calls."""

import asyncio

import pytest

from steadyline.clock import LoopClock
from steadyline.link.virtual_time import run_in_virtual_time
from steadyline.services.ticker import BUSY, NO_CALL, Ticker

FRAMES_MS = {BUSY: 20, "crowded": 60, "quiet": 100}


def ticks_in_a_second(*states: str, frames_ms: dict[str, int] = FRAMES_MS) -> list[float]:
    """When it ticked, seconds, with what each tick says; the last for ever."""

    async def scenario() -> list[float]:
        loop, said, ticks = asyncio.get_running_loop(), list(states), list[float]()

        def tick() -> str:
            ticks.append(loop.time() - begun_at)
            return said.pop(0) if len(said) > 1 else said[0]

        begun_at = loop.time()
        ticker = Ticker(LoopClock(), frames_ms, tick)
        ticker.wake()
        await asyncio.sleep(1.001)
        ticker.stop()
        return ticks

    return run_in_virtual_time(scenario())


@pytest.mark.parametrize(("state", "ticks"), [(BUSY, 50), ("crowded", 17), ("quiet", 10)])
def test_it_ticks_as_often_as_is_called_for(state: str, ticks: int) -> None:
    assert len(ticks_in_a_second(state)) == ticks


def test_it_changes_from_one_tick_to_the_next() -> None:
    assert ticks_in_a_second("quiet", BUSY, "crowded", NO_CALL) == pytest.approx([0.02, 0.12, 0.14, 0.2])


def test_nothing_is_slower_for_being_busier() -> None:
    assert len(ticks_in_a_second("crowded", frames_ms={**FRAMES_MS, "crowded": 5})) == 50
