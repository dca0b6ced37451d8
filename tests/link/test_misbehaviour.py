"""A peer that breaks the protocol: a reason on the wire, one log line, closed, and nobody else notices."""

import asyncio
import itertools
import logging

import pytest
from tests.link.ends import DialingEnd, ListeningEnd, RawPeer, hello
from tests.link.worlds import HOST, MemoryWorld, World, make_runtime, now, soon, until

from steadyline.clock import LoopClock
from steadyline.link.beacon import listen_for_registrations
from steadyline.link.link import Link, LinkEvents
from steadyline.link.memory import MemoryNetwork
from steadyline.link.security import Seal, Security
from steadyline.wire.codec import encode_message
from steadyline.wire.line_messages import Digit
from steadyline.wire.messages import Ping, Refused, Welcome
from steadyline.wire.registration import Registration, encode_registration
from steadyline.wire.session import Closed, SessionState, SessionTimes

HEADER_OF_A_GIGABYTE = bytes.fromhex("40000000 20 00 0000 0000000000000001")
UNKNOWN_TYPE = bytes.fromhex("00000000 7f 00 0000 0000000000000001")
FEW_BYTES = 1 << 16
GARBAGE = bytes(range(7, 250))


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("frame-too-long", GARBAGE),
        ("frame-too-long", HEADER_OF_A_GIGABYTE),
        ("unknown-type", UNKNOWN_TYPE),
        ("unexpected-frame", encode_message(Ping(1), 1)),
        ("bad-seq", encode_message(hello(), 2)),
        ("bad-body", encode_message(hello(), 1).replace(b'"epoch":1', b'"epoch":x')),
        ("version", encode_message(hello(version=99), 1)),
    ],
)
def test_a_stranger_gets_a_reason_and_the_others_go_on(
    world: World, code: str, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        llama = ListeningEnd(make_runtime(world.network, "llama"))
        port = await llama.listen()
        whisper = DialingEnd(make_runtime(world.network, "whisper"), port)
        whisper.dialer.start()
        await until(lambda: whisper.dialer.is_open)
        stranger = await RawPeer.dial(world.network, port)
        stranger.write(data)
        await until(lambda: stranger.is_closed)
        (refused,) = stranger.messages
        assert isinstance(refused, Refused) and refused.code == code and refused.text
        assert whisper.dialer.send(Digit("1", 100, 0))
        await until(lambda: llama.messages == [Digit("1", 100, 0)])
        assert whisper.losses == [] and llama.closings == [] and len(llama.links) == 1
        whisper.dialer.close("done")
        llama.acceptor.close()

    world.run(scenario())
    assert len(warnings(caplog)) == 1, warnings(caplog)


def test_an_admitted_peer_that_turns_to_garbage_is_lost_and_its_service_told_why(world: World) -> None:
    async def scenario() -> None:
        llama = ListeningEnd(make_runtime(world.network, "llama"))
        port = await llama.listen()
        bad, good = await RawPeer.dial(world.network, port), await RawPeer.dial(world.network, port)
        bad.say(hello())
        good.say(hello(uuid="another-call"))
        await until(lambda: bad.messages and good.messages)
        bad.write(GARBAGE)
        await until(lambda: bad.is_closed)
        refused = bad.messages[-1]
        assert isinstance(refused, Refused) and refused.code == "frame-too-long"
        ((link, closed),) = llama.closings
        assert (link, closed.state, closed.code) == (llama.links[0], SessionState.LOST, "frame-too-long")
        assert closed.reason == refused.text
        assert not good.is_closed and llama.links[1].is_open
        good.hang_up()
        llama.acceptor.close()

    world.run(scenario())


def test_a_frame_cut_in_the_middle_waits_and_then_counts_as_lost(world: World) -> None:
    async def scenario() -> None:
        llama = ListeningEnd(make_runtime(world.network, "llama"))
        peer = await RawPeer.dial(world.network, await llama.listen())
        peer.say(hello())
        await until(lambda: llama.links)
        peer.write(encode_message(Digit("1", 100, 0), 2)[:-5])
        await soon()
        assert llama.messages == [] and llama.closings == []
        peer.hang_up()
        await until(lambda: llama.closings)
        assert (llama.closings[0][1].state, llama.closings[0][1].code) == (SessionState.LOST, "eof")
        assert llama.messages == []
        llama.acceptor.close()

    world.run(scenario())


def test_hello_may_come_in_pieces_and_with_nothing_after_it(world: World) -> None:
    async def scenario() -> None:
        llama = ListeningEnd(make_runtime(world.network, "llama"))
        port = await llama.listen()
        slow, hasty = await RawPeer.dial(world.network, port), await RawPeer.dial(world.network, port)
        for byte in encode_message(hello(), 1):
            slow.write(bytes([byte]))
        await until(lambda: slow.messages)
        hasty.write(encode_message(hello(uuid="another-call"), 1) + encode_message(Digit("1", 100, 0), 2))
        await until(lambda: hasty.is_closed)
        (refused,) = hasty.messages
        assert isinstance(refused, Refused) and refused.code == "unexpected-frame"
        assert len(llama.links) == 1 and llama.messages == []
        slow.hang_up()
        llama.acceptor.close()

    world.run(scenario())


def test_a_silent_client_is_dropped_at_the_deadline_with_a_reason(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        llama = ListeningEnd(make_runtime(world.network, "llama", times=SessionTimes(hello_timeout_s=0.5)))
        started_at = now()
        silent = await RawPeer.dial(world.network, await llama.listen())
        await until(lambda: silent.is_closed)
        assert silent.closed_at - started_at >= 0.5
        (refused,) = silent.messages
        assert isinstance(refused, Refused) and refused.code == "hello-timeout"
        assert llama.links == [] and llama.closings == []
        llama.acceptor.close()

    world.run(scenario())
    assert len(warnings(caplog)) == 1


def test_a_client_that_hangs_up_without_a_word_leaves_nothing(world: World) -> None:
    async def scenario() -> None:
        llama = ListeningEnd(make_runtime(world.network, "llama"))
        port = await llama.listen()
        for _ in range(20):
            peer = await RawPeer.dial(world.network, port)
            peer.hang_up()
        await soon()
        assert llama.links == [] and llama.closings == []
        assert "links=0" in repr(llama.acceptor)
        llama.acceptor.close()

    world.run(scenario())


def test_garbled_datagrams_cost_one_line_each_and_nothing_else(world: World, caplog: pytest.LogCaptureFixture) -> None:
    garbled = [b"", b"REGISTER", b"REGISTER 66", b"REGISTER x y", b"\xff" * 2000, b"REGISTER 70000 uuid", b"GET / HTTP"]
    good = [Registration("REGISTER", 66, "uuid-66"), Registration("BYE", 66, "uuid-66")]

    async def scenario() -> None:
        heard: list[Registration] = []
        runtime = make_runtime(world.network, "whisper")
        udp = await listen_for_registrations(
            runtime, (HOST, 0), lambda registration, sender: heard.append(registration)
        )
        sender = await world.network.open_datagram((HOST, 0), lambda data, address: None)
        for data in garbled:
            sender.send(data, (HOST, udp.port))
        await soon()
        for registration in [good[0], good[0], good[1], good[1]]:
            sender.send(encode_registration(registration), (HOST, udp.port))
            await soon()
        await until(lambda: len(heard) == 4)
        assert heard == [good[0], good[0], good[1], good[1]]
        udp.close()
        sender.close()

    world.run(scenario())
    # asyncio's UDP transport does not send empty datagrams; the memory network does.
    assert len([line for line in warnings(caplog) if "REGISTER <call_id> <call_uuid>" in line]) >= len(garbled) - 1


def test_datagrams_to_nobody_are_no_error(world: World) -> None:
    async def scenario() -> None:
        answers: list[bytes] = []
        sender = await world.network.open_datagram((HOST, 0), lambda data, address: answers.append(data))
        for _ in range(3):
            sender.send(b"REGISTER 66 uuid-66\n", (HOST, world.free_port()))
            await soon()
        assert answers == []
        sender.close()

    world.run(scenario())


class StuckTransport:
    """Takes everything and delivers nothing, like the socket of a peer that has stopped reading."""

    def __init__(self) -> None:
        self.unsent = 0
        self.is_aborted = False

    def write(self, data: bytes) -> None:
        self.unsent += len(data)

    def close(self) -> None:
        raise AssertionError("closing would wait for what is unsent")

    def abort(self) -> None:
        self.is_aborted = True

    def unsent_bytes(self) -> int:
        return self.unsent


@pytest.mark.parametrize("who_talks", ["we", "the peer, whose pings are answered"])
def test_a_peer_that_takes_nothing_is_lost_before_memory_is(who_talks: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steadyline.link.link.MAX_UNSENT_BYTES", FEW_BYTES)

    async def scenario() -> None:
        closings: list[Closed] = []
        events = LinkEvents(
            on_message=lambda link, message: None,
            on_closed=lambda link, closed: closings.append(closed),
            on_hello=lambda link, greeting: link.accept(Welcome("llama", 1)),
        )
        seal = Seal(LoopClock(), Security())
        link, transport = Link(LoopClock(), SessionTimes(), events, seal, 1), StuckTransport()
        link.connected(transport, (HOST, 1))
        link.data_received(encode_message(hello(), 1))
        pings = itertools.count(2)
        while not closings:
            if who_talks == "we":
                link.send(Digit("5" * 10_000, 0, 0))
            else:
                link.data_received(b"".join(encode_message(Ping(1), next(pings)) for _ in range(500)))
            assert transport.unsent < 2 * FEW_BYTES
        assert transport.is_aborted and closings[0].state is SessionState.LOST

    MemoryWorld().run(scenario())


def test_a_connection_that_was_accepted_while_the_port_was_being_closed_opens_nothing() -> None:
    """asyncio makes its protocol a turn of the loop after accept(2): the call may have ended in between."""
    network = MemoryNetwork()

    async def scenario() -> None:
        listener, peer = ListeningEnd(make_runtime(network, "llama")), RawPeer()
        port = await listener.listen()
        accept = network.listeners[port]
        listener.acceptor.close()
        network.listeners[port] = accept
        await network.connect((HOST, port), peer)
        peer.say(hello())
        await asyncio.sleep(0.1)
        assert peer.is_closed
        assert listener.links == []

    MemoryWorld(network).run(scenario())


def test_a_stranger_who_refuses_us_chooses_neither_the_kind_nor_the_lines_of_the_log(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        llama = ListeningEnd(make_runtime(world.network, "llama"))
        port = await llama.listen()
        for number in range(30):
            stranger = await RawPeer.dial(world.network, port)
            stranger.say(Refused(f"code-{number}", "no\nERROR forged \x1b[2J" + "x" * 1000))
            await until(lambda peer=stranger: peer.is_closed)
        llama.acceptor.close()

    world.run(scenario())
    lines = warnings(caplog)
    assert len(lines) == 10, "a flood is of one kind"
    assert all(line.isprintable() and len(line) < 300 for line in lines)


def test_a_port_that_nobody_wants_any_more_when_it_is_had_is_closed_again() -> None:
    """A call ends while its port is being opened."""
    world = MemoryWorld()

    class Slow:
        """A network that takes its time."""

        def __getattr__(self, name: str) -> object:
            return getattr(world.network, name)

        async def listen(self, *arguments: object) -> object:
            await asyncio.sleep(1)
            return await world.network.listen(*arguments)  # type: ignore[arg-type]

    async def scenario() -> None:
        llama, port = ListeningEnd(make_runtime(Slow(), "llama")), world.free_port()  # type: ignore[arg-type]
        listening = asyncio.ensure_future(llama.acceptor.listen((HOST, port)))
        await asyncio.sleep(0.5)
        llama.acceptor.close()
        await listening
        (await world.network.listen((HOST, port), lambda *_: None)).close()  # type: ignore[arg-type,return-value]

    world.run(scenario())
