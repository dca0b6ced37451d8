"""Asking services on their status ports how they are."""

import asyncio
import itertools
import os
from collections.abc import Collection
from typing import Any

from steadyline.clock import LoopClock
from steadyline.config import Config
from steadyline.link.link import Link, LinkEvents
from steadyline.link.network import Address, TcpNetwork
from steadyline.link.security import Seal
from steadyline.services.link_security import link_security
from steadyline.services.status_server import STATUS_CONNECTION
from steadyline.wire.messages import (
    PROTOCOL_VERSION,
    Hello,
    Message,
    StatusReply,
    StatusRequest,
    Welcome,
)
from steadyline.wire.operator_messages import ChildReply, ChildRequest, TypedLine, TypedReply
from steadyline.wire.session import Closed, SessionTimes

_COUNTER = itertools.count(1)


def operator_seal(config: Config) -> Seal:
    """An operator's proof of the shared secret.

    Raises:
        ConfigError: the secret's file cannot be used.
    """
    clock = LoopClock()
    return Seal(clock, link_security(config, clock))


async def ask_status(
    address: Address, times: SessionTimes, seal: Seal, *, details: bool = True
) -> dict[str, Any] | None:
    """A service's status; None when nobody answers there, or one that does not have the secret.

    `details`: also what it uses of the machine, which takes a walk through /proc.
    """
    reply = await _ask(address, times, seal, StatusRequest(details))
    return reply.status if isinstance(reply, StatusReply) else None


async def ask_of_child(
    address: Address, times: SessionTimes, seal: Seal, action: str, service: str
) -> ChildReply | None:
    """Have the supervisor, at its status port, do something to a service; None when it does not answer."""
    reply = await _ask(address, times, seal, ChildRequest(action, service))
    return reply if isinstance(reply, ChildReply) else None


async def ask_to_type(address: Address, times: SessionTimes, seal: Seal, line: TypedLine) -> TypedReply | None:
    """Have the gateway, at its status port, take what a caller typed; None when it does not answer."""
    reply = await _ask(address, times, seal, line)
    return reply if isinstance(reply, TypedReply) else None


async def _ask(address: Address, times: SessionTimes, seal: Seal, question: Message) -> Message | None:
    """The first message that is answered; None when the connection fails or is silent for too long."""
    answer: asyncio.Future[Message | None] = asyncio.get_running_loop().create_future()

    def settle(message: Message | None) -> None:
        if not answer.done():
            answer.set_result(message)

    def on_open(link: Link, _: Welcome) -> None:
        link.send(question)

    def on_message(_: Link, message: Message) -> None:
        settle(message)

    def on_closed(_: Link, closed: Closed) -> None:
        settle(None)

    uuid = f"operator-{os.getpid()}-{next(_COUNTER)}"
    hello = Hello(PROTOCOL_VERSION, STATUS_CONNECTION, "operator", 0, uuid, 1)
    link = Link(LoopClock(), times, LinkEvents(on_message, on_closed, on_open=on_open), seal, address[1], hello)
    try:
        async with asyncio.timeout(times.lost_after_s):
            await TcpNetwork().connect(address, link)
            return await answer
    except (OSError, TimeoutError):
        return None
    finally:
        link.end("answered")


def status_ports(config: Config) -> dict[str, int]:
    """Names of the services of `steadyline up` to their status ports, in the order of the signal's path."""
    return {
        "gateway": config.gateway.status_port,
        "inbound": config.inbound.status_port,
        "whisper": config.whisper.status_port,
        "llama": config.llama.status_port,
        config.tts.service: config.tts.status_port,
        **({"standby": config.standby.status_port} if config.standby.engine else {}),
        "outbound": config.outbound.status_port,
    }


def side_status_ports(config: Config) -> dict[str, int]:
    """The same of what runs beside the services, which no call needs."""
    console = {"console": config.console.status_port} if config.console.enabled else {}
    return console | ({"webphone": config.webphone.status_port} if config.webphone.enabled else {})


async def ask_all(config: Config, names: Collection[str] | None = None) -> dict[str, dict[str, Any] | None]:
    """The status of every service, or of those that are named; None where nobody answers.

    Raises:
        ConfigError: the shared secret's file cannot be used.
    """
    ports = {name: port for name, port in status_ports(config).items() if names is None or name in names}
    seal, host = operator_seal(config), config.network.host
    times = SessionTimes(hello_timeout_s=config.connections.hello_timeout_s)
    answers = await asyncio.gather(*(ask_status((host, port), times, seal) for port in ports.values()))
    return dict(zip(ports, answers, strict=True))
