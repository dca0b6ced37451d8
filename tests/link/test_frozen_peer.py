"""A peer that is frozen (SIGSTOP, a vanished host): its kernel accepts and keeps quiet. Deadlines in virtual time are exact."""

import asyncio

import pytest
from tests.link.ends import DialingEnd, ListeningEnd, RawPeer, hello
from tests.link.worlds import HOST, MemoryWorld, World, make_runtime, now, until

from steadyline.connections import WHISPER_LLAMA
from steadyline.link.memory import MemoryNetwork
from steadyline.link.network import Address, Receiver
from steadyline.wire.messages import Refused, Welcome


def memory() -> MemoryWorld:
    return MemoryWorld(MemoryNetwork(latency_s=0.0))


def test_a_listener_that_never_answers_costs_one_hello_deadline_an_attempt() -> None:
    world, peers, accepted_at = memory(), list[RawPeer](), list[float]()

    def accept() -> RawPeer:
        accepted_at.append(now())
        peers.append(RawPeer())
        return peers[-1]

    async def scenario() -> None:
        await world.network.listen((HOST, 8083), accept)
        whisper = DialingEnd(make_runtime(world.network, "whisper"), 8083)
        whisper.dialer.start()
        await asyncio.sleep(5.9)
        whisper.dialer.abandon()
        assert whisper.welcomes == [] and whisper.losses == []
        assert whisper.dialer.status.last_error == "HELLO was not answered within 1 s"

    world.run(scenario())
    assert accepted_at == pytest.approx([0.0, 1.2, 2.4, 3.6, 4.8])
    refusals = [peer.messages[-1] for peer in peers[:4]]
    assert all(isinstance(message, Refused) and message.code == "hello-timeout" for message in refusals)
    assert all(peer.is_closed for peer in peers[:4])


class TarpitNetwork(MemoryNetwork):
    """A host that drops SYNs: connecting takes for ever."""

    async def connect(self, address: Address, receiver: Receiver) -> None:
        await asyncio.sleep(3600)


def test_a_host_that_does_not_even_accept_costs_the_same() -> None:
    async def scenario() -> None:
        whisper = DialingEnd(make_runtime(TarpitNetwork(), "whisper"), 8083)
        whisper.dialer.start()
        await asyncio.sleep(3.5)
        assert whisper.dialer.status.attempts == 3
        assert "not accepted in time" in whisper.dialer.status.last_error
        whisper.dialer.abandon()

    memory().run(scenario())


def test_an_open_link_is_lost_when_its_peer_was_silent_for_1_25_s_from_either_side() -> None:
    world = memory()

    async def scenario() -> None:
        frozen_whisper = RawPeer()
        llama = ListeningEnd(make_runtime(world.network, "llama"))
        await llama.listen(8083)
        await world.network.connect((HOST, 8083), frozen_whisper)
        frozen_whisper.say(hello())
        await asyncio.sleep(1.2)
        assert llama.links[0].is_open
        await asyncio.sleep(0.049)
        assert llama.links[0].is_open
        await asyncio.sleep(0.002)
        ((_, closed),) = llama.closings
        assert (closed.code, closed.reason) == ("silent", "no frame for 1.25 s")

        frozen_llama = RawPeer()
        await world.network.listen((HOST, 8093), lambda: frozen_llama)
        whisper = DialingEnd(make_runtime(world.network, "whisper"), 8093)
        whisper.dialer.start()
        await until(lambda: frozen_llama.messages)
        frozen_llama.say(Welcome("llama", 1))
        await until(lambda: whisper.losses)
        assert whisper.lost_at[0] - whisper.opened_at[0] == pytest.approx(1.25)
        assert whisper.losses == ["no frame for 1.25 s"]
        whisper.dialer.abandon()

    world.run(scenario())


def test_heartbeats_alone_keep_a_quiet_link(world: World) -> None:
    async def scenario() -> None:
        llama = ListeningEnd(make_runtime(world.network, "llama"))
        port = await llama.listen()
        whisper = DialingEnd(make_runtime(world.network, "whisper"), port)
        whisper.dialer.start()
        await until(lambda: whisper.dialer.is_open)
        await asyncio.sleep(3.0)
        assert whisper.losses == [] and llama.closings == []
        whisper.dialer.close("done")
        llama.acceptor.close()

    world.run(scenario())


def test_a_frozen_peer_on_real_sockets_is_found_out_too(world: World) -> None:
    async def scenario() -> None:
        frozen = RawPeer()
        listening = await world.network.listen((HOST, world.free_port()), lambda: frozen)
        whisper = DialingEnd(make_runtime(world.network, "whisper"), listening.port)
        whisper.dialer.start()
        await until(lambda: frozen.messages)
        frozen.say(Welcome("llama", 1))
        await until(lambda: whisper.losses)
        assert whisper.lost_at[0] - whisper.opened_at[0] >= 1.24
        whisper.dialer.abandon()
        listening.close()

    world.run(scenario())


def test_a_peer_that_accepts_and_hangs_up_at_once_is_not_dialed_in_a_spin() -> None:
    world, peers = memory(), list[RawPeer]()

    def accept() -> RawPeer:
        peers.append(RawPeer())
        asyncio.get_running_loop().call_later(0.05, greet_and_hang_up, peers[-1])
        return peers[-1]

    def greet_and_hang_up(peer: RawPeer) -> None:
        peer.say(Welcome("llama", 1))
        peer.hang_up()

    async def scenario() -> None:
        await world.network.listen((HOST, 8083), accept)
        whisper = DialingEnd(make_runtime(world.network, "whisper"), 8083, WHISPER_LLAMA)
        whisper.dialer.start()
        await asyncio.sleep(2.45)
        assert len(whisper.losses) == len(peers) == 10
        whisper.dialer.abandon()

    world.run(scenario())
