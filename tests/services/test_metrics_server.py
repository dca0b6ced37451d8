"""/metrics, /live and /ready on a real port: what they say, also when the service hangs, and who cannot disturb them."""

import asyncio
import http.client
import socket
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.link.worlds import HOST, make_runtime, until

from steadyline.errors import PortTakenError
from steadyline.link.memory import MemoryNetwork
from steadyline.services import metrics_server
from steadyline.services.metrics_server import MAX_CLIENTS, MetricsServer

DEADLOCK_S = 20.0


class Served:
    """A service's metrics server; `state` is what the service says of itself."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self.port = int(probe.getsockname()[1])
        self.state = "ready"
        self.runtime = make_runtime(MemoryNetwork(), "whisper")
        self.server = MetricsServer(self.runtime, lambda: self.state)

    def ask_at_once(self, path: str, method: str = "GET") -> tuple[int, str]:
        """Status and body; the calling thread waits, and with it its event loop."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=DEADLOCK_S)
        connection.request(method, path)
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        return response.status, body

    async def ask(self, path: str, method: str = "GET") -> tuple[int, str]:
        """The same, while the event loop runs."""
        return await asyncio.to_thread(self.ask_at_once, path, method)

    async def say(self, data: bytes) -> bytes:
        """Whatever comes back for these bytes, until the server closes."""
        reader, writer = await asyncio.open_connection(HOST, self.port)
        writer.write(data)
        async with asyncio.timeout(DEADLOCK_S):
            answer = await reader.read()
        writer.close()
        return answer


def play(scene: Callable[[Served], Awaitable[None]]) -> None:
    async def main() -> None:
        served = Served()
        served.server.start((HOST, served.port))
        try:
            await scene(served)
        finally:
            served.server.stop()

    before = set(threading.enumerate())
    asyncio.run(main())
    assert set(threading.enumerate()) <= before


def test_metrics_are_prometheus_text() -> None:
    async def scene(served: Served) -> None:
        served.runtime.metrics.worked("transcribe", 0.1)
        status, text = await served.ask("/metrics")
        assert status == 200
        names = {family.name for family in text_string_to_metric_families(text)}
        assert {"steadyline_inference_seconds", "steadyline_service_info"} <= names

    play(scene)


def test_ready_says_what_is_in_the_way() -> None:
    async def scene(served: Served) -> None:
        assert await served.ask("/ready") == (200, "ready\n")
        served.state = "whisper: loading"
        assert await served.ask("/ready") == (503, "whisper: loading\n")
        assert await served.ask("/live") == (200, "live\n"), "who loads lives"

    play(scene)


def test_an_event_loop_that_hangs_is_not_live_and_its_metrics_are_still_there() -> None:
    async def scene(served: Served) -> None:
        assert served.ask_at_once("/live") == (503, "the event loop did not answer within 1 s\n")
        assert served.ask_at_once("/ready")[0] == 503
        assert served.ask_at_once("/metrics")[0] == 200
        assert await served.ask("/live") == (200, "live\n")

    play(scene)


def test_while_a_loop_hangs_questions_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_server, "LIVE_WITHIN_S", 0.05)
    asked = 0

    async def scene(served: Served) -> None:
        def state() -> str:
            nonlocal asked
            asked += 1
            return "ready"

        served.server._state = state
        for _ in range(5):
            assert served.ask_at_once("/live")[0] == 503
        assert (await served.ask("/live"))[0] == 200
        assert asked <= 2, "the one that had waited, and perhaps the last"

    play(scene)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("HEAD", "/metrics", 200),
        ("HEAD", "/live", 200),
        ("POST", "/metrics", 405),
        ("GET", "/", 404),
        ("GET", "/x", 404),
    ],
)
def test_other_requests_get_their_status(method: str, path: str, status: int) -> None:
    async def scene(served: Served) -> None:
        found, body = await served.ask(path, method)
        assert found == status and (body == "") == (method == "HEAD")
        assert (await served.ask("/live"))[0] == 200

    play(scene)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"400"),
        (b"GET /live HTTP/1.1\r\nX: " + b"x" * 9000 + b"\r\n\r\n", b"431"),
        (b"x" * 20_000, b"431"),
    ],
)
def test_garbage_gets_a_reason(data: bytes, status: bytes) -> None:
    async def scene(served: Served) -> None:
        assert (await served.say(data)).startswith(b"HTTP/1.1 " + status)

    play(scene)


def test_a_client_that_says_nothing_is_sent_away_and_disturbs_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_server, "REQUEST_WITHIN_S", 0.3)

    async def scene(served: Served) -> None:
        silent = asyncio.ensure_future(served.say(b"GET /live HTTP/1.1\r\n"))
        assert (await served.ask("/live"))[0] == 200
        assert (await silent).startswith(b"HTTP/1.1 408")

    play(scene)


def test_a_crowd_is_refused_and_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_server, "REQUEST_WITHIN_S", 1.0)

    async def scene(served: Served) -> None:
        crowd = [asyncio.ensure_future(served.say(b"")) for _ in range(3 * MAX_CLIENTS)]
        answers = [answer[:12] for answer in await asyncio.gather(*crowd)]
        assert set(answers) == {b"HTTP/1.1 408", b"HTTP/1.1 503"}
        assert answers.count(b"HTTP/1.1 408") >= MAX_CLIENTS
        assert (await served.ask("/live"))[0] == 200

    play(scene)


def test_a_client_that_takes_no_answer_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_server, "REQUEST_WITHIN_S", 0.1)
    monkeypatch.setattr(metrics_server, "LIVE_WITHIN_S", 0.1)

    async def scene(served: Served) -> None:
        for number in range(20_000):
            served.runtime.metrics.restarted(f"child{number}")
        with socket.socket() as stuck:
            stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            stuck.connect((HOST, served.port))
            stuck.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
            await until(lambda: served.server._clients == 1)
            await until(lambda: served.server._clients == 0)
        assert (await served.ask("/live"))[0] == 200

    play(scene)


def test_a_taken_port_is_told_as_any_other() -> None:
    async def scene(served: Served) -> None:
        second = MetricsServer(served.runtime, lambda: "ready")
        with pytest.raises(PortTakenError, match=f"TCP port {served.port} on {HOST} cannot be listened on"):
            second.start((HOST, served.port))
        second.stop()

    play(scene)


def test_port_0_is_off() -> None:
    async def main() -> None:
        before = set(threading.enumerate())
        server = MetricsServer(make_runtime(MemoryNetwork(), "whisper"), lambda: "ready")
        server.start((HOST, 0))
        assert set(threading.enumerate()) <= before
        server.stop()

    asyncio.run(main())


def test_a_stopped_server_lets_go_of_its_port() -> None:
    async def main() -> None:
        served = Served()
        for _ in range(3):
            server = MetricsServer(served.runtime, lambda: "ready")
            server.start((HOST, served.port))
            assert (await served.ask("/live"))[0] == 200
            server.stop()
            with suppress(ConnectionRefusedError), socket.create_connection((HOST, served.port)):
                raise AssertionError("somebody still listens")
        served.server.stop()

    asyncio.run(main())
