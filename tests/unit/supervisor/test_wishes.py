"""What an operator may have done to a service, and who is taken for an operator."""

import asyncio
import socket
from typing import Any

import pytest
from tests.link.worlds import make_runtime

from steadyline.link.network import TcpNetwork
from steadyline.link.runtime import Runtime
from steadyline.link.security import Seal, Security
from steadyline.services.status_client import ask_of_child, ask_status
from steadyline.services.status_server import StatusServer
from steadyline.supervisor.wishes import refusal_of
from steadyline.wire.authentication import Authenticator
from steadyline.wire.operator_messages import ChildReply
from steadyline.wire.session import SessionTimes

HOST = "127.0.0.1"
SECRET = b"what all of them share"
KNOWN = ("gateway", "whisper", "console")


@pytest.mark.parametrize("action", ["kill", "freeze"])
def test_striking_is_for_drills(action: str) -> None:
    assert refusal_of(action, "whisper", KNOWN, drills=True) == ""
    assert "console.drills" in refusal_of(action, "whisper", KNOWN, drills=False)


def test_what_is_known_can_always_be_started_again() -> None:
    assert [refusal_of("restart", name, KNOWN, drills=False) for name in KNOWN] == ["", "", ""]


@pytest.mark.parametrize("name", ["", "whisper ", "../whisper", "WHISPER", "1", "x" * 60_000])
def test_another_name_is_refused_with_those_there_are(name: str) -> None:
    refusal = refusal_of("restart", name, KNOWN, drills=True)
    assert refusal.endswith("expected one of gateway, whisper, console") and len(refusal) < 200


@pytest.mark.parametrize("action", ["", "stop", "Restart", "restart;kill", "y" * 60_000])
def test_another_action_is_refused_with_those_there_are(action: str) -> None:
    refusal = refusal_of(action, "whisper", KNOWN, drills=True)
    assert refusal.endswith("expected one of restart, kill, freeze") and len(refusal) < 200


class Supervising:
    """A supervisor that only notes what it was asked for."""

    state = "ready"

    def __init__(self) -> None:
        self.wishes: list[tuple[str, str]] = []

    def ask_of_child(self, action: str, name: str) -> str:
        self.wishes.append((action, name))
        return "" if name == "whisper" else "no such service"

    def calls(self) -> list[dict[str, Any]]:
        return []

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class Alone(Supervising):
    """A service without services under it."""

    ask_of_child = None  # type: ignore[assignment]


def runtime(secret: bytes) -> Runtime:
    changes = {"security": Security(Authenticator(secret))} if secret else {}
    return make_runtime(TcpNetwork(), "supervisor", **changes)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def asked(service: Supervising, secret: bytes, seal: Seal, name: str = "whisper") -> ChildReply | None:
    """What a status port answers to somebody with this seal."""

    async def scenario() -> ChildReply | None:
        address = (HOST, free_port())
        server = StatusServer(runtime(secret), "supervisor", service)
        await server.start(address)
        try:
            return await ask_of_child(address, SessionTimes(), seal, "restart", name)
        finally:
            server.stop()

    return asyncio.run(scenario())


def test_the_supervisor_is_asked_and_its_refusal_told() -> None:
    service = Supervising()
    assert asked(service, b"", runtime(b"").seal) == ChildReply(True, "")
    assert asked(service, b"", runtime(b"").seal, "nobody") == ChildReply(False, "no such service")
    assert service.wishes == [("restart", "whisper"), ("restart", "nobody")]


def test_where_there_is_a_secret_only_who_has_it_is_heard() -> None:
    service = Supervising()
    for secret in (b"", b"what nobody here has"):
        assert asked(service, SECRET, runtime(secret).seal) is None
    assert service.wishes == []
    assert asked(service, SECRET, runtime(SECRET).seal) == ChildReply(True, "")


def test_a_service_without_others_under_it_says_so() -> None:
    reply = asked(Alone(), b"", runtime(b"").seal)
    assert reply is not None and not reply.done and "supervisor" in reply.text


def test_who_asks_without_details_costs_no_walk_through_the_processes() -> None:
    async def scenario() -> tuple[dict[str, Any] | None, ...]:
        address = (HOST, free_port())
        server = StatusServer(runtime(b""), "supervisor", Supervising())
        await server.start(address)
        seal = runtime(b"").seal
        answers = [await ask_status(address, SessionTimes(), seal, details=details) for details in (True, False)]
        server.stop()
        return tuple(answers)

    whole, brief = asyncio.run(scenario())
    assert whole is not None and brief is not None
    assert whole.keys() - brief.keys() == {"resources", "settings"}
