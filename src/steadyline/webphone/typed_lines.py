"""What is typed on the page: sent to the gateway line after line; the page is told what became of each."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from steadyline.wire.operator_messages import TypedLine, TypedReply

Send = Callable[[TypedLine], Awaitable[TypedReply | None]]
"""Puts a line to the gateway; None when that did not answer."""

ATTEMPTS = 3
WAITING_LINES = 10


class TypedLines:
    """One call's.

    Args:
        send: puts a line to the gateway.
        tell: gets a JSON object for the page: {"line": 1, "taken": true, "text": "the line as it counts, or why not"}.
    """

    def __init__(self, send: Send, tell: Callable[[dict[str, Any]], None]) -> None:
        self._send = send
        self._tell = tell
        self._number = 0
        self._waiting: asyncio.Queue[tuple[int, str]] = asyncio.Queue(WAITING_LINES)

    def take(self, line: int, text: str) -> None:
        """The page's `line`-th line; sent when `run` gets to it."""
        try:
            self._waiting.put_nowait((line, text))
        except asyncio.QueueFull:
            self._answer(line, TypedReply(False, "too many lines at once; wait a moment"))

    async def run(self, sip_call_id: str) -> None:
        """Send until cancelled, one line after another."""
        while True:
            line, text = await self._waiting.get()
            self._number += 1
            self._answer(line, await self._ask(TypedLine(sip_call_id, self._number, text)))

    async def _ask(self, typed: TypedLine) -> TypedReply:
        """The gateway's answer. It takes a number once, so that asking again does no harm."""
        for _ in range(ATTEMPTS):
            reply = await self._send(typed)
            if reply is not None:
                return reply
        return TypedReply(False, "the gateway does not answer; try again")

    def _answer(self, line: int, reply: TypedReply) -> None:
        self._tell({"line": line, "taken": reply.taken, "text": reply.text})
