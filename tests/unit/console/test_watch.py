"""Services are followed while somebody looks, once for all who look: news is shown at once, figures twice a second."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Set
from contextlib import aclosing
from typing import Any

from steadyline.console.watch import AWAITED_S, FIGURES_S, FIRST_WITHIN_S, GATHER_S, MAX_LOOKERS, SILENT_AFTER_S, Watch
from steadyline.link.virtual_time import run_in_virtual_time
from steadyline.services.status_follower import Told
from steadyline.services.system_status import Answers


class Followed:
    """Services that are followed.

    Attributes:
        count: how often one was told of.
        following: how many are being followed now.
        tell: each service's way to say something that nobody has asked for.
    """

    def __init__(self) -> None:
        self.count = self.following = 0
        self.hangs = False
        self.tell: dict[str, Callable[[dict[str, Any] | None], None]] = {}

    async def _follow(self, name: str, told: Told) -> None:
        self.following += 1
        self.tell[name] = lambda status: told(status, is_news=True)
        try:
            while True:
                self.count += 1
                told({"state": "ready", "told": self.count}, is_news=False)
                await asyncio.sleep(0.5)
        finally:
            self.following -= 1

    async def whisper(self, told: Told) -> None:
        await self._follow("whisper", told)

    async def llama(self, told: Told) -> None:
        if self.hangs:
            await asyncio.sleep(3600)
        await self._follow("llama", told)

    def watch(self) -> Watch:
        def view(answers: Answers, asked: Set[str]) -> dict[str, Any]:
            return {
                name: answer["state"] if answer else "asked" if name in asked else None
                for name, answer in answers.items()
            }

        return Watch({"whisper": self.whisper, "llama": self.llama}, view)


def clock() -> float:
    return asyncio.get_running_loop().time()


async def take(looks: AsyncIterator[str], count: int) -> list[dict[str, Any]]:
    async with aclosing(looks) as texts:  # type: ignore[type-var]
        return [json.loads(await anext(texts)) for _ in range(count)]


def test_nobody_is_followed_before_somebody_looks_and_after_they_left() -> None:
    followed = Followed()

    async def scenario() -> None:
        watch = followed.watch()
        await asyncio.sleep(10)
        assert followed.count == 0
        assert await take(watch.looks(), 3) == [{"whisper": "ready", "llama": "ready"}] * 3
        assert not watch.is_asking
        await asyncio.sleep(1)
        before = followed.count
        await asyncio.sleep(10)
        assert (followed.count, followed.following) == (before, 0)

    run_in_virtual_time(scenario())


def test_without_news_twice_a_second_and_once_for_all_who_look() -> None:
    followed = Followed()

    async def scenario() -> None:
        watch = followed.watch()
        began = clock()
        await asyncio.gather(*(take(watch.looks(), 11) for _ in range(5)))
        assert 10 * FIGURES_S <= clock() - began <= 11 * FIGURES_S + GATHER_S
        assert followed.count <= 24

    run_in_virtual_time(scenario())


def test_news_is_shown_at_once_and_what_belongs_together_together() -> None:
    followed = Followed()

    async def scenario() -> None:
        watch = followed.watch()
        looks = watch.looks()
        await anext(looks)
        await asyncio.sleep(0.1)
        struck = clock()
        followed.tell["whisper"](None)
        followed.tell["llama"]({"state": "lost"})
        assert json.loads(await anext(looks)) == {"whisper": None, "llama": "lost"}
        assert clock() - struck <= GATHER_S + 0.001
        watch.stop()

    run_in_virtual_time(scenario())


def test_however_fast_news_comes_pictures_are_bounded() -> None:
    followed = Followed()

    async def chatter() -> None:
        while True:
            followed.tell["whisper"]({"state": "ready"})
            await asyncio.sleep(0.001)

    async def scenario() -> None:
        watch = followed.watch()
        looks = watch.looks()
        await anext(looks)
        chatting = asyncio.ensure_future(chatter())
        began = clock()
        for _ in range(40):
            await anext(looks)
        assert clock() - began >= 39 * GATHER_S
        chatting.cancel()
        watch.stop()

    run_in_virtual_time(scenario())


def test_the_first_picture_comes_soon_and_shows_nobody_gone_who_may_be_slow() -> None:
    followed = Followed()

    async def scenario() -> None:
        watch = followed.watch()
        followed.hangs = True
        looks = watch.looks()
        began = clock()
        assert json.loads(await anext(looks)) == {"whisper": "ready", "llama": "asked"}
        assert clock() - began <= FIRST_WITHIN_S + 0.001
        while (seen := json.loads(await anext(looks)))["llama"] == "asked":
            assert clock() - began < SILENT_AFTER_S
        assert seen == {"whisper": "ready", "llama": None}
        assert clock() - began <= SILENT_AFTER_S + 0.001
        watch.stop()

    run_in_virtual_time(scenario())


def test_who_answers_late_is_shown_at_once() -> None:
    followed = Followed()

    async def slow(told: Told) -> None:
        await asyncio.sleep(0.3)
        await followed.llama(told)

    def view(answers: Answers, asked: Set[str]) -> dict[str, Any]:
        return {"heard": [name for name in answers if name not in asked]}

    async def scenario() -> None:
        watch = Watch({"whisper": followed.whisper, "llama": slow}, view)
        looks = watch.looks()
        began = clock()
        assert json.loads(await anext(looks)) == {"heard": ["whisper"]}
        assert json.loads(await anext(looks)) == {"heard": ["whisper", "llama"]}
        assert clock() - began <= 0.3 + GATHER_S + 0.001
        watch.stop()

    run_in_virtual_time(scenario())


def test_who_is_slow_misses_what_was_between_and_gets_the_newest() -> None:
    async def scenario() -> None:
        followed = Followed()
        watch = Watch({"whisper": followed.whisper}, lambda answers, asked: dict(answers))
        looks = watch.looks()
        first = json.loads(await anext(looks))["whisper"]["told"]
        await asyncio.sleep(60)
        second = json.loads(await anext(looks))["whisper"]["told"]
        assert second - first > 100
        watch.stop()

    run_in_virtual_time(scenario())


def test_an_answer_that_nobody_understands_ends_no_view() -> None:
    async def scenario() -> None:
        async def strange(told: Told) -> None:
            told({}, is_news=True)

        def view(answers: Answers, asked: Set[str]) -> dict[str, Any]:
            return {"state": (answers["whisper"] or {})["state"]}

        seen = await take(Watch({"whisper": strange}, view).looks(), 2)
        assert all("does not understand" in one["error"] for one in seen)

    run_in_virtual_time(scenario())


def test_when_it_stops_whoever_looks_is_let_go() -> None:
    async def scenario() -> None:
        watch = Followed().watch()
        looks = watch.looks()
        await anext(looks)
        asyncio.get_running_loop().call_later(0.1, watch.stop)
        assert [text async for text in looks] == []
        assert len(await take(watch.looks(), 2)) == 2

    run_in_virtual_time(scenario())


def test_there_is_room_for_so_many_and_no_more() -> None:
    async def scenario() -> None:
        watch = Followed().watch()
        many = [watch.looks() for _ in range(MAX_LOOKERS)]
        await asyncio.gather(*(anext(looks) for looks in many))
        assert watch.is_full
        await many[0].aclose()  # type: ignore[attr-defined]
        assert not watch.is_full
        watch.stop()

    run_in_virtual_time(scenario())


def test_who_comes_later_sees_the_newest_at_once() -> None:
    followed = Followed()

    async def scenario() -> None:
        watch = followed.watch()
        first = watch.looks()
        await anext(first)
        await asyncio.sleep(FIGURES_S / 2)
        came = clock()
        assert await take(watch.looks(), 1) == [{"whisper": "ready", "llama": "ready"}]
        assert clock() == came
        await first.aclose()  # type: ignore[attr-defined]
        assert not watch.is_asking

    run_in_virtual_time(scenario())


def test_who_is_expected_has_the_picture_waiting_and_sees_nothing_old_later() -> None:
    followed = Followed()

    async def scenario() -> None:
        watch = followed.watch()
        watch.expect()
        await asyncio.sleep(0.3)
        came = clock()
        looks = watch.looks()
        assert json.loads(await anext(looks)) == {"whisper": "ready", "llama": "ready"}
        assert clock() == came
        await asyncio.sleep(2 * AWAITED_S)
        assert followed.following == 2
        await looks.aclose()  # type: ignore[attr-defined]
        await asyncio.sleep(0)
        assert followed.following == 0
        followed.hangs = True
        assert await take(watch.looks(), 1) == [{"whisper": "ready", "llama": "asked"}]
        followed.hangs = False
        came = clock()
        assert await take(watch.looks(), 1) == [{"whisper": "ready", "llama": "ready"}]
        assert clock() == came, "all have been heard: there is nothing to wait for"

    run_in_virtual_time(scenario())


def test_who_is_expected_and_does_not_come_is_not_waited_for() -> None:
    followed = Followed()

    async def scenario() -> None:
        watch = followed.watch()
        watch.expect()
        await asyncio.sleep(AWAITED_S - 0.1)
        watch.expect()
        await asyncio.sleep(AWAITED_S - 0.1)
        assert followed.following == 2
        await asyncio.sleep(0.2)
        assert (followed.following, watch.is_asking) == (0, False)

    run_in_virtual_time(scenario())
