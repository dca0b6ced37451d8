"""When REGISTER leaves: the founding document's cadence, exact in virtual time, until HELLO is answered and no sooner."""

import asyncio

import pytest
from tests.link.ends import CALL_ID, UUID, RawPeer, hello
from tests.link.timed import RecordingNetwork, TimedLog
from tests.link.worlds import HOST, MemoryWorld, World, make_runtime, until

from steadyline.config import Config
from steadyline.connections import (
    GATEWAY_INBOUND,
    GATEWAY_OUTBOUND,
    REGISTER_TTS,
    REGISTER_WHISPER,
    TTS_OUTBOUND,
    WHISPER_INBOUND,
)
from steadyline.link.beacon import Beacon
from steadyline.link.memory import MemoryNetwork
from steadyline.link.network import Network
from steadyline.services.processor import NewCall, ProcessorCall, ProcessorPlace
from steadyline.wire.line_messages import CallStarted
from steadyline.wire.registration import RegisterCadence

CADENCE_S = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 2.0, 3.0]
INBOUND = ProcessorPlace(GATEWAY_INBOUND, WHISPER_INBOUND.number, 9001, ((REGISTER_WHISPER, 13000),))
OUTBOUND = ProcessorPlace(GATEWAY_OUTBOUND, TTS_OUTBOUND.number, 9002, ((REGISTER_TTS, 13001),))


async def start_call(network: Network, place: ProcessorPlace = INBOUND, **changes: object) -> ProcessorCall:
    """A processor's call 66, which listens, and polls for its engine's service."""
    udp = await network.open_datagram((HOST, 0), lambda data, sender: None)
    runtime = make_runtime(network, place.line.dialer, **changes)
    call = ProcessorCall(
        runtime, Config(), place, NewCall(CallStarted(CALL_ID, UUID, "sip:a@b", 8000), (HOST, 8070), udp)
    )
    await call.start()
    return call


def memory() -> RecordingNetwork:
    return RecordingNetwork(MemoryNetwork())


@pytest.mark.parametrize("place", [INBOUND, OUTBOUND], ids=["inbound", "outbound"])
def test_register_leaves_at_its_times_as_long_as_the_call_lives(place: ProcessorPlace) -> None:
    network = memory()

    async def scenario() -> None:
        call = await start_call(network, place)
        await asyncio.sleep(3600.5)
        call.end("hung up")
        await asyncio.sleep(10)

    MemoryWorld().run(scenario())
    assert network.registers_at()[:8] == pytest.approx(CADENCE_S, abs=1e-6)
    assert network.registers_at()[5:] == pytest.approx([float(n) for n in range(1, 3601)], abs=1e-6)
    first, last = network.datagrams[0][1], network.datagrams[-1]
    assert first == f"REGISTER 66 {UUID}\n".encode()
    assert (last[0], last[1]) == (pytest.approx(3600.5), f"BYE 66 {UUID}\n".encode())


def test_register_goes_on_after_a_mere_connection_and_stops_when_hello_is_answered() -> None:
    network = memory()

    async def scenario() -> None:
        call = await start_call(network)
        await asyncio.sleep(0.3)
        mute = await RawPeer.dial(network, 9067)
        await asyncio.sleep(0.55)
        assert mute.is_connected and len(network.registers_at()) == 5
        wrong = await RawPeer.dial(network, 9067)
        wrong.say(hello(uuid="another-call", connection=1))
        await asyncio.sleep(0.1)
        assert wrong.is_closed and not mute.is_closed
        await asyncio.sleep(0.15)
        assert len(network.registers_at()) == 6, "refused: whisper is not connected"
        mute.say(hello(connection=1))
        await until(lambda: mute.messages)
        await asyncio.sleep(1.0)
        assert len(network.registers_at()) == 6
        call.end("hung up")

    with TimedLog() as log:
        MemoryWorld().run(scenario())
    infos = [text for _, level, text in log.lines if level == "INFO"]
    assert infos == ["✅ Whisper service connected for call 66 - stopping registration polling"]


