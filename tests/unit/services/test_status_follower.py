"""Who follows a service is told what changes when it changes, that it is gone when it is gone, and that it is back."""

import asyncio
from typing import Any

from tests.link.worlds import HOST, make_runtime

from steadyline.connections import CONNECTIONS
from steadyline.link.memory import MemoryNetwork
from steadyline.link.runtime import Runtime
from steadyline.link.virtual_time import run_in_virtual_time
from steadyline.services.status_follower import ASK_INTERVAL_S, REDIAL_S, StatusFollower
from steadyline.services.status_server import GATHER_S, STALL_CHECK_S, StatusServer
from steadyline.wire.session import SessionTimes

PORT = 8073
SILENT_S = 0.8
LATENCY_S = 0.001
A_MOMENT_S = 4 * LATENCY_S


class Changing:
    """A service whose state is set by a test."""

    def __init__(self) -> None:
        self.state = "ready"

    def calls(self) -> list[dict[str, Any]]:
        return []

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class World:
    """A service with a status port, and somebody who follows it.

    Attributes:
        news: when something was told unasked, and what: the state, None for nobody.
        figures: how often something was told because it was asked for.
    """

    def __init__(self) -> None:
        self.network = MemoryNetwork(latency_s=LATENCY_S)
        self.service = Changing()
        self.runtime: Runtime = make_runtime(self.network, "whisper")
        self.news: list[tuple[float, Any]] = []
        self.figures = 0
        times = SessionTimes(hello_timeout_s=SILENT_S, lost_after_s=SILENT_S)
        self.follower = StatusFollower((HOST, PORT), times, self.runtime.seal, self._told, self.network)

    def _told(self, status: dict[str, Any] | None, *, is_news: bool) -> None:
        self.figures += not is_news
        if is_news:
            what = None if status is None else [status["state"], *(one["state"] for one in status["connections"])]
            self.news.append((asyncio.get_running_loop().time(), what))

    async def serve(self) -> StatusServer:
        server = StatusServer(self.runtime, "whisper", self.service)
        await server.start((HOST, PORT))
        return server

    def newest(self, since: float) -> tuple[float, Any]:
        """How long after `since` the newest news came, and what it is."""
        return self.news[-1][0] - since, self.news[-1][1]


def now() -> float:
    return asyncio.get_running_loop().time()


def test_a_connection_that_is_lost_and_healed_is_told_at_once() -> None:
    world = World()

    async def scenario() -> None:
        await world.serve()
        following = asyncio.ensure_future(world.follower.run())
        await asyncio.sleep(5.2)
        assert [what for _, what in world.news] == [["ready"]]
        assert 8 <= world.figures <= 5.2 / ASK_INTERVAL_S
        status = world.runtime.board.add(CONNECTIONS[1], 66)
        for state in ("lost", "open"):
            await asyncio.sleep(0.3)
            changed_at = now()
            status.lost("its process died") if state == "lost" else status.opened(None, "open")  # type: ignore[arg-type]
            await asyncio.sleep(0.2)
            late_s, what = world.newest(changed_at)
            assert what == ["ready", state] and 0 <= late_s <= GATHER_S + A_MOMENT_S
        following.cancel()

    run_in_virtual_time(scenario())


def test_the_services_own_state_is_told_too() -> None:
    world = World()

    async def scenario() -> None:
        await world.serve()
        following = asyncio.ensure_future(world.follower.run())
        await asyncio.sleep(2.1)
        world.service.state, changed_at = "whisper: loading", now()
        await asyncio.sleep(0.5)
        late_s, what = world.newest(changed_at)
        assert what == ["whisper: loading"] and late_s <= STALL_CHECK_S + GATHER_S + A_MOMENT_S
        following.cancel()

    run_in_virtual_time(scenario())


def test_it_is_told_gone_at_once_and_back_at_once_and_nothing_while_it_is_away() -> None:
    world = World()

    async def scenario() -> None:
        server = await world.serve()
        following = asyncio.ensure_future(world.follower.run())
        await asyncio.sleep(2.0)
        server.stop()
        died_at = now()
        await asyncio.sleep(5.0)
        late_s, what = world.newest(died_at)
        assert what is None and late_s <= A_MOMENT_S
        await world.serve()
        back_at = now()
        await asyncio.sleep(0.5)
        late_s, what = world.newest(back_at)
        assert what == ["ready"] and late_s <= REDIAL_S + A_MOMENT_S
        assert [what for _, what in world.news] == [["ready"], None, ["ready"]]
        following.cancel()

    run_in_virtual_time(scenario())


def test_one_that_only_accepts_is_told_as_gone() -> None:
    class Deaf:
        def connected(self, transport: Any, peer: tuple[str, int]) -> None: ...

        def data_received(self, data: bytes) -> None: ...

        def disconnected(self, reason: str) -> None: ...

    world, told = World(), list[Any]()

    async def scenario() -> None:
        await world.network.listen((HOST, PORT), Deaf)
        following = asyncio.ensure_future(world.follower.run())
        await asyncio.sleep(SILENT_S + 0.1)
        told.append(world.figures)
        following.cancel()

    run_in_virtual_time(scenario())
    assert told == [1]


def test_whoever_leaves_is_told_no_more() -> None:
    world = World()

    async def scenario() -> None:
        await world.serve()
        following = asyncio.ensure_future(world.follower.run())
        await asyncio.sleep(1.0)
        following.cancel()
        await asyncio.sleep(1.0)
        before = len(world.news)
        world.runtime.board.add(CONNECTIONS[1], 66)
        await asyncio.sleep(1.0)
        assert len(world.news) == before

    run_in_virtual_time(scenario())
