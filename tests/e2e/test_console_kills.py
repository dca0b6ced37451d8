"""*Kill* pressed in Chromium while the agent speaks: the whole answer is heard, and the picture shows what was lost and healed.

How soon the page shows it is told by `python -m benchmarks console`, and bounded in virtual time by tests/unit.
"""

import asyncio
from pathlib import Path

import pytest
from tests.e2e.console_kills import NOT_NEEDED, LinePage, Struck, line_page

pytestmark = pytest.mark.e2e

SERVICES = ("inbound", "whisper", "llama", "tts", "outbound")
OPENED = "return document.getElementById('ask').open;"
ANSWER = "document.querySelector(`#ask button[value=${arguments[0]}]`).click();"
LIVE_CALLS_S = 2.0


def test_whoever_is_killed_every_word_is_heard_and_the_picture_shows_it_lost_and_healed(tmp_path: Path) -> None:
    async def scenario() -> tuple[list[Struck], list[str]]:
        async with line_page(tmp_path) as page:
            return [await page.kill_during_answer(service) for service in SERVICES], page.browser.complaints()

    struck, complaints = asyncio.run(scenario())
    assert complaints == []
    for one in struck:
        assert (one.fault, one.ended) == ("", None), one.service
        words = one.words(one.service)
        assert words[0] == "does not answer" and words[-1] == "ready", f"{one.service}: {words}"
        # A whisper that has waited too long for its inbound begins anew: what it opens then is no repair to it.
        lost, healed = _names(one, "lost"), _names(one, "healed", "open")
        assert lost and healed and lost - healed <= NOT_NEEDED, f"{one.service}: lost {lost}, healed {healed}"
        for name in lost:
            told = one.words(name)
            assert "lost" in told, f"{name}: {told}"
            assert name not in healed or "open" in told[told.index("lost") :], f"{name}: {told}"
        changes = one.words("changes")
        assert any("healed after" in word for word in changes), f"{one.service}: {changes}"


def _names(struck: Struck, *events: str) -> set[str]:
    return {str(one.detail["name"]) for one in struck.happened if one.event in events}


def test_the_gateway_is_asked_about_first_and_takes_its_calls_along(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with line_page(tmp_path) as page:
            caller = await page.call()
            await _ask(page, "no")
            await asyncio.sleep(LIVE_CALLS_S)
            assert caller.ended is None and "nobody" not in page.browser.texts("box")[0]
            await _ask(page, "yes")
            await page.until(lambda: _shows(page, "does not answer"), "the gateway is gone")
            await page.until(lambda: _shows(page, "ready"), "the gateway is back")
            await page.until(lambda: "Nobody calls" in page.browser.texts("calls-now")[0], "its call is gone")
            later = await page.call()
            await later.until(lambda: bool(later.heard_so_far()), float("inf"))
            assert {one.word for one in later.heard_so_far()} <= {"hello", "caller"}
            await later.hang_up()
            assert page.browser.complaints() == []

    asyncio.run(scenario())


async def _ask(page: LinePage, answer: str) -> None:
    """Press *Kill* on the gateway and answer what is asked."""
    await page.press("Kill gateway")
    await page.until(lambda: bool(page.browser.run(OPENED)), "it is asked about")
    await asyncio.to_thread(page.browser.run, ANSWER, answer)


def _shows(page: LinePage, word: str) -> bool:
    return any(text.startswith("gateway") and word in text for text in page.browser.texts("box"))
