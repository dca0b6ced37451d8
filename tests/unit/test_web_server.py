"""The web server of both pages: it waits for nobody for ever."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from tests.link.worlds import TcpWorld

from steadyline.web import server
from steadyline.web.server import WebServer

HOST = "127.0.0.1"
DEADLOCK_S = 20.0
REQUEST = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


async def hello(request: Request) -> PlainTextResponse:
    await asyncio.sleep(0.5)
    return PlainTextResponse("hello")


def play(scene: Callable[[int], Awaitable[None]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEAD_S", 0.2)

    async def main() -> None:
        port, web = TcpWorld().free_port(), WebServer(Starlette(routes=[Route("/", hello)]), 4)
        web.start((HOST, port))
        async with asyncio.timeout(DEADLOCK_S):
            while not web.is_ready:  # noqa: ASYNC110 (uvicorn tells nobody)
                await asyncio.sleep(0.01)
            await scene(port)
            await web.stop()

    asyncio.run(main())


@pytest.mark.parametrize(
    "said", [b"", b"GET / HT", REQUEST + b"GET /"], ids=["nothing", "a part", "a part of the second"]
)
def test_a_connection_that_brings_no_request_is_closed(said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(port: int) -> None:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(said)
        text = await reader.read()
        assert text.count(b"hello") == said.count(b"Host")
        writer.close()

    play(scene, monkeypatch)


def test_an_answer_may_take_longer_than_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(port: int) -> None:
        reader, writer = await asyncio.open_connection(HOST, port)
        for _ in range(2):
            writer.write(REQUEST)
            assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")
        writer.close()

    play(scene, monkeypatch)
