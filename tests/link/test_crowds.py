"""Too many connections: who says nothing makes room, what is open stays, and an honest dialer gets in."""

import asyncio
import logging
from typing import Any

import pytest
from tests.link.ends import DialingEnd, ListeningEnd, RawPeer, hello
from tests.link.worlds import World, make_runtime, now, soon, until

from steadyline.link.runtime import Runtime
from steadyline.link.security import ConnectionLimits, Security
from steadyline.wire.framing import HEADER
from steadyline.wire.line_messages import Digit
from steadyline.wire.messages import Hello, Refused, Welcome
from steadyline.wire.session import MAX_GREETING_BYTES, SessionTimes

PATIENT = SessionTimes(hello_timeout_s=20.0)
"""Silent connections stay until they are sent away."""


def llama_runtime(world: World, limits: ConnectionLimits, **changes: Any) -> Runtime:
    return make_runtime(world.network, "llama", security=Security(connections=limits), **changes)


def codes(peers: list[RawPeer]) -> list[str]:
    """What each was refused with; "" who was not."""
    return ["".join(message.code for message in peer.messages if isinstance(message, Refused)) for peer in peers]


@pytest.mark.parametrize("limits", [ConnectionLimits(half_open=8), ConnectionLimits(half_open_per_peer=8)])
def test_silent_connections_beyond_the_limit_send_the_oldest_away(
    world: World, limits: ConnectionLimits, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        llama = ListeningEnd(llama_runtime(world, limits, times=PATIENT))
        port = await llama.listen()
        whisper = DialingEnd(make_runtime(world.network, "whisper"), port)
        whisper.dialer.start()
        await until(lambda: whisper.dialer.is_open)
        silent = [await RawPeer.dial(world.network, port) for _ in range(60)]
        await until(lambda: sum(peer.is_closed for peer in silent) == 52)
        assert codes(silent) == ["too-many"] * 52 + [""] * 8
        assert whisper.dialer.is_open and whisper.losses == []
        assert whisper.dialer.send(Digit("1", 100, 0))
        await until(lambda: llama.messages == [Digit("1", 100, 0)])
        whisper.dialer.close("done")
        llama.acceptor.close()

    world.run(scenario())
    lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert 10 <= len(lines) < 15, "a flood is not logged line by line"


def test_an_honest_dialer_gets_in_while_silent_ones_keep_coming(world: World) -> None:
    async def scenario() -> None:
        llama = ListeningEnd(llama_runtime(world, ConnectionLimits(half_open_per_peer=8), times=PATIENT))
        port = await llama.listen()
        silent = [await RawPeer.dial(world.network, port) for _ in range(20)]
        is_over = asyncio.Event()

        async def flood() -> None:
            while not is_over.is_set():
                silent.append(await RawPeer.dial(world.network, port))
                await asyncio.sleep(0.001)

        flooding = asyncio.ensure_future(flood())
        for number in range(10):
            greeting = hello(uuid=f"call-{number}")
            whisper = DialingEnd(make_runtime(world.network, "whisper"), port, greeting=greeting)
            whisper.dialer.start()
            await until(lambda: whisper.dialer.is_open)  # noqa: B023
            assert whisper.dialer.status.attempts == 1
            whisper.dialer.close("done")
        is_over.set()
        await flooding
        assert len(silent) > 20
        llama.acceptor.close()

    world.run(scenario())


@pytest.mark.parametrize("limits", [ConnectionLimits(connections=3), ConnectionLimits(connections_per_peer=3)])
def test_a_connection_beyond_the_limit_is_refused_and_comes_in_when_one_has_left(
    world: World, limits: ConnectionLimits
) -> None:
    async def scenario() -> None:
        llama = ListeningEnd(llama_runtime(world, limits))
        port = await llama.listen()
        peers = []
        for number in range(3):
            peers.append(await RawPeer.dial(world.network, port))
            peers[-1].say(hello(uuid=f"call-{number}"))
        await until(lambda: len(llama.links) == 3)
        whisper = DialingEnd(make_runtime(world.network, "whisper"), port, greeting=hello(uuid="another-call"))
        whisper.dialer.start()
        await until(lambda: whisper.dialer.status.attempts == 3)
        assert "at most 3 are allowed" in whisper.dialer.status.last_error
        assert len(llama.links) == 3 and llama.closings == [] and not any(peer.is_closed for peer in peers)

        again = await RawPeer.dial(world.network, port)
        again.say(hello(uuid="call-1"))
        await until(lambda: again.messages)
        assert isinstance(again.messages[0], Welcome), "who replaces its own link makes no more of them"

        peers[0].hang_up()
        await until(lambda: whisper.dialer.is_open)
        whisper.dialer.close("done")
        llama.acceptor.close()

    world.run(scenario())


def test_a_hello_that_is_decided_on_late_counts_as_a_connection(world: World) -> None:
    async def scenario() -> None:
        is_decided = asyncio.Event()

        async def admit(greeting: Hello) -> Welcome:
            await is_decided.wait()
            return Welcome("llama", 1)

        llama = ListeningEnd(
            llama_runtime(world, ConnectionLimits(connections=2, half_open=2), times=PATIENT), admit=admit
        )
        port = await llama.listen()
        peers = []
        for number in range(4):
            peers.append(await RawPeer.dial(world.network, port))
            peers[-1].say(hello(uuid=f"call-{number}"))
            await soon()
        silent = [await RawPeer.dial(world.network, port) for _ in range(5)]
        await until(lambda: sum(peer.is_closed for peer in silent) == 3)
        is_decided.set()
        await until(lambda: len(llama.links) == 2)
        assert codes(peers) == ["", "", "too-many", "too-many"]
        llama.acceptor.close()

    world.run(scenario())


def test_a_hello_that_is_too_long_is_refused_before_it_has_come(world: World) -> None:
    async def scenario() -> None:
        llama = ListeningEnd(llama_runtime(world, ConnectionLimits(), times=PATIENT))
        port = await llama.listen()
        began_at = now()
        longest = await RawPeer.dial(world.network, port)
        longest.say(hello(uuid="u" * (MAX_GREETING_BYTES - len(hello(uuid="").to_body()))))
        await until(lambda: longest.messages)
        assert isinstance(longest.messages[0], Welcome)
        stranger = await RawPeer.dial(world.network, port)
        stranger.write(HEADER.pack(MAX_GREETING_BYTES + 1, Hello.TYPE, 0, 0, 1))
        await until(lambda: stranger.is_closed)
        assert codes([stranger]) == ["frame-too-long"]
        assert now() - began_at < PATIENT.hello_timeout_s
        longest.hang_up()
        llama.acceptor.close()

    world.run(scenario())
