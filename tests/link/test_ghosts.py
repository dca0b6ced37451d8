"""Older processes: fenced while the newer one is there and for a while after, and no longer; in virtual time."""

import asyncio

import pytest
from tests.link.ends import DialingEnd, ListeningEnd
from tests.link.worlds import MemoryWorld, make_runtime, now, until

from steadyline.link.acceptor import FENCE_S


def test_a_revived_process_is_refused_while_its_successor_is_connected_and_for_a_while_after() -> None:
    world = MemoryWorld()

    async def scenario() -> None:
        llama = ListeningEnd(make_runtime(world.network, "llama"))
        port = await llama.listen()
        new = DialingEnd(make_runtime(world.network, "whisper", epoch=9), port)
        new.dialer.start()
        await until(lambda: new.dialer.is_open)
        old = DialingEnd(make_runtime(world.network, "whisper", epoch=8), port)
        old.dialer.start()
        await asyncio.sleep(10 * FENCE_S)
        assert old.welcomes == [] and old.endings == [] and old.dialer.status.attempts > 20
        assert new.dialer.is_open and new.losses == [] and len(llama.links) == 1

        new.dialer.abandon()
        await until(lambda: llama.closings)
        left_at = now()
        await asyncio.sleep(FENCE_S - 0.1)
        assert old.welcomes == []
        await until(lambda: old.dialer.is_open)
        assert FENCE_S <= now() - left_at <= FENCE_S + make_runtime(world.network, "").retry.backoff_max_s
        old.dialer.close("done")
        llama.acceptor.close()

    world.run(scenario())


def test_a_process_restarted_after_the_clock_was_set_back_gets_in_when_the_fence_is_down() -> None:
    """And is the newest from then on: its own later connections are not fenced."""
    world = MemoryWorld()

    async def scenario() -> None:
        llama = ListeningEnd(make_runtime(world.network, "llama"))
        port = await llama.listen()
        before = DialingEnd(make_runtime(world.network, "whisper", epoch=7_200_000), port)
        before.dialer.start()
        await until(lambda: before.dialer.is_open)
        before.dialer.abandon()
        died_at = now()
        after = DialingEnd(make_runtime(world.network, "whisper", epoch=3_600_000), port)
        after.dialer.start()
        await until(lambda: after.dialer.is_open, within_s=60)
        assert now() - died_at >= FENCE_S

        llama.links[-1].drop("a fault of the line")
        await until(lambda: len(after.welcomes) == 2)
        assert now() - after.lost_at[0] == pytest.approx(0.0, abs=0.3), "not fenced by what it has replaced itself"
        after.dialer.close("done")
        llama.acceptor.close()

    world.run(scenario())
