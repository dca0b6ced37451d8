"""A whole call with a shared secret: it heals as without one, and strangers who know all but the secret get nowhere."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest
from tests.services.scenes import (
    SimulatedSystem,
    answer_to,
    answered,
    ask,
    drill_config,
    play,
    remains,
    silence,
    started,
)
from tests.services.test_bad_input import PORTS, connect, hello
from tests.services.test_registration import WatchedNetwork

from steadyline.config import Config
from steadyline.wire.codec import encode_message

CALL_ID = 66


def secured_config(folder: Path) -> Config:
    """Call ids begin with 66; the secret's file lies in the folder."""
    path = folder / "secret"
    path.write_text("what all of them share\n")
    path.chmod(0o600)
    config = drill_config()
    config.gateway.first_call_id = CALL_ID
    config.network.secret_file = str(path)
    return config


@pytest.fixture
def secured(tmp_path: Path) -> Config:
    return secured_config(tmp_path)


@pytest.mark.parametrize("killed", ["inbound", "whisper", "llama", "tts", "outbound"])
def test_a_call_heals_as_without_a_secret(journal: Path, secured: Config, killed: str) -> None:
    """A service dies in the middle of the call; its successor proves itself, and is believed."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        assert await ask(call, "alpha") == answer_to("alpha")
        system.kill(killed)
        await asyncio.sleep(1)
        await system.start(killed)
        assert await ask(call, "bravo") == answer_to("bravo")
        call.hang_up()
        await asyncio.sleep(2)
        assert all(not system.running[name].service.calls() for name in system.running)

    play(scene, journal, config=secured)


@pytest.mark.parametrize("service", PORTS)
def test_a_stranger_takes_over_no_link_of_a_call(
    journal: Path, secured: Config, caplog: pytest.LogCaptureFixture, service: str
) -> None:
    """Somebody who knows the call's id, uuid and roles, and comes as the newest process of the role."""
    port, connection, role = PORTS[service]

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        uuid = next(iter(system.running["llama"].service._sessions))  # type: ignore[attr-defined]
        greeting = hello(connection, role, call_uuid=uuid, epoch=2**62)
        caplog.clear()
        stranger = await connect(system, port, encode_message(greeting, 1))
        await asyncio.sleep(0.2)
        assert stranger.is_closed and stranger.refusal.code == "unauthenticated"
        assert await ask(call, "bravo") == answer_to("bravo")
        problems = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
        assert len(problems) == 1 and problems[0].startswith("dropped 127.0.0.1:")

    with caplog.at_level(logging.INFO, "steadyline"):
        play(scene, journal, config=secured)


def test_what_was_overheard_on_udp_ends_and_begins_nothing(journal: Path, secured: Config) -> None:
    """A call's REGISTERs and BYEs, played again while it lives and when it is over."""
    network = WatchedNetwork()

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        before = remains(system)
        again = await network.open_datagram(("127.0.0.1", 0), lambda data, sender: None)

        def replay() -> None:
            for _, port, data in list(network.sent):
                again.send(data, ("127.0.0.1", port))

        call = await answered(system)
        replay()
        assert await ask(call, "alpha") == answer_to("alpha")
        call.hang_up()
        await asyncio.sleep(0.5)
        assert any(data.startswith(b"BYE") for _, _, data in network.sent)
        replay()
        await asyncio.sleep(0.5)
        again.close()
        assert remains(system) == before
        second = await answered(system)
        assert await ask(second, "bravo") == answer_to("bravo")

    play(scene, journal, config=secured, network=network)


def test_a_service_with_another_secret_is_left_out_until_it_has_the_right_one(journal: Path, secured: Config) -> None:
    right = Path(secured.network.secret_file)
    wrong = right.with_name("another")
    wrong.write_text("what nobody else has\n")
    wrong.chmod(0o600)

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        system.kill("whisper")
        secured.network.secret_file = str(wrong)
        await system.start("whisper")
        call: Any = system.dial()
        await asyncio.sleep(10)
        assert not call.is_answered and not system.running["whisper"].service.calls()
        system.kill("whisper")
        secured.network.secret_file = str(right)
        await system.start("whisper")
        await silence(call)
        assert call.is_answered and await ask(call, "alpha") == answer_to("alpha")

    play(scene, journal, config=secured)
