"""The user agent in this process: dialling, cursors, errors; the far end is an echo agent in another."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Callable

import numpy as np
import pytest
from tests.sip.agent_process import AgentProcess, free_block
from tests.sip.raw_caller import RawCaller

from steadyline.errors import PortTakenError
from steadyline.sip import SipCall, SipSettings, SipUserAgent

StartAgent = Callable[..., AgentProcess]


def settings(**fields: object) -> SipSettings:
    base = free_block()
    return SipSettings(port=base, rtp_ports=(base + 20, base + 99), **fields)  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def running(**fields: object) -> AsyncIterator[SipUserAgent]:
    agent = await SipUserAgent.start(settings(**fields))
    try:
        yield agent
    finally:
        await agent.close()


async def until(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - the stack has no event for it
            await asyncio.sleep(0.01)


async def dialled(agent: SipUserAgent, uri: str) -> SipCall:
    call = await agent.dial(uri)
    await call.wait_established(10.0)
    await until(lambda: call.ready and call.codec is not None)
    return call


@pytest.mark.parametrize("codec", ["PCMU", "opus"])
def test_what_was_written_is_played_flushed_or_waiting(echo_agent: AgentProcess, codec: str) -> None:
    async def scenario() -> None:
        async with running(codecs=(codec,)) as agent:
            call = await dialled(agent, echo_agent.uri)
            assert call.codec == codec
            loud = np.full(call.line_rate_hz // 10, 8000, np.int16)
            heard = []
            for tick in range(100):
                if tick % 10 == 0 and tick < 50:
                    assert call.write(loud) == loud.size
                if tick == 45:
                    call.flush()
                played, buffered, flushed = call._audio.cursor()
                assert played + buffered + flushed == call.written_samples
                heard.append(call.read())
                await asyncio.sleep(0.01)
            assert (call.buffered_samples, call.written_samples) == (0, 5 * loud.size)
            assert call.played_samples + call.flushed_samples == call.written_samples
            assert 0 < call.flushed_samples < loud.size
            assert np.concatenate(heard).dtype == np.int16
            await call.hangup()
            assert await call.closed == "hung up"
            assert call.played_samples > 4 * loud.size

    asyncio.run(scenario())


def test_what_is_taken_after_a_flush_is_heard(echo_agent: AgentProcess) -> None:
    async def scenario() -> None:
        async with running(codecs=("PCMU",)) as agent:
            call = await dialled(agent, echo_agent.uri)
            call.write(np.full(8000, 2000, np.int16))
            await asyncio.sleep(0.1)
            call.flush()
            await until(lambda: call.write(np.full(1600, 16000, np.int16)) == 1600)
            heard = []
            for _ in range(80):
                heard.append(call.read())
                await asyncio.sleep(0.01)
            samples = np.concatenate(heard)
            # The stack may lose a frame on a busy machine.
            assert (samples > 12000).sum() >= 1200
            assert (samples > 1000).sum() < 1600 + 3200

    asyncio.run(scenario())


def test_nothing_is_left_of_a_call_that_is_over(echo_agent: AgentProcess) -> None:
    async def scenario() -> None:
        async with running() as agent:
            before = len(agent._runtime._listeners)
            uri = echo_agent.uri
            for _ in range(3):
                call = await dialled(agent, uri)
                assert agent.calls == {call}
                await call.hangup()
                await call.closed
                await call.hangup()
                await asyncio.sleep(0)
                assert not agent.calls
                assert (call.write(np.zeros(80, np.int16)), call.read().size, call.ready) == (0, 0, False)
            assert len(agent._runtime._listeners) == before
            assert not agent._codecs._codecs

    asyncio.run(scenario())


def test_closing_the_agent_hangs_up(echo_agent: AgentProcess) -> None:
    async def scenario() -> None:
        async with running() as agent:
            await dialled(agent, echo_agent.uri)

    asyncio.run(scenario())
    echo_agent.expect("closed", reason="caller hung up")


def test_a_busy_or_absent_far_end_is_named(start_agent: StartAgent) -> None:
    far = start_agent("ring", max_calls=1)

    async def scenario() -> None:
        async with running() as agent:
            ringing = await agent.dial(far.uri)
            await asyncio.to_thread(far.expect, "incoming")
            busy = await agent.dial(far.uri)
            with pytest.raises(ConnectionError, match="486"):
                await busy.wait_established(5.0)
            assert (await busy.closed).startswith("486")
            with pytest.raises(ConnectionError, match="not established within"):
                await ringing.wait_established(0.2)
            assert await ringing.closed
            absent = await agent.dial("sip:x@127.0.0.1:9;transport=tcp")
            with pytest.raises(ConnectionError, match="refused"):
                await absent.wait_established(5.0)

    asyncio.run(scenario())


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_a_taken_port_is_named(kind: socket.SocketKind) -> None:
    wanted = settings()
    with socket.socket(type=kind) as holder:
        holder.bind(("127.0.0.1", wanted.port))
        if kind == socket.SOCK_STREAM:
            holder.listen()
        with pytest.raises(PortTakenError, match=f"SIP port {wanted.port} on 127.0.0.1"):
            asyncio.run(SipUserAgent.start(wanted))


def test_port_0_takes_a_free_one() -> None:
    async def scenario() -> str:
        agent = await SipUserAgent.start(SipSettings(port=0))
        await agent.close()
        return agent.uri

    assert int(asyncio.run(scenario()).rpartition(":")[2]) > 1024


def test_what_arrives_in_bursts_or_swapped_is_read_whole(raw_caller: Callable[[int], RawCaller]) -> None:
    """Each packet has a level of its own; they come by fives every 100 ms, and two of them in the wrong order."""
    levels = [0x80 + 8 * (n % 12) for n in range(60)]
    order = [*range(30), 31, 30, *range(32, 60)]

    def speak(caller: RawCaller) -> None:
        caller.establish()
        time.sleep(0.2)
        for position, sequence in enumerate(order):
            if position % 5 == 0:
                time.sleep(0.1)
            caller.send_rtp(sequence, bytes([levels[sequence]]) * 160)
        time.sleep(0.3)
        caller.hang_up()

    async def scenario() -> None:
        calls: list[SipCall] = []
        heard = []
        wanted = settings()
        agent = await SipUserAgent.start(wanted, calls.append)
        speaking = asyncio.create_task(asyncio.to_thread(speak, raw_caller(wanted.port)))
        await until(lambda: bool(calls))
        await calls[0].answer()
        while not calls[0].closed.done():
            heard.append(calls[0].read())
            await asyncio.sleep(0.02)
        await speaking
        await agent.close()
        samples = np.concatenate(heard)
        frames = samples[samples != 0].reshape(-1, 160)
        assert (frames.std(axis=1) == 0).all()
        assert [int(frame[0]) for frame in frames] == [ulaw_level(levels[sequence]) for sequence in order]

    asyncio.run(scenario())


def ulaw_level(code: int) -> int:
    """The sample of a µ-law code (ITU-T G.711, table 2)."""
    inverted = ~code & 0xFF
    magnitude = (((inverted & 0x0F) << 3) + 0x84 << ((inverted & 0x70) >> 4)) - 0x84
    return -magnitude if inverted & 0x80 else magnitude
