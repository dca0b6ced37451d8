"""Registration over a network that loses, doubles, delays and reorders datagrams: one connection, always; none left over."""

import asyncio
import itertools
import logging
import random
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.link.ends import CALL_ID, UUID
from tests.link.worlds import HOST, MemoryWorld, make_runtime, now, until

from steadyline.config import Config
from steadyline.connections import GATEWAY_INBOUND, REGISTER_WHISPER, WHISPER_INBOUND
from steadyline.link.memory import MemoryNetwork
from steadyline.link.network import Address, Receiver
from steadyline.services.engine_host import EngineHost
from steadyline.services.engine_protocols import Recognizer
from steadyline.services.processor import NewCall, ProcessorCall, ProcessorPlace
from steadyline.services.whisper import WhisperService
from steadyline.wire.line_messages import CallStarted
from steadyline.wire.registration import RegisterCadence, Registration, encode_registration

T = TypeVar("T")
INBOUND_PORT = 9001 + CALL_ID
WHISPER_PORT = 13000
PLACE = ProcessorPlace(GATEWAY_INBOUND, WHISPER_INBOUND.number, 9001, ((REGISTER_WHISPER, WHISPER_PORT),))
EXPIRED_AFTER_S = 8.0
FATES = st.lists(st.lists(st.sampled_from([0.0, 0.001, 0.05, 0.25, 1.5]), max_size=3), max_size=12)
"""What becomes of the n-th datagram: the delays of its copies, none when it is lost. Later ones just arrive."""


class UnreliableNetwork(MemoryNetwork):
    """Datagrams meet their fates; connections to inbound are counted."""

    def __init__(self, fates: list[list[float]], latency_s: float = 0.0) -> None:
        super().__init__(latency_s)
        self._fates = itertools.chain(fates, itertools.repeat([0.0]))
        self.connections = 0

    def send_datagram(self, data: bytes, source_port: int, address: Address) -> None:
        for delay_s in next(self._fates):
            send = super().send_datagram
            asyncio.get_running_loop().call_later(delay_s, send, data, source_port, address)

    async def connect(self, address: Address, receiver: Receiver) -> None:
        await super().connect(address, receiver)
        self.connections += address[1] == INBOUND_PORT


class NoWorkers:
    """Whisper's model is still being loaded all the time: connections do not wait for it."""

    async def run(self, function: Callable[..., T], /, *args: Any) -> T:
        raise AssertionError("nothing is to be transcribed")

    def close(self) -> None:
        """There is nothing to close."""


class Pair:
    """An inbound call and a whisper on one network."""

    def __init__(self, network: UnreliableNetwork) -> None:
        self.network = network
        runtime = make_runtime(network, "whisper")
        host: EngineHost[Recognizer] = EngineHost("whisper", lambda: pytest.fail("loaded"), NoWorkers(), runtime)
        self.whisper = WhisperService(runtime, Config(), host)
        self.call: ProcessorCall | None = None

    async def start(self) -> None:
        await self.whisper.start()
        udp = await self.network.open_datagram((HOST, 0), lambda data, sender: None)
        runtime = make_runtime(self.network, "inbound")
        self.call = ProcessorCall(
            runtime, Config(), PLACE, NewCall(CallStarted(CALL_ID, UUID, "", 8000), ("127.0.0.1", 8070), udp)
        )
        await self.call.start()

    @property
    def is_connected(self) -> bool:
        assert self.call is not None
        return any(link.is_open for link in self.call.engines.values())

    def hang_up(self) -> None:
        assert self.call is not None
        self.call.end("hung up")


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "steadyline.tests")


def first_arrival_s(fates: list[list[float]]) -> float:
    """When the first REGISTER gets through, of those that the cadence sends."""
    times = zip(itertools.chain(fates, [[0.0]]), RegisterCadence().times(), strict=False)
    return min(due + min(fate) for fate, due in times if fate)


