"""Services are asked twice a second while somebody looks, once for all who look, and not at all while nobody does."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from steadyline.console.watch import MAX_LOOKERS, Watch
from steadyline.link.virtual_time import run_in_virtual_time
from steadyline.services.system_status import Answers


class Asked:
    """Services that are asked."""

    def __init__(self) -> None:
        self.count = 0
        self.hangs = False

    async def whisper(self) -> dict[str, Any] | None:
        self.count += 1
        return {"state": "ready", "asked": self.count}

    async def llama(self) -> dict[str, Any] | None:
        await asyncio.sleep(0.8 if self.hangs else 0.001)
        return None if self.hangs else {"state": "ready"}

    def watch(self) -> Watch:
        def view(answers: Answers) -> dict[str, Any]:
            return {name: answer["state"] if answer else None for name, answer in answers.items()}

        return Watch({"whisper": self.whisper, "llama": self.llama}, view)


async def take(looks: AsyncIterator[str], count: int) -> list[dict[str, Any]]:
    async with aclosing(looks) as texts:  # type: ignore[type-var]
        return [json.loads(await anext(texts)) for _ in range(count)]


def test_nobody_is_asked_before_somebody_looks_and_after_they_left() -> None:
    asked = Asked()

    async def scenario() -> None:
        watch = asked.watch()
        await asyncio.sleep(10)
        assert asked.count == 0
        assert await take(watch.looks(), 3) == [{"whisper": "ready", "llama": "ready"}] * 3
        assert not watch.is_asking
        before = asked.count
        await asyncio.sleep(10)
        assert asked.count == before

    run_in_virtual_time(scenario())


def test_twice_a_second_and_once_for_all_who_look() -> None:
    asked = Asked()

    async def scenario() -> None:
        watch = asked.watch()
        await asyncio.gather(*(take(watch.looks(), 11) for _ in range(5)))
        assert asyncio.get_running_loop().time() <= 5.2
        assert asked.count <= 12

    run_in_virtual_time(scenario())


def test_who_hangs_is_shown_so_and_holds_up_nobody() -> None:
    asked = Asked()

    async def scenario() -> None:
        watch = asked.watch()
        looks = watch.looks()
        assert json.loads(await anext(looks))["llama"] == "ready"
        asked.hangs = True
        began = asyncio.get_running_loop().time()
        seen = [json.loads(await anext(looks)) for _ in range(4)]
        assert asyncio.get_running_loop().time() - began < 2.6
        assert seen[-1] == {"whisper": "ready", "llama": None}
        watch.stop()

    run_in_virtual_time(scenario())


def test_who_is_slow_misses_what_was_between_and_gets_the_newest() -> None:
    async def scenario() -> None:
        asked = Asked()
        watch = Watch({"whisper": asked.whisper}, dict)
        looks = watch.looks()
        first = json.loads(await anext(looks))["whisper"]["asked"]
        await asyncio.sleep(60)
        second = json.loads(await anext(looks))["whisper"]["asked"]
        assert second - first > 100
        watch.stop()

    run_in_virtual_time(scenario())


def test_an_answer_that_nobody_understands_ends_no_view() -> None:
    async def scenario() -> None:
        async def strange() -> dict[str, Any] | None:
            return {}

        def view(answers: Answers) -> dict[str, Any]:
            return {"state": (answers["whisper"] or {})["state"]}

        seen = await take(Watch({"whisper": strange}, view).looks(), 2)
        assert all("does not understand" in one["error"] for one in seen)

    run_in_virtual_time(scenario())


def test_when_it_stops_whoever_looks_is_let_go() -> None:
    async def scenario() -> None:
        watch = Asked().watch()
        looks = watch.looks()
        await anext(looks)
        asyncio.get_running_loop().call_later(0.1, watch.stop)
        assert [text async for text in looks] == []
        assert len(await take(watch.looks(), 2)) == 2

    run_in_virtual_time(scenario())


def test_there_is_room_for_so_many_and_no_more() -> None:
    async def scenario() -> None:
        watch = Asked().watch()
        many = [watch.looks() for _ in range(MAX_LOOKERS)]
        await asyncio.gather(*(anext(looks) for looks in many))
        assert watch.is_full
        await many[0].aclose()  # type: ignore[attr-defined]
        assert not watch.is_full
        watch.stop()

    run_in_virtual_time(scenario())
