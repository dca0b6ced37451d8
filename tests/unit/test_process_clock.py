"""A real process's clock: nothing happens too early, whatever its loop's timers are worth."""

import asyncio
import time

import pytest
import uvloop

from steadyline.clock import ProcessClock


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_nothing_is_called_back_before_it_is_due(run) -> None:  # type: ignore[no-untyped-def]
    async def early_by() -> list[float]:
        clock, came = ProcessClock(), asyncio.get_running_loop().create_future()
        early: list[float] = []

        def called(due: float) -> None:
            early.append(due - clock.now())
            if len(early) == 200:
                came.set_result(None)

        for number in range(200):
            due = clock.now() + number * 0.00037
            clock.call_at(due, lambda due=due: called(due))
        async with asyncio.timeout(10):
            await came
        return early

    assert max(run(early_by())) <= 0.0


def test_what_was_due_is_called_back_and_what_was_cancelled_is_not() -> None:
    async def heard() -> list[str]:
        clock, heard = ProcessClock(), []
        clock.call_at(clock.now() - 1.0, lambda: heard.append("overdue"))
        clock.call_at(clock.now() + 0.01, lambda: heard.append("never")).cancel()
        clock.call_at(clock.now() - 1.0, lambda: heard.append("never")).cancel()
        await clock.sleep(0.05)
        return heard

    assert uvloop.run(heard()) == ["overdue"]


def test_it_counts_as_the_system_does() -> None:
    before = time.monotonic()
    assert before <= ProcessClock().now() <= time.monotonic()
