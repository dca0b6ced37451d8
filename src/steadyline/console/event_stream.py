"""Server-sent events (WHATWG HTML, "Server-sent events"): one answer that goes on until somebody leaves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

TAKEN_WITHIN_S = 10.0
"""A page that takes nothing for so long loses its stream; it comes again by itself."""


class EventStream(Response):
    """An answer made of texts without line breaks, each an event as soon as it is there."""

    media_type = "text/event-stream"

    def __init__(self, texts: AsyncIterator[str]) -> None:
        super().__init__(headers={"cache-control": "no-store"})
        del self.headers["content-length"]
        self._texts = texts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        streaming = asyncio.ensure_future(self._stream(send))
        leaving = asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait({streaming, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (streaming, leaving):
                task.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await streaming  # a TimeoutError is an OSError, too

    async def _stream(self, send: Send) -> None:
        async with aclosing(self._texts) as texts:  # type: ignore[type-var]
            async for text in texts:
                async with asyncio.timeout(TAKEN_WITHIN_S):
                    body = f"data: {text}\n\n".encode()
                    await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
