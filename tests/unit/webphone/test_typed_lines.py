"""Lines that are typed on the page: in order, each put to the gateway until it answers, none lost without a word."""

import asyncio
from typing import Any

from steadyline.webphone.typed_lines import ATTEMPTS, WAITING_LINES, TypedLines
from steadyline.wire.operator_messages import TypedLine, TypedReply


class Gateway:
    """Takes lines, and is silent as often as it is told to be."""

    def __init__(self, silent: int = 0) -> None:
        self.asked: list[TypedLine] = []
        self._silent = silent

    async def send(self, line: TypedLine) -> TypedReply | None:
        await asyncio.sleep(0)
        self.asked.append(line)
        self._silent -= 1
        return None if self._silent >= 0 else TypedReply(line.text != "bad", line.text.strip())


def told(gateway: Gateway, *lines: str) -> list[dict[str, Any]]:
    """What the page is told when these are typed at once."""

    async def body() -> list[dict[str, Any]]:
        news: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        typed = TypedLines(gateway.send, news.put_nowait)
        for number, text in enumerate(lines, 1):
            typed.take(number, text)
        sending = asyncio.ensure_future(typed.run("sip-1"))
        told = [await news.get() for _ in lines]
        sending.cancel()
        return told

    return asyncio.run(asyncio.wait_for(body(), 60))


def test_each_is_put_to_the_gateway_in_order_and_its_answer_is_told() -> None:
    gateway = Gateway()
    assert told(gateway, " one ", "bad", "two") == [
        {"line": 1, "taken": True, "text": "one"},
        {"line": 2, "taken": False, "text": "bad"},
        {"line": 3, "taken": True, "text": "two"},
    ]
    assert gateway.asked == [TypedLine("sip-1", 1, " one "), TypedLine("sip-1", 2, "bad"), TypedLine("sip-1", 3, "two")]


def test_a_gateway_that_is_silent_is_asked_again_under_the_same_number() -> None:
    gateway = Gateway(silent=ATTEMPTS - 1)
    assert told(gateway, "one", "two") == [
        {"line": 1, "taken": True, "text": "one"},
        {"line": 2, "taken": True, "text": "two"},
    ]
    assert [line.number for line in gateway.asked] == [1] * ATTEMPTS + [2]


def test_a_gateway_that_stays_silent_is_told_of() -> None:
    gateway = Gateway(silent=ATTEMPTS)
    first, second = told(gateway, "one", "two")
    assert not first["taken"] and "does not answer" in first["text"]
    assert second == {"line": 2, "taken": True, "text": "two"}


def test_a_flood_of_lines_is_refused_at_once() -> None:
    gateway = Gateway()
    news = told(gateway, *["x"] * (WAITING_LINES + 5))
    assert [one["taken"] for one in news] == [False] * 5 + [True] * WAITING_LINES
    assert "too many lines" in news[0]["text"]