def test_register_begins_again_from_the_start_as_soon_as_the_connection_is_lost() -> None:
    network = memory()

    async def scenario() -> None:
        call = await start_call(network, OUTBOUND)
        await asyncio.sleep(2.5)
        tts = await RawPeer.dial(network, 9068)
        tts.say(hello(role="tts", connection=5))
        await until(lambda: tts.messages)
        await asyncio.sleep(0.5)
        tts.hang_up()
        await asyncio.sleep(3.05)
        call.end("hung up")

    with TimedLog() as log:
        MemoryWorld().run(scenario())
    first, again = network.registers_at()[:7], network.registers_at()[7:]
    assert first == pytest.approx(CADENCE_S[:7], abs=1e-6)
    assert [at - again[0] for at in again] == pytest.approx(CADENCE_S, abs=1e-6)
    assert 2.9 < again[0] < 3.1
    assert "✅ TTS service connected for call 66 - stopping registration polling" in [text for _, _, text in log.lines]


def test_a_silent_peer_is_lost_and_register_begins_again() -> None:
    network = memory()

    async def scenario() -> None:
        call = await start_call(network)
        whisper = await RawPeer.dial(network, 9067)
        whisper.say(hello(connection=1))
        await asyncio.sleep(2.0)
        call.end("hung up")

    MemoryWorld().run(scenario())
    times = network.registers_at()
    assert times == pytest.approx([0.0, 1.25, 1.45, 1.65, 1.85], abs=1e-6)


def test_the_cadence_is_configurable() -> None:
    network = memory()

    async def scenario() -> None:
        call = await start_call(network, cadence=RegisterCadence(0.1, 0.3, 2.0))
        await asyncio.sleep(6.5)
        call.end("hung up")

    MemoryWorld().run(scenario())
    assert network.registers_at() == pytest.approx([0.0, 0.1, 0.2, 0.3, 2.3, 4.3, 6.3], abs=1e-6)


def test_two_addresses_are_polled_apart() -> None:
    """Two TTS services, one each: what stops the one does not stop the other."""
    network = memory()

    async def scenario() -> None:
        udp = await network.open_datagram((HOST, 0), lambda data, sender: None)
        runtime = make_runtime(network, "outbound")
        primary, standby = (
            Beacon(runtime, REGISTER_TTS, udp, (HOST, port), (CALL_ID, UUID)) for port in (13001, 13002)
        )
        primary.start()
        standby.start()
        standby.start()
        await asyncio.sleep(0.5)
        assert len(network.registers_at()) == 6
        primary.stop()
        await asyncio.sleep(2.0)
        assert len(network.registers_at()) == 6 + 4
        assert (primary.status.state, standby.status.state) == ("registered", "polling")
        primary.restart()
        await asyncio.sleep(0.1)
        assert len(network.registers_at()) == 6 + 5
        primary.end()
        standby.abandon()
        await asyncio.sleep(5.0)
        assert len(network.datagrams) == 6 + 5 + 1 and runtime.board.as_dicts() == []

    MemoryWorld().run(scenario())


def test_on_both_networks_polling_starts_stops_and_starts_again(world: World) -> None:
    """Once on real sockets too: never early, late by no more than a busy machine explains."""
    network = RecordingNetwork(world.network)
    place = ProcessorPlace(
        GATEWAY_INBOUND, WHISPER_INBOUND.number, world.free_port() - CALL_ID, ((REGISTER_WHISPER, 13000),)
    )

    async def scenario() -> None:
        call = await start_call(network, place)
        await until(lambda: len(network.registers_at()) == 8)
        for at, due in zip(network.registers_at(), CADENCE_S, strict=True):
            assert due - 0.01 <= at - network.registers_at()[0] <= due + 3.0
        whisper = await RawPeer.dial(network, place.port_base + CALL_ID)
        whisper.say(hello(connection=1))
        await until(lambda: whisper.messages)
        sent = len(network.registers_at())
        await asyncio.sleep(1.1)
        assert len(network.registers_at()) == sent
        whisper.hang_up()
        await until(lambda: len(network.registers_at()) >= sent + 3)
        again = network.registers_at()[sent:]
        assert again[1] - again[0] >= 0.19 and again[2] - again[1] >= 0.15
        call.end("hung up")

    world.run(scenario())
