"""The shared secret on both networks: who does not have it, or repeats what somebody said, gets nowhere and moves nobody."""

import logging
import time
from dataclasses import replace
from typing import Any

import pytest
from tests.link.ends import CALL_ID, UUID, DialingEnd, ListeningEnd, RawPeer, hello
from tests.link.timed import RecordingNetwork
from tests.link.worlds import HOST, World, make_runtime, soon, until

from steadyline.clock import LoopClock
from steadyline.connections import REGISTER_WHISPER
from steadyline.link.acceptor import Refusal
from steadyline.link.beacon import Beacon, listen_for_registrations
from steadyline.link.runtime import Runtime
from steadyline.link.security import Security
from steadyline.wire.authentication import Authenticator
from steadyline.wire.line_messages import Digit
from steadyline.wire.messages import Hello, Refused, Welcome
from steadyline.wire.registration import Registration, encode_registration

SECRET, OTHER_SECRET = b"what all of them share", b"what nobody here has"
WITHOUT_PROOF = {"no secret": b"", "another secret": OTHER_SECRET}
CODES = {"no secret": "unauthenticated", "another secret": "bad-mac"}


def runtime(world: World, role: str, secret: bytes = SECRET, **changes: Any) -> Runtime:
    return make_runtime(world.network, role, security=Security(Authenticator(secret)), **changes)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def refused(peer: RawPeer) -> str:
    """The code that a peer was refused with."""
    (message,) = peer.messages
    assert isinstance(message, Refused) and message.text
    return message.code


class Credulous(Authenticator):
    """Takes everybody, and signs its answers with what it has."""

    def check_hello(self, hello: Hello, port: int, at_ms: int, now: float) -> None:
        return


async def say(world: World, port: int, greeting: Hello) -> RawPeer:
    """A peer that has said HELLO, and has its answer."""
    peer = await RawPeer.dial(world.network, port)
    peer.say(greeting)
    await until(lambda: peer.messages)
    return peer


def test_two_that_share_the_secret_are_connected(world: World) -> None:
    async def scenario() -> None:
        llama = ListeningEnd(runtime(world, "llama"))
        whisper = DialingEnd(runtime(world, "whisper"), await llama.listen())
        whisper.dialer.start()
        await until(lambda: whisper.dialer.is_open)
        assert whisper.dialer.status.attempts == 1
        assert whisper.dialer.send(Digit("1", 100, 0))
        await until(lambda: llama.messages == [Digit("1", 100, 0)])
        llama.links[0].drop("a fault of the line")
        await until(lambda: len(whisper.welcomes) == 2)
        assert whisper.dialer.status.attempts == 1, "each HELLO has a nonce of its own"
        whisper.dialer.close("done")
        llama.acceptor.close()

    world.run(scenario())


