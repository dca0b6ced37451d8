"""A stream of events: each is sent at once, and it ends when the page leaves, or takes nothing any more."""

import asyncio
from collections.abc import AsyncIterator

from starlette.types import Message

from steadyline.console.event_stream import TAKEN_WITHIN_S, EventStream
from steadyline.link.virtual_time import run_in_virtual_time


class Page:
    """The other end of an ASGI connection."""

    def __init__(self, leaves_after_s: float, *, takes: bool = True) -> None:
        self.got: list[Message] = []
        self._leaves_after_s = leaves_after_s
        self._takes = takes

    async def receive(self) -> Message:
        await asyncio.sleep(self._leaves_after_s)
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.got.append(message)
        if message["type"] == "http.response.body" and not self._takes:
            await asyncio.sleep(3600)


class Texts:
    """Something that is told every half second."""

    def __init__(self) -> None:
        self.is_over = False

    async def told(self) -> AsyncIterator[str]:
        try:
            while True:
                await asyncio.sleep(0.5)
                yield '{"a": 1}'
        finally:
            self.is_over = True


def stream_to(page: Page) -> tuple[Texts, float]:
    texts = Texts()

    async def scenario() -> float:
        await EventStream(texts.told())({"type": "http"}, page.receive, page.send)
        return asyncio.get_running_loop().time()

    return texts, run_in_virtual_time(scenario())


def test_each_text_is_an_event_until_the_page_leaves() -> None:
    page = Page(leaves_after_s=1.7)
    texts, _ = stream_to(page)
    start, *bodies = page.got
    assert (b"content-type", b"text/event-stream; charset=utf-8") in start["headers"]
    assert not any(name == b"content-length" for name, _ in start["headers"])
    assert [body["body"] for body in bodies] == [b'data: {"a": 1}\n\n'] * 3
    assert texts.is_over


def test_a_page_that_takes_nothing_loses_it() -> None:
    texts, ended_at = stream_to(Page(leaves_after_s=3600, takes=False))
    assert texts.is_over and ended_at <= TAKEN_WITHIN_S + 1
