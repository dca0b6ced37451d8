"""The supervisor hears a service as long as its event loop answers, and finds it again whenever it comes back."""

import asyncio
import logging
from typing import Any

from tests.link.worlds import HOST, make_runtime, now

from steadyline.link.memory import MemoryNetwork
from steadyline.link.network import Receiver, Transport
from steadyline.link.runtime import Runtime
from steadyline.link.security import Security
from steadyline.link.virtual_time import run_in_virtual_time
from steadyline.services.status_server import OPERATOR_PING_S, StatusServer
from steadyline.supervisor.heartbeat import Heartbeat
from steadyline.wire.authentication import Authenticator

PORT = 8073
PATIENCE_S = 10.0


class Idle:
    """A service that only has a status port."""

    state = "whisper: loading"

    def calls(self) -> list[dict[str, Any]]:
        return []

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class Deaf:
    """What a frozen process is to its peers: the kernel accepts, and nothing comes back."""

    def connected(self, transport: Transport, peer: tuple[str, int]) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None: ...

    def disconnected(self, reason: str) -> None: ...


def service(network: MemoryNetwork) -> StatusServer:
    return StatusServer(make_runtime(network, "whisper"), "whisper", Idle())


def test_it_is_heard_from_its_first_answer_on_and_loading_is_no_silence() -> None:
    network = MemoryNetwork(latency_s=0.001)

    async def scenario() -> None:
        heartbeat = Heartbeat(make_runtime(network, "supervisor"), (HOST, PORT), PATIENCE_S)
        heartbeat.start()
        await asyncio.sleep(3.0)
        assert heartbeat.heard_at is None
        server = service(network)
        await server.start((HOST, PORT))
        for _ in range(100):
            await asyncio.sleep(0.5)
            heard_at = heartbeat.heard_at
            assert heard_at is not None and now() - heard_at <= OPERATOR_PING_S + 0.01
        server.stop()
        heartbeat.stop()

    run_in_virtual_time(scenario())


def test_with_a_secret_it_is_heard_by_a_supervisor_that_shares_it() -> None:
    network = MemoryNetwork(latency_s=0.001)

    def sharing(secret: bytes, role: str) -> Runtime:
        return make_runtime(network, role, security=Security(Authenticator(secret)))

    async def scenario() -> None:
        server = StatusServer(sharing(b"what all of them share", "whisper"), "whisper", Idle())
        await server.start((HOST, PORT))
        secrets = (b"what all of them share", b"what nobody here has", b"")
        heartbeats = [Heartbeat(sharing(secret, "supervisor"), (HOST, PORT), PATIENCE_S) for secret in secrets]
        for heartbeat in heartbeats:
            heartbeat.start()
        await asyncio.sleep(5.0)
        assert [heartbeat.heard_at is not None for heartbeat in heartbeats] == [True, False, False]
        for heartbeat in heartbeats:
            heartbeat.stop()
        server.stop()

    run_in_virtual_time(scenario())


def test_it_is_found_again_in_its_next_process() -> None:
    network = MemoryNetwork(latency_s=0.001)

    async def scenario() -> None:
        heartbeat = Heartbeat(make_runtime(network, "supervisor"), (HOST, PORT), PATIENCE_S)
        heartbeat.start()
        for _ in range(3):
            server = service(network)
            await server.start((HOST, PORT))
            started_at = now()
            await asyncio.sleep(1.0)
            assert heartbeat.heard_at is not None and heartbeat.heard_at > started_at
            server.stop()
            stopped_at = now()
            await asyncio.sleep(2.0)
            assert heartbeat.heard_at <= stopped_at + 0.01
        heartbeat.stop()

    run_in_virtual_time(scenario())


def test_one_that_only_accepts_was_never_heard() -> None:
    network, accepted = MemoryNetwork(latency_s=0.001), list[Deaf]()

    def accept() -> Receiver:
        accepted.append(Deaf())
        return accepted[-1]

    async def scenario() -> None:
        await network.listen((HOST, PORT), accept)
        heartbeat = Heartbeat(make_runtime(network, "supervisor"), (HOST, PORT), PATIENCE_S)
        heartbeat.start()
        await asyncio.sleep(60.0)
        assert heartbeat.heard_at is None
        heartbeat.stop()

    run_in_virtual_time(scenario())
    assert 2 <= len(accepted) <= 7, "a connection is kept for as long as the service may be silent"


def test_it_leaves_no_line_in_the_services_log(caplog: Any) -> None:
    """It comes and goes with every start of the supervisor: that is nothing to report."""
    network = MemoryNetwork(latency_s=0.001)

    async def scenario() -> None:
        server = service(network)
        await server.start((HOST, PORT))
        heartbeat = Heartbeat(make_runtime(network, "supervisor"), (HOST, PORT), PATIENCE_S)
        heartbeat.start()
        await asyncio.sleep(5.0)
        heartbeat.stop()
        await asyncio.sleep(5.0)
        server.stop()

    with caplog.at_level(logging.INFO):
        run_in_virtual_time(scenario())
    assert [record.getMessage() for record in caplog.records if record.name.startswith("steadyline")] == []
