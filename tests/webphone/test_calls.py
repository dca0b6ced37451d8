"""The telephone in the browser with a whole system behind it: `steadyline up` with the drills' engines, WebRTC over sockets."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import groupby
from pathlib import Path

import httpx
from tests.webphone.browser import Browser

from steadyline.audio.pcm import to_pcm16
from steadyline.calls.reader import read_only
from steadyline.calls.records import CallRecord
from steadyline.drills.real_system import DrillError, RealSystem, strike
from steadyline.drills.tone_engines import ENGINE_SETTINGS, WITHOUT_STANDBY, drill_answer
from steadyline.drills.tone_score import SCRAP_S
from steadyline.drills.tone_speech import speak, words_in, words_of
from steadyline.webphone import endings
from steadyline.webphone.line_track import BROWSER_HZ

DEADLOCK_S = 60.0
"""No test asserts speed; this only ends one that hangs."""
QUESTION = "november oscar"
GREETING = "hello caller"


class Telephone:
    """A system, and browsers that call it."""

    def __init__(self, system: RealSystem) -> None:
        self.system = system
        self.address = f"http://127.0.0.1:{system.config.webphone.port}/"
        self.browsers: list[Browser] = []

    async def call(self) -> Browser:
        """A browser whose call is being made."""
        browser = Browser(self.address)
        self.browsers.append(browser)
        response = await browser.call()
        assert response.status_code == 200, response.text
        return browser

    async def talk(self) -> Browser:
        """A browser whose call was answered."""
        browser = await self.call()
        await self.until(lambda: "talking" in browser.states, f"it is answered, not {browser.messages}")
        return browser

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for something."""

        async def holds() -> bool:
            return condition()

        await self.system.until(holds, DEADLOCK_S, what)

    def last_call(self) -> CallRecord:
        """The newest in the journal."""
        with read_only(self.system.folder / "journal.sqlite") as reader:
            return reader.recent_calls(1)[0]


@asynccontextmanager
async def telephone(folder: Path, *settings: str) -> AsyncIterator[Telephone]:
    # However long a busy machine takes to start what was killed: nothing is said but the answers.
    quiet = "outbound.wait_after_s=0"
    every = [*ENGINE_SETTINGS, WITHOUT_STANDBY, quiet, "webphone.enabled=true", *settings]
    system = RealSystem(folder, every, pace=0.0)
    phone = Telephone(system)
    try:
        await system.start()
        await system.until(lambda: answers(phone.address), DEADLOCK_S, "the telephone's page")
        yield phone
    finally:
        for browser in phone.browsers:
            await browser.close()
        await system.stop()


async def answers(address: str) -> bool:
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(address)).status_code == 200
        except httpx.TransportError:
            return False


async def hears(phone: Telephone, browser: Browser, *texts: str) -> None:
    """Wait until these words were heard and no others, each once, even one whose sound was torn."""
    wanted = [word for text in texts for word in words_of(text)]
    heard: list[str] = []

    async def holds() -> bool:
        # In a thread: the browser's own sound must go on meanwhile.
        found = await asyncio.to_thread(words_in, browser.heard, BROWSER_HZ)
        groups = [
            (word, sum(piece.duration_s for piece in pieces)) for word, pieces in groupby(found, lambda one: one.word)
        ]
        long_enough = [word for word, length_s in groups if length_s >= SCRAP_S]
        heard[:] = [word for word, _ in groupby(long_enough)]
        return heard == wanted

    try:
        await phone.system.until(holds, DEADLOCK_S, f"the words {wanted}")
    except DrillError as error:
        raise AssertionError(f"heard {heard}; {error}") from error


def run(body: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(body(), 240))


def test_both_sides_hear_each_other_and_the_page_shows_the_words(tmp_path: Path) -> None:
    async def body() -> None:
        async with telephone(tmp_path) as phone:
            browser = await phone.talk()
            await hears(phone, browser, GREETING)
            browser.microphone.say(to_pcm16(speak(QUESTION, BROWSER_HZ)))
            await hears(phone, browser, GREETING, drill_answer(QUESTION))
            await phone.until(
                lambda: browser.turns.get(1, {}).get("caller") == QUESTION, "what was understood is shown"
            )
            said = " ".join(clause["text"].strip() for clause in browser.turns[1]["clauses"])
            assert said == drill_answer(QUESTION)
            browser.press("5")
            await phone.until(
                lambda: "digit" in {event.kind for event in phone.last_call().events}, "the digit is journaled"
            )
            await browser.hang_up()
            await phone.until(lambda: "ended" in browser.states, "it is told the end")
            assert browser.states == ["ringing", "talking", "ended"] and browser.ending == endings.HUNG_UP
            await phone.until(lambda: phone.last_call().end_reason == "caller hung up", "the gateway has the BYE")

    run(body)


def test_whoever_ends_it_ends_both_legs(tmp_path: Path) -> None:
    async def body() -> None:
        async with telephone(tmp_path, "webphone.browser_lost_s=2") as phone:
            for leave in (lambda browser: browser.close(), vanish):
                browser = await phone.talk()
                await leave(browser)
                await phone.until(lambda: phone.last_call().ended_at is not None, "the gateway has the BYE")
                assert phone.last_call().end_reason == "caller hung up"
            browser = await phone.talk()
            strike((await phone.system.pids())["gateway"], signal.SIGTERM)
            await phone.until(lambda: "ended" in browser.states, "the page is told that the far end is gone")

    run(body)


async def vanish(browser: Browser) -> None:
    browser.vanish()


def test_calls_beyond_the_limits_are_refused_with_what_to_do(tmp_path: Path) -> None:
    async def body() -> None:
        async with telephone(tmp_path, "gateway.max_calls=1") as phone:
            await phone.talk()
            second = await phone.call()
            await phone.until(lambda: "ended" in second.states, "the gateway says 486")
            assert second.ending == endings.BUSY

    run(body)


def test_no_more_than_max_calls_at_once(tmp_path: Path) -> None:
    async def body() -> None:
        async with telephone(tmp_path, "webphone.max_calls=1") as phone:
            first, second = await phone.talk(), Browser(phone.address)
            phone.browsers.append(second)
            refusal = await second.call()
            assert refusal.status_code == 503 and "webphone.max_calls" in refusal.json()["error"]
            await first.hang_up()
            await phone.until(lambda: "ended" in first.states, "the first is over")
            await phone.talk()

    run(body)


def test_a_telephone_that_dies_takes_nobody_along(tmp_path: Path) -> None:
    async def body() -> None:
        async with telephone(tmp_path) as phone:
            await phone.talk()
            before = await phone.system.pids()
            strike(before["webphone"], signal.SIGKILL)

            async def is_back() -> bool:
                pids = await phone.system.pids()
                return pids.get("webphone", before["webphone"]) != before["webphone"] and await answers(phone.address)

            await phone.system.until(is_back, DEADLOCK_S, "it is started again")
            after = await phone.system.pids()
            assert {name for name in before if after[name] != before[name]} == {"webphone"}
            browser = await phone.talk()
            await hears(phone, browser, GREETING)

    run(body)
