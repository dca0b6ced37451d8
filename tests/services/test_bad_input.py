"""Strangers on the services' TCP ports: a reason on the wire, one log line, and a running call that does not notice."""

import asyncio
import logging
import struct
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
    started,
    until,
)

from steadyline.link.network import Address, Transport
from steadyline.wire import messages
from steadyline.wire.codec import decode_message, encode_message
from steadyline.wire.framing import FrameDecoder
from steadyline.wire.messages import PROTOCOL_VERSION, Hello, Message

UNKNOWN_UUID = "11111111-1111-1111-1111-111111111111"
CALL_ID = 66
# Port, connection number and the role that may dial there.
PORTS = {
    "gateway": (8070, 0, "inbound"),
    "inbound": (9001 + CALL_ID, 1, "whisper"),
    "llama": (8083, 3, "whisper"),
    "tts": (8090, 4, "llama"),
    "outbound": (9002 + CALL_ID, 5, "tts"),
}


class Stranger:
    """A raw client that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[Message] = []
        self.is_closed = False
        self.transport: Transport | None = None
        self._decoder = FrameDecoder()

    def connected(self, transport: Transport, peer: Address) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.told += [decode_message(frame) for frame in self._decoder.feed(data)]

    def disconnected(self, reason: str) -> None:
        self.is_closed = True

    @property
    def refusal(self) -> messages.Refused:
        refusals = [message for message in self.told if isinstance(message, messages.Refused)]
        assert len(refusals) == 1, self.told
        return refusals[0]


async def connect(system: SimulatedSystem, port: int, data: bytes) -> Stranger:
    stranger = Stranger()
    await system.network.connect(("127.0.0.1", port), stranger)
    assert stranger.transport is not None
    if data:
        stranger.transport.write(data)
    return stranger


def hello(connection: int, role: str, **changes: Any) -> Hello:
    values = {
        "version": PROTOCOL_VERSION,
        "connection": connection,
        "role": role,
        "call_id": CALL_ID,
        "call_uuid": UNKNOWN_UUID,
        "epoch": 10**6,
    }
    return Hello(**(values | changes))


def is_refused(
    journal: Path, caplog: pytest.LogCaptureFixture, port: int, data: bytes, code: str, *, within_s: float = 0.2
) -> None:
    """During a call: the code on the wire, one log line, connection closed, and the call goes on."""
    config = drill_config()
    config.gateway.first_call_id = CALL_ID

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        await ask(call, "alpha")
        before = remains(system)
        caplog.clear()
        stranger = await connect(system, port, data)
        question = asyncio.ensure_future(ask(call, "bravo"))
        await asyncio.sleep(within_s)
        assert stranger.is_closed
        assert stranger.refusal.code == code
        assert stranger.refusal.text
        problems = [record for record in caplog.records if record.levelno >= logging.WARNING]
        assert len(problems) == 1, [record.getMessage() for record in problems]
        assert await question == answer_to("bravo")
        changed = {name: value for name, value in remains(system).items() if value != before[name]}
        assert without_counters(changed) == without_counters({name: before[name] for name in changed})

    with caplog.at_level(logging.INFO, "steadyline"):
        play(scene, journal, config=config)


def without_counters(remaining: dict[str, Any]) -> dict[str, Any]:
    """Without what a turn changes: numbers of turns and clauses, round trips."""
    keep = ("ports", "transports", "timers", "tasks")
    return {
        name: {key: value[key] for key in keep} if isinstance(value, dict) else value
        for name, value in remaining.items()
    }


@pytest.mark.parametrize("service", ["gateway", "inbound", "outbound"])
def test_hello_for_an_unknown_call(journal: Path, caplog: pytest.LogCaptureFixture, service: str) -> None:
    port, connection, role = PORTS[service]
    is_refused(journal, caplog, port, encode_message(hello(connection, role), 1), "unknown-call")


@pytest.mark.parametrize("service", ["llama", "tts"])
@pytest.mark.parametrize("nobody", [{"call_uuid": ""}, {"call_id": 0}], ids=["no uuid", "call 0"])
def test_hello_without_a_call(
    journal: Path, caplog: pytest.LogCaptureFixture, service: str, nobody: dict[str, Any]
) -> None:
    port, connection, role = PORTS[service]
    is_refused(journal, caplog, port, encode_message(hello(connection, role, **nobody), 1), "unknown-call")


@pytest.mark.parametrize("service", PORTS)
def test_hello_on_the_wrong_port(journal: Path, caplog: pytest.LogCaptureFixture, service: str) -> None:
    port, connection, role = PORTS[service]
    is_refused(journal, caplog, port, encode_message(hello(connection + 1, role), 1), "wrong-connection")


@pytest.mark.parametrize("service", PORTS)
def test_hello_of_the_wrong_role(journal: Path, caplog: pytest.LogCaptureFixture, service: str) -> None:
    port, connection, _ = PORTS[service]
    is_refused(journal, caplog, port, encode_message(hello(connection, "gateway"), 1), "wrong-role")


@pytest.mark.parametrize("service", PORTS)
def test_hello_of_another_version(journal: Path, caplog: pytest.LogCaptureFixture, service: str) -> None:
    port, connection, role = PORTS[service]
    is_refused(journal, caplog, port, encode_message(hello(connection, role, version=99), 1), "version")


@pytest.mark.parametrize("service", PORTS)
def test_a_frame_of_an_unknown_type(journal: Path, caplog: pytest.LogCaptureFixture, service: str) -> None:
    is_refused(journal, caplog, PORTS[service][0], struct.pack(">IBBHQ", 0, 0xEE, 0, 0, 1), "unknown-type")


@pytest.mark.parametrize("service", PORTS)
def test_a_frame_beyond_the_limit(journal: Path, caplog: pytest.LogCaptureFixture, service: str) -> None:
    is_refused(journal, caplog, PORTS[service][0], struct.pack(">IBBHQ", 1 << 30, 1, 0, 0, 1), "frame-too-long")


@pytest.mark.parametrize("service", PORTS)
def test_a_client_that_says_nothing(journal: Path, caplog: pytest.LogCaptureFixture, service: str) -> None:
    is_refused(journal, caplog, PORTS[service][0], b"", "hello-timeout", within_s=1.2)


@pytest.mark.parametrize("service", PORTS)
def test_a_web_browser(journal: Path, caplog: pytest.LogCaptureFixture, service: str) -> None:
    is_refused(journal, caplog, PORTS[service][0], b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "frame-too-long")


@pytest.mark.parametrize("service", ["inbound", "outbound"])
def test_a_ghost_is_refused(journal: Path, caplog: pytest.LogCaptureFixture, service: str) -> None:
    """An older process of a role that is connected: what it says is not heard."""
    config = drill_config()
    config.gateway.first_call_id = CALL_ID
    port, connection, role = PORTS[service]

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        uuid = next(iter(system.running["llama"].service._sessions))  # type: ignore[attr-defined]
        ghost = await connect(system, port, encode_message(hello(connection, role, call_uuid=uuid, epoch=0), 1))
        await asyncio.sleep(0.2)
        assert ghost.refusal.code == "ghost"
        assert await ask(call, "bravo") == answer_to("bravo")

    play(scene, journal, config=config)


@pytest.mark.parametrize(
    "turn",
    [
        pytest.param(messages.Turn(500, 500, 0, True, "alpha", "en", 1.0), id="no range"),
        pytest.param(messages.Turn(900, 500, 0, True, "alpha", "en", 1.0), id="negative range"),
        pytest.param(messages.Turn(0, 500, 0, True, "\x00" * 10, "", 1.0), id="control characters"),
    ],
)
def test_a_senseless_turn_does_not_end_the_conversation(journal: Path, turn: messages.Turn) -> None:
    """A whisper that has gone wrong sends it; the turns after it are answered."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        session: Any = next(iter(system.running["whisper"].service._sessions.values()))  # type: ignore[attr-defined]
        session._llama.send(turn)
        await asyncio.sleep(30)
        assert (await ask(call, "bravo")).endswith(answer_to("bravo"))

    play(scene, journal)


def test_a_stranger_who_makes_calls_in_llama_is_forgotten(journal: Path) -> None:
    """Anybody may say HELLO for a new call there; who goes away leaves nothing after the linger time."""
    config = drill_config()
    config.llama.linger_s = config.tts.linger_s = 3.0

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        before = remains(system)
        strangers = [
            await connect(system, 8083, encode_message(hello(3, "whisper", call_uuid=f"stranger-{number}"), 1))
            for number in range(10)
        ]
        await asyncio.sleep(0.5)
        for stranger in strangers:
            assert stranger.transport is not None
            stranger.transport.abort()
        call = await answered(system)
        assert await ask(call, "alpha") == answer_to("alpha")
        call.hang_up()
        await asyncio.sleep(12)
        await until(lambda: remains(system) == before, 1)

    play(scene, journal, config=config)