@pytest.mark.parametrize("who", WITHOUT_PROOF)
def test_a_dialer_without_proof_is_refused_and_tries_on(
    world: World, who: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Its service may be restarted with the right secret; or this one."""

    async def scenario() -> None:
        llama = ListeningEnd(runtime(world, "llama"))
        stranger = DialingEnd(runtime(world, "whisper", WITHOUT_PROOF[who]), await llama.listen())
        stranger.dialer.start()
        await until(lambda: stranger.dialer.status.attempts == 3)
        assert stranger.welcomes == [] and stranger.endings == []
        assert llama.hellos == [] and llama.closings == []
        assert "network.secret_file" in stranger.dialer.status.last_error
        stranger.dialer.close("done")
        llama.acceptor.close()

    world.run(scenario())
    lines = [line for line in warnings(caplog) if line.startswith("dropped")]
    assert len(lines) >= 2 and all("network.secret_file" in line for line in lines)


@pytest.mark.parametrize("who", WITHOUT_PROOF)
@pytest.mark.parametrize("answer", ["WELCOME", "REFUSED for good"])
def test_a_stranger_who_listens_is_not_believed_and_ends_nothing(world: World, who: str, answer: str) -> None:
    """Somebody has taken the port of a service that is being restarted; the service gets it back."""

    async def scenario() -> None:
        port = world.free_port()
        decision = Welcome("llama", 1) if answer == "WELCOME" else Refusal("unknown-call", "there is no such call")
        security = Security(Credulous(WITHOUT_PROOF[who]))
        impostor = ListeningEnd(make_runtime(world.network, "llama", security=security), admit=lambda hello: decision)
        await impostor.listen(port)
        whisper = DialingEnd(runtime(world, "whisper"), port)
        whisper.dialer.start()
        await until(lambda: whisper.dialer.status.attempts == 3)
        assert whisper.welcomes == [] and whisper.endings == [] and not whisper.dialer.is_open
        impostor.acceptor.close()
        llama = ListeningEnd(runtime(world, "llama"))
        await llama.listen(port)
        await until(lambda: whisper.dialer.is_open)
        whisper.dialer.close("done")
        llama.acceptor.close()

    world.run(scenario())


def test_a_refusal_that_is_proven_is_final(world: World) -> None:
    async def scenario() -> None:
        refusal = Refusal("unknown-call", "there is no such call")
        llama = ListeningEnd(runtime(world, "llama"), admit=lambda hello: refusal)
        whisper = DialingEnd(runtime(world, "whisper"), await llama.listen())
        whisper.dialer.start()
        await until(lambda: whisper.endings)
        assert whisper.endings[0].code == "unknown-call" and whisper.dialer.status.attempts == 1
        llama.acceptor.close()

    world.run(scenario())


def test_a_link_is_taken_over_by_who_has_the_secret_and_by_nobody_else(world: World) -> None:
    """The same role and call: unauthenticated, with another secret, replayed, altered; then a true successor."""

    async def scenario() -> None:
        llama, seal = ListeningEnd(runtime(world, "llama")), runtime(world, "whisper").seal
        port = await llama.listen()
        first = seal.hello(hello(epoch=5), port)
        owner = await say(world, port, first)
        forged = runtime(world, "whisper", OTHER_SECRET).seal.hello(hello(epoch=9), port)
        later = replace(seal.hello(hello(epoch=6), port), epoch=9)
        for greeting, code in (
            (hello(epoch=9), "unauthenticated"),
            (forged, "bad-mac"),
            (first, "replay"),
            (later, "bad-mac"),
        ):
            assert refused(await say(world, port, greeting)) == code
        owner.say(Digit("1", 100, 0))
        await until(lambda: llama.messages == [Digit("1", 100, 0)])
        assert not owner.is_closed and llama.closings == [] and len(llama.links) == 1

        successor = await say(world, port, seal.hello(hello(epoch=9), port))
        assert isinstance(successor.messages[0], Welcome)
        await until(lambda: owner.is_closed)
        assert len(llama.links) == 2 and llama.closings == []
        successor.hang_up()
        llama.acceptor.close()

    world.run(scenario())


def test_a_hello_that_was_recorded_opens_no_other_port_and_no_later_process(world: World) -> None:
    async def scenario() -> None:
        tts, standby = ListeningEnd(runtime(world, "tts")), ListeningEnd(runtime(world, "standby"))
        port, other_port = await tts.listen(), await standby.listen()
        recorded = runtime(world, "llama").seal.hello(hello(), port)
        owner = await say(world, port, recorded)
        assert isinstance(owner.messages[0], Welcome)
        assert refused(await say(world, other_port, recorded)) == "bad-mac"
        owner.hang_up()
        tts.acceptor.close()

        # The successor has not seen it.
        restarted = Security(Authenticator(SECRET, started_at_ms=recorded.time_ms + 1))
        successor = ListeningEnd(make_runtime(world.network, "tts", security=restarted))
        await successor.listen(port)
        assert refused(await say(world, port, recorded)) == "stale"
        successor.acceptor.close()
        standby.acceptor.close()

    world.run(scenario())


class WrongClock(LoopClock):
    """A host's whose wall clock is two minutes slow."""

    def wall(self) -> float:
        return time.time() - 120


def test_a_clock_that_is_wrong_is_told(world: World) -> None:
    async def scenario() -> None:
        llama = ListeningEnd(runtime(world, "llama"))
        there = runtime(world, "whisper")
        there.clock = WrongClock()
        peer = await say(world, await llama.listen(), there.seal.hello(hello(), llama.acceptor.port))
        assert refused(peer) == "stale"
        assert isinstance(peer.messages[0], Refused) and "120.0 s old" in peer.messages[0].text
        llama.acceptor.close()

    world.run(scenario())


@pytest.mark.parametrize("who", WITHOUT_PROOF)
def test_a_datagram_without_proof_is_dropped_with_a_line(
    world: World, who: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        heard: list[Registration] = []
        udp = await listen_for_registrations(
            runtime(world, "whisper"), (HOST, 0), lambda one, sender: heard.append(one)
        )
        sender = await world.network.open_datagram((HOST, 0), lambda data, address: None)
        seal = runtime(world, "inbound", WITHOUT_PROOF[who]).seal
        for verb in ("REGISTER", "BYE"):
            sealed = seal.registration(Registration(verb, CALL_ID, UUID), udp.port)  # type: ignore[arg-type]
            sender.send(encode_registration(sealed), (HOST, udp.port))
        await soon()
        assert heard == []
        udp.close()
        sender.close()

    world.run(scenario())
    assert len(warnings(caplog)) == 2 and all("network.secret_file" in line for line in warnings(caplog))


def test_a_beacons_datagrams_are_good_once_each(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """REGISTERs and the BYE of a call, each heard once; all of them played again by somebody who overheard them."""

    async def scenario() -> None:
        heard: list[Registration] = []
        udp = await listen_for_registrations(
            runtime(world, "whisper"), (HOST, 0), lambda one, sender: heard.append(one)
        )
        network = RecordingNetwork(world.network)
        own = await network.open_datagram((HOST, 0), lambda data, sender: None)
        beacon = Beacon(runtime(world, "inbound"), REGISTER_WHISPER, own, (HOST, udp.port), (CALL_ID, UUID))
        beacon.start()
        await until(lambda: len(heard) == 4)
        beacon.end()
        await until(lambda: len(heard) == 5)
        assert [one.verb for one in heard] == ["REGISTER"] * 4 + ["BYE"]
        assert {(one.call_id, one.call_uuid) for one in heard} == {(CALL_ID, UUID)}
        assert len({one.nonce for one in heard}) == 5
        caplog.clear()
        for _, data in list(network.datagrams):
            own.send(data, (HOST, udp.port))
        await soon()
        assert len(heard) == 5
        udp.close()
        own.close()

    world.run(scenario())
    assert len(warnings(caplog)) == 5 and all("seen before" in line for line in warnings(caplog))


def test_a_datagram_for_one_listener_is_none_for_another(world: World) -> None:
    async def scenario() -> None:
        heard: list[Registration] = []
        udp = await listen_for_registrations(
            runtime(world, "standby"), (HOST, 0), lambda one, sender: heard.append(one)
        )
        sender = await world.network.open_datagram((HOST, 0), lambda data, address: None)
        seal = runtime(world, "outbound").seal
        for port in (udp.port + 1, udp.port):
            sealed = seal.registration(Registration("REGISTER", CALL_ID, UUID), port)
            sender.send(encode_registration(sealed), (HOST, udp.port))
            await soon()
        assert len(heard) == 1
        udp.close()
        sender.close()

    world.run(scenario())