@settings(max_examples=150)
@given(FATES)
def test_the_first_register_that_arrives_makes_the_only_connection(fates: list[list[float]]) -> None:
    async def scenario() -> None:
        pair = Pair(UnreliableNetwork(fates))
        await pair.start()
        await asyncio.sleep(first_arrival_s(fates) + 0.01)
        assert pair.is_connected
        await asyncio.sleep(3.0)
        assert pair.is_connected and pair.network.connections == 1
        pair.hang_up()
        assert not pair.is_connected
        await asyncio.sleep(EXPIRED_AFTER_S)
        assert pair.whisper.calls() == [], "whatever was late or lost, nothing of the call is left"
        assert pair.network.connections == 1 and INBOUND_PORT not in pair.network.listeners
        await pair.whisper.stop()

    MemoryWorld().run(scenario())


@pytest.mark.parametrize("loss", [0.1, 0.5, 0.9])
def test_polling_gets_through_at_any_rate_of_loss(loss: float) -> None:
    for seed in range(40):
        rng = random.Random(f"{loss} {seed}")
        fates = [[0.0] if rng.random() >= loss else [] for _ in range(200)]

        async def scenario(fates: list[list[float]] = fates) -> None:
            pair = Pair(UnreliableNetwork(fates))
            await pair.start()
            await until(lambda: pair.is_connected, within_s=first_arrival_s(fates) + 0.1)
            pair.hang_up()
            await asyncio.sleep(EXPIRED_AFTER_S)
            assert pair.whisper.calls() == []
            await pair.whisper.stop()

        MemoryWorld().run(scenario())


@given(st.integers(2, 30), st.sampled_from([0.0, 0.0005, 0.001]), st.sampled_from([0.0, 0.001]))
@settings(max_examples=40)
def test_registers_in_one_millisecond_make_one_connection(count: int, within_s: float, latency_s: float) -> None:
    async def scenario() -> None:
        network = UnreliableNetwork([], latency_s)
        pair = Pair(network)
        await pair.start()
        datagram = encode_registration(Registration("REGISTER", CALL_ID, UUID))
        for number in range(count):
            other = await network.open_datagram((HOST, 0), lambda data, sender: None)
            asyncio.get_running_loop().call_later(within_s * number / count, other.send, datagram, (HOST, WHISPER_PORT))
        await asyncio.sleep(5.0)
        assert pair.is_connected and network.connections == 1 and len(pair.whisper.calls()) == 1
        pair.hang_up()
        await pair.whisper.stop()

    MemoryWorld().run(scenario())


def test_bye_ends_once_from_whomever_and_not_another_call_under_the_same_id() -> None:
    async def scenario() -> None:
        pair = Pair(UnreliableNetwork([]))
        await pair.start()
        await until(lambda: pair.is_connected)
        senders = [await pair.network.open_datagram((HOST, 0), lambda data, sender: None) for _ in range(2)]
        for sender in senders:
            sender.send(encode_registration(Registration("BYE", CALL_ID, "another-uuid")), (HOST, WHISPER_PORT))
        await asyncio.sleep(1.0)
        assert pair.is_connected
        pair.hang_up()
        for sender in senders * 2:
            sender.send(encode_registration(Registration("BYE", CALL_ID, UUID)), (HOST, WHISPER_PORT))
        await asyncio.sleep(0.1)
        assert pair.whisper.calls() == [], "at once, not by expiry"
        await pair.whisper.stop()

    MemoryWorld().run(scenario())


def test_a_whisper_that_starts_anew_is_found_by_the_next_register() -> None:
    async def scenario() -> None:
        network = UnreliableNetwork([])
        first = Pair(network)
        await first.start()
        await until(lambda: first.is_connected)
        await asyncio.sleep(5.0)
        await first.whisper.stop()
        lost_at = now()
        await asyncio.sleep(0.5)
        assert not first.is_connected
        second = Pair(network)
        await second.whisper.start()
        await until(lambda: first.is_connected)
        assert now() - lost_at < 0.61 and network.connections == 2
        first.hang_up()
        await second.whisper.stop()

    MemoryWorld().run(scenario())
