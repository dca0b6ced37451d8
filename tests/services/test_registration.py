"""REGISTER and BYE as they leave the real services, and what whisper and the TTS make of what comes in."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.services.scenes import (
    SERVICES,
    SimulatedSystem,
    answer_to,
    answered,
    ask,
    drill_config,
    now,
    play,
    registrations,
    remains,
    started,
    until,
)

from steadyline.config import Config
from steadyline.link.memory import MemoryNetwork
from steadyline.link.network import Address

WHISPER_UDP, TTS_UDP = 13000, 13001
UDP_PORTS = {"whisper": WHISPER_UDP, "tts": TTS_UDP}
CADENCE_S = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 2.0, 3.0, 4.0, 5.0]


class WatchedNetwork(MemoryNetwork):
    """Notes each datagram and when it left; loses what it is told to lose."""

    def __init__(self, loses: Callable[[bytes], bool] = lambda data: False) -> None:
        super().__init__(latency_s=0.001)
        self.sent: list[tuple[float, int, bytes]] = []
        self.loses = loses

    def send_datagram(self, data: bytes, source_port: int, address: Address) -> None:
        self.sent.append((now(), address[1], data))
        if not self.loses(data):
            super().send_datagram(data, source_port, address)

    def times(self, port: int, since: float, verb: bytes = b"REGISTER") -> list[float]:
        """When datagrams of that verb left to that port, in seconds after `since`."""
        return [
            round(at - since, 3)
            for at, to, data in self.sent
            if to == port and data.startswith(verb) and at >= since - 0.01
        ]


def quiet_config() -> Config:
    """Without a greeting, so that connection 5 is not made before the first answer."""
    config = drill_config()
    config.llama.greeting = ""
    config.gateway.ring_timeout_s = 60.0
    return config


@pytest.mark.parametrize("missing", ["whisper", "tts"])
def test_register_leaves_in_the_cadence_and_stops_once_hello_is_answered(journal: Path, missing: str) -> None:
    network, port = WatchedNetwork(), UDP_PORTS[missing]

    async def scene(system: SimulatedSystem) -> None:
        await system.start(*[name for name in SERVICES if name != missing])
        await asyncio.sleep(1)
        system.dial()
        await asyncio.sleep(5.5)
        begun = network.sent[0][0]
        assert network.times(port, begun) == CADENCE_S
        await system.start(missing)
        await asyncio.sleep(20)
        assert network.times(port, begun) == [*CADENCE_S, 6.0]

    play(scene, journal, network=network, config=drill_config_with_long_ring())


def drill_config_with_long_ring() -> Config:
    config = drill_config()
    config.gateway.ring_timeout_s = 60.0
    return config


@pytest.mark.parametrize(("name", "end"), [("whisper", "kill"), ("whisper", "stop"), ("tts", "kill"), ("tts", "stop")])
def test_polling_begins_again_when_the_connection_is_lost(journal: Path, name: str, end: str) -> None:
    network, port = WatchedNetwork(), UDP_PORTS[name]

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        await asyncio.sleep(5)
        before = len(network.times(port, 0.0))
        lost_at = now()
        if end == "kill":
            system.kill(name)
        else:
            await system.stop(name)
        await asyncio.sleep(5.5)
        times = network.times(port, 0.0)[before:]
        assert [at - times[0] for at in times] == pytest.approx(CADENCE_S, abs=0.002)
        assert times[0] - lost_at < 0.01
        await system.start(name)
        assert await ask(call, "alpha") == answer_to("alpha")
        stopped_after = len(network.times(port, 0.0))
        await asyncio.sleep(10)
        assert len(network.times(port, 0.0)) == stopped_after

    play(scene, journal, network=network)


def test_a_caller_who_is_never_spoken_to_is_polled_for_once_a_second_until_bye(journal: Path) -> None:
    network = WatchedNetwork()

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        dialed_at = now()
        call = system.dial()
        await asyncio.sleep(30.5)
        times = network.times(TTS_UDP, dialed_at)
        assert len(times) == 6 + 29
        call.hang_up()
        await asyncio.sleep(10)
        assert len(network.times(TTS_UDP, dialed_at)) == len(times)
        assert len(network.times(TTS_UDP, dialed_at, b"BYE")) == 1

    play(scene, journal, network=network, config=quiet_config())


def test_a_doubled_register_makes_one_session_and_one_connection(journal: Path) -> None:
    """Two datagrams in the same millisecond, for whisper as for the TTS."""

    class Doubling(WatchedNetwork):
        def send_datagram(self, data: bytes, source_port: int, address: Address) -> None:
            super().send_datagram(data, source_port, address)
            super().send_datagram(data, source_port, address)

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        assert await ask(call, "alpha") == answer_to("alpha")
        assert [len(system.running[name].service.calls()) for name in ("whisper", "tts")] == [1, 1]
        names = [entry["name"] for entry in system.running["whisper"].runtime.board.as_dicts()]
        assert sorted(names) == ["whisper → inbound", "whisper → llama"]

    play(scene, journal, network=Doubling())


@pytest.mark.parametrize("lost_share", [3, 5])
def test_lost_registers_delay_a_call_and_no_more(journal: Path, lost_share: int) -> None:
    """All but one of three or five REGISTERs are lost."""
    count = 0

    def loses(data: bytes) -> bool:
        nonlocal count
        count += data.startswith(b"REGISTER")
        return data.startswith(b"REGISTER") and count % lost_share != 0

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = system.dial()
        await until(lambda: call.is_answered, 10)
        await asyncio.sleep(3)
        assert await ask(call, "alpha") == answer_to("alpha")

    play(scene, journal, network=WatchedNetwork(loses))


def test_a_lost_bye_leaves_nothing_behind_a_killed_processor(journal: Path) -> None:
    """Inbound and outbound die with a call that then ends: nobody says BYE, registrations and sessions expire."""
    config = drill_config()
    config.llama.linger_s = config.tts.linger_s = 4.0

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        system.kill("inbound")
        system.kill("outbound")
        call.hang_up()
        await asyncio.sleep(12)
        assert registrations(system) == 0
        assert all(not system.running[name].service.calls() for name in ("whisper", "llama", "tts"))
        await system.start("inbound", "outbound")
        await asyncio.sleep(2)
        assert await ask(await answered(system), "alpha") == answer_to("alpha")

    play(scene, journal, config=config)


def test_byes_that_are_lost_on_udp_do_no_harm(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        before = remains(system)
        for _ in range(3):
            call = await answered(system)
            call.hang_up()
            await asyncio.sleep(1)
            assert remains(system) == before

    play(scene, journal, network=WatchedNetwork(lambda data: data.startswith(b"BYE")))


@pytest.mark.parametrize(
    "datagram",
    [
        pytest.param("BYE {id} 00000000-0000-0000-0000-000000000000\n", id="another call's BYE"),
        pytest.param("BYE 9998 {uuid}\n", id="BYE of another id"),
        pytest.param("REGISTER {id} {uuid}\n", id="a REGISTER more"),
        pytest.param("REGISTER {id}\n", id="without uuid"),
        pytest.param("REGISTER 99999 {uuid}\n", id="id out of range"),
        pytest.param("register {id} {uuid}\n", id="small letters"),
        pytest.param("\x00\xff" * 400, id="garbage"),
        pytest.param("", id="empty"),
    ],
)
def test_stray_datagrams_disturb_nobody(journal: Path, datagram: str, caplog: pytest.LogCaptureFixture) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        known = system.running["whisper"].service._sessions  # type: ignore[attr-defined]
        session: Any = next(iter(known.values()))
        data = datagram.format(id=session.call_id, uuid=session.registration.call_uuid).encode("latin-1")
        stranger = await system.network.open_datagram(("127.0.0.1", 0), lambda data, sender: None)
        caplog.clear()
        with caplog.at_level(logging.WARNING, "steadyline"):
            for port in (WHISPER_UDP, TTS_UDP):
                stranger.send(data, ("127.0.0.1", port))
            await asyncio.sleep(1)
        is_garbled = not datagram.startswith(("BYE", "REGISTER {id} {uuid}"))
        assert len(caplog.records) == (2 if is_garbled else 0), caplog.messages
        stranger.close()
        assert await ask(call, "alpha") == answer_to("alpha")
        assert not call.closed.done()

    play(scene, journal)


@pytest.mark.parametrize("port", [WHISPER_UDP, TTS_UDP])
def test_a_register_that_comes_after_its_call_ended_is_forgotten_again(journal: Path, port: int) -> None:
    """A datagram that was overtaken by BYE: its session expires, and no other call notices."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        uuid = next(iter(system.running["llama"].service._sessions))  # type: ignore[attr-defined]
        call_id = system.running["gateway"].service.calls()[0]["call_id"]
        call.hang_up()
        await asyncio.sleep(1)
        before = remains(system)
        late = await system.network.open_datagram(("127.0.0.1", 0), lambda data, sender: None)
        late.send(f"REGISTER {call_id} {uuid}\n".encode(), ("127.0.0.1", port))
        await asyncio.sleep(0.1)
        late.close()
        other = await answered(system)
        assert await ask(other, "bravo") == answer_to("bravo")
        other.hang_up()
        await asyncio.sleep(25)
        assert remains(system) == before

    play(scene, journal)


def test_a_doubled_and_a_late_bye_change_nothing(journal: Path) -> None:
    """BYE arrives three times, and once more when another call has the id."""
    config = drill_config()
    config.gateway.first_call_id = config.gateway.last_call_id = 66
    config.gateway.call_id_rest_s = 0.0
    network = WatchedNetwork()

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        before = remains(system)
        call = await answered(system)
        call.hang_up()
        await asyncio.sleep(0.5)
        byes = [(to, data) for _, to, data in network.sent if data.startswith(b"BYE")]
        assert {to for to, _ in byes} == {WHISPER_UDP, TTS_UDP}
        again = await network.open_datagram(("127.0.0.1", 0), lambda data, sender: None)
        for to, data in byes * 2:
            again.send(data, ("127.0.0.1", to))
        await asyncio.sleep(0.1)
        other = await answered(system)
        for to, data in byes:
            again.send(data, ("127.0.0.1", to))
        again.close()
        assert await ask(other, "bravo") == answer_to("bravo")
        other.hang_up()
        await asyncio.sleep(1)
        assert remains(system) == before

    play(scene, journal, network=network, config=config)
