"""What holds on every network: the two must not be told apart by what a service is told."""

import asyncio

import pytest
from tests.link.ends import UUID, DialingEnd, ListeningEnd, RawPeer, hello
from tests.link.worlds import HOST, World, make_runtime, soon, until

from steadyline.errors import PortTakenError
from steadyline.link.acceptor import Refusal
from steadyline.link.beacon import listen_for_registrations
from steadyline.wire.line_messages import Digit
from steadyline.wire.messages import Bye, Cancel, Hello, Ping, Pong, Refused, Welcome
from steadyline.wire.session import SessionState, SessionTimes


def test_hello_and_welcome_carry_who_and_how_far(world: World) -> None:
    async def scenario() -> None:
        llama = ListeningEnd(make_runtime(world.network, "llama", epoch=5))
        llama.committed = {"sample": 16_000}
        port = await llama.listen()
        whisper = DialingEnd(make_runtime(world.network, "whisper"), port, greeting=hello(7, resume={"sample": 8_000}))
        whisper.dialer.start()
        await until(lambda: whisper.welcomes and llama.hellos)
        assert whisper.welcomes == [Welcome("llama", 5, {"sample": 16_000})]
        assert llama.hellos == [hello(7, resume={"sample": 8_000})]
        assert whisper.dialer.is_open and llama.links[0].is_open
        assert (whisper.dialer.status.state, whisper.dialer.status.attempts) == ("open", 1)
        whisper.dialer.close("done")
        llama.acceptor.close()

    world.run(scenario())


def test_messages_arrive_once_and_in_order_both_ways(world: World) -> None:
    async def scenario() -> None:
        llama = ListeningEnd(
            make_runtime(world.network, "llama"), on_open=lambda link: [link.send(Cancel(n)) for n in range(300)]
        )
        whisper = DialingEnd(make_runtime(world.network, "whisper"), await llama.listen())
        whisper.dialer.start()
        await until(lambda: whisper.dialer.is_open)
        sent = [Digit("5" * (n % 50), n, n) for n in range(300)]
        assert all(whisper.dialer.send(message) for message in sent)
        await until(lambda: len(llama.messages) == 300 and len(whisper.messages) == 300)
        assert llama.messages == sent
        assert whisper.messages == [Cancel(n) for n in range(300)]
        whisper.dialer.close("done")
        llama.acceptor.close()

    world.run(scenario())


def test_a_refusal_says_why_and_is_final_where_trying_again_cannot_help(world: World) -> None:
    async def scenario() -> None:
        attempts: list[Hello] = []

        def admit(hello: Hello) -> Refusal:
            attempts.append(hello)
            return Refusal("unknown-call", "call 66 is not one of mine")

        llama = ListeningEnd(make_runtime(world.network, "llama"), admit=admit)
        port = await llama.listen()
        whisper = DialingEnd(make_runtime(world.network, "whisper"), port)
        whisper.dialer.start()
        await until(lambda: whisper.endings)
        (ending,) = whisper.endings
        assert (ending.state, ending.code) == (SessionState.REFUSED, "unknown-call")
        assert ending.reason == whisper.dialer.status.last_error == "call 66 is not one of mine"
        await soon()
        assert len(attempts) == 1 and llama.links == [] and whisper.losses == []
        raw = await RawPeer.dial(world.network, port)
        raw.say(hello())
        await until(lambda: raw.is_closed)
        assert raw.messages == [Refused("unknown-call", "call 66 is not one of mine")]
        whisper.dialer.close("done")
        llama.acceptor.close()

    world.run(scenario())


def test_a_refusal_that_time_may_mend_is_tried_again(world: World) -> None:
    async def scenario() -> None:
        decisions = [Refusal("loading", "not yet"), Refusal("loading", "not yet"), Welcome("llama", 1)]
        llama = ListeningEnd(make_runtime(world.network, "llama"), admit=lambda hello: decisions.pop(0))
        whisper = DialingEnd(make_runtime(world.network, "whisper"), await llama.listen())
        whisper.dialer.start()
        await until(lambda: whisper.welcomes)
        assert decisions == [] and whisper.dialer.status.attempts == 3
        whisper.dialer.close("done")
        llama.acceptor.close()

    world.run(scenario())


def test_admission_may_take_a_while(world: World) -> None:
    async def scenario() -> None:
        async def decide() -> Welcome:
            await asyncio.sleep(0.1)
            return Welcome("llama", 1, {"sample": 5})

        llama = ListeningEnd(make_runtime(world.network, "llama"), admit=lambda hello: decide())
        whisper = DialingEnd(make_runtime(world.network, "whisper"), await llama.listen())
        whisper.dialer.start()
        await until(lambda: whisper.welcomes)
        assert whisper.welcomes[0].committed == {"sample": 5}
        whisper.dialer.close("done")
        llama.acceptor.close()

    world.run(scenario())


def test_admission_that_takes_too_long_opens_nothing_and_leaves_nothing(world: World) -> None:
    async def scenario() -> None:
        never = asyncio.get_running_loop().create_future()

        async def decide() -> Welcome:
            await never
            raise AssertionError("the future has no result")

        llama = ListeningEnd(make_runtime(world.network, "llama"), admit=lambda hello: decide())
        raw = await RawPeer.dial(world.network, await llama.listen())
        raw.say(hello())
        await until(lambda: raw.is_closed)
        (refused,) = raw.messages
        assert isinstance(refused, Refused) and refused.code == "hello-timeout"
        assert llama.links == [] and llama.closings == []
        llama.acceptor.close()
        await soon()
        assert len(asyncio.all_tasks()) == 1

    world.run(scenario())


@pytest.mark.parametrize("who_ends", ["dialer", "listener"])
def test_bye_ends_and_does_not_heal(world: World, who_ends: str) -> None:
    async def scenario() -> None:
        llama = ListeningEnd(make_runtime(world.network, "llama"))
        whisper = DialingEnd(make_runtime(world.network, "whisper"), await llama.listen())
        whisper.dialer.start()
        await until(lambda: whisper.dialer.is_open)
        if who_ends == "dialer":
            whisper.dialer.close("the caller hung up")
        else:
            llama.links[0].end("the caller hung up")
            await until(lambda: whisper.endings)
            assert (whisper.endings[0].state, whisper.endings[0].reason) == (SessionState.ENDED, "the caller hung up")
        await until(lambda: llama.closings)
        ((_, closed),) = llama.closings
        assert (closed.state, closed.reason) == (SessionState.ENDED, "the caller hung up")
        await asyncio.sleep(1.5)
        assert len(llama.links) == 1 and whisper.losses == [] and not whisper.dialer.is_open
        whisper.dialer.close("done")
        llama.acceptor.close()

    world.run(scenario())


def test_a_loss_heals_and_the_new_connection_resumes(world: World) -> None:
    async def scenario() -> None:
        llama = ListeningEnd(make_runtime(world.network, "llama"))
        whisper = DialingEnd(make_runtime(world.network, "whisper"), await llama.listen())
        whisper.dialer.start()
        await until(lambda: whisper.dialer.is_open)
        llama.committed = {"sample": 99}
        llama.links[0].drop("crash")
        await until(lambda: len(whisper.welcomes) == 2)
        assert len(whisper.losses) == 1 and whisper.endings == []
        assert whisper.welcomes[1].committed == {"sample": 99}
        assert whisper.dialer.send(Digit("1", 100, 0))
        await until(lambda: llama.messages)
        assert whisper.dialer.status.losses == 1
        whisper.dialer.close("done")
        llama.acceptor.close()

    world.run(scenario())


def test_a_listener_that_is_started_again_is_found_again(world: World) -> None:
    async def scenario() -> None:
        port = world.free_port()
        whisper = DialingEnd(make_runtime(world.network, "whisper"), port)
        whisper.dialer.start()
        await until(lambda: whisper.dialer.status.last_error)
        for epoch in (1, 2, 3):
            llama = ListeningEnd(make_runtime(world.network, "llama", epoch))
            await llama.listen(port)
            await until(lambda: whisper.welcomes and whisper.welcomes[-1].epoch == epoch)  # noqa: B023
            llama.acceptor.close()
            await until(lambda: not whisper.dialer.is_open)
        assert len(whisper.losses) >= 2 and whisper.endings == []
        whisper.dialer.close("done")

    world.run(scenario())


def test_heartbeats_are_answered_and_measure_the_round_trip(world: World) -> None:
    async def scenario() -> None:
        llama = ListeningEnd(make_runtime(world.network, "llama"))
        port = await llama.listen()
        whisper = DialingEnd(make_runtime(world.network, "whisper"), port)
        whisper.dialer.start()
        await until(lambda: llama.links and llama.links[0].round_trip_s is not None)
        await until(lambda: whisper.dialer.status.as_dict()["round_trip_ms"] is not None)
        raw = await RawPeer.dial(world.network, port)
        raw.say(hello(uuid="another"))
        await until(lambda: raw.messages)
        raw.say(Ping(41))
        await until(lambda: Pong(41) in raw.messages)
        raw.say(Bye("done"))
        whisper.dialer.close("done")
        llama.acceptor.close()

    world.run(scenario())


def test_a_peer_that_connects_anew_replaces_its_old_connection(world: World) -> None:
    async def scenario() -> None:
        llama = ListeningEnd(make_runtime(world.network, "llama"))
        port = await llama.listen()
        old, new = await RawPeer.dial(world.network, port), await RawPeer.dial(world.network, port)
        old.say(hello(4))
        await until(lambda: old.messages)
        new.say(hello(4))
        await until(lambda: new.messages and old.is_closed)
        assert llama.closings == [], "the service sees a new link, not a loss"
        assert [link.is_open for link in llama.links] == [False, True]
        new.say(Digit("1", 100, 0))
        await until(lambda: llama.messages)
        new.hang_up()
        await until(lambda: llama.closings)
        assert [link for link, _ in llama.closings] == [llama.links[1]]
        llama.acceptor.close()

    world.run(scenario())


def test_a_ghost_is_fenced_until_its_call_is_forgotten(world: World) -> None:
    async def scenario() -> None:
        llama = ListeningEnd(make_runtime(world.network, "llama"))
        port = await llama.listen()
        living = await RawPeer.dial(world.network, port)
        living.say(hello(epoch=9))
        await until(lambda: living.messages)
        ghost = await RawPeer.dial(world.network, port)
        ghost.say(hello(epoch=8))
        await until(lambda: ghost.is_closed)
        (refused,) = ghost.messages
        assert isinstance(refused, Refused) and refused.code == "ghost"
        assert llama.links[0].is_open and len(llama.links) == 1
        living.hang_up()
        await until(lambda: llama.closings)
        llama.acceptor.forget(UUID)
        later = await RawPeer.dial(world.network, port)
        later.say(hello(epoch=1))
        await until(lambda: len(llama.links) == 2)
        later.hang_up()
        llama.acceptor.close()

    world.run(scenario())


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("wrong-connection", hello(connection=4)),
        ("wrong-role", hello(role="kokoro")),
        ("version", hello(version=2)),
    ],
)
def test_a_wrong_hello_is_refused_with_its_reason_and_ends_the_dialer(
    world: World, code: str, wrong: Hello, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        llama = ListeningEnd(make_runtime(world.network, "llama"))
        whisper = DialingEnd(make_runtime(world.network, "whisper"), await llama.listen(), greeting=wrong)
        whisper.dialer.start()
        await until(lambda: whisper.endings)
        assert (whisper.endings[0].state, whisper.endings[0].code) == (SessionState.REFUSED, code)
        await soon()
        assert llama.links == [] and llama.closings == []
        whisper.dialer.close("done")
        llama.acceptor.close()

    world.run(scenario())
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 1


def test_a_taken_port_is_named(world: World) -> None:
    async def scenario() -> None:
        first, second = (ListeningEnd(make_runtime(world.network, "llama")) for _ in range(2))
        port = await first.listen()
        with pytest.raises(PortTakenError, match=str(port)):
            await second.listen(port)
        runtime = make_runtime(world.network, "whisper")
        udp = await listen_for_registrations(runtime, (HOST, 0), lambda registration, sender: None)
        with pytest.raises(PortTakenError, match=str(udp.port)):
            await listen_for_registrations(runtime, (HOST, udp.port), lambda registration, sender: None)
        udp.close()
        first.acceptor.close()
        await soon()
        await second.listen(port)
        second.acceptor.close()

    world.run(scenario())


def test_a_dialer_that_is_closed_in_the_handshake_leaves_no_connection(world: World) -> None:
    for let_go in ("close", "abandon"):

        async def scenario(let_go: str = let_go) -> None:
            accepted: list[RawPeer] = []

            def accept() -> RawPeer:
                accepted.append(RawPeer())
                return accepted[-1]

            listening = await world.network.listen((HOST, world.free_port()), accept)
            patient = SessionTimes(hello_timeout_s=60.0)
            whisper = DialingEnd(make_runtime(world.network, "whisper", times=patient), listening.port)
            whisper.dialer.start()
            await until(lambda: accepted and accepted[0].messages)
            whisper.dialer.close("hung up") if let_go == "close" else whisper.dialer.abandon()
            await until(lambda: accepted[0].is_closed)
            await soon()
            assert whisper.welcomes == [] and whisper.endings == [] and len(accepted) == 1
            goodbye = [Bye("hung up")] if let_go == "close" else []
            assert [message for message in accepted[0].messages if not isinstance(message, Hello)] == goodbye
            listening.close()

        world.run(scenario())


def test_an_impossible_port_is_a_failed_attempt(world: World) -> None:
    async def scenario() -> None:
        whisper = DialingEnd(make_runtime(world.network, "whisper"), 74_536)
        whisper.dialer.start()
        await until(lambda: whisper.dialer.status.attempts == 2)
        assert whisper.dialer.status.last_error
        whisper.dialer.close("done")
        listener = ListeningEnd(make_runtime(world.network, "llama"))
        with pytest.raises(PortTakenError, match="74536"):
            await listener.listen(74_536)

    world.run(scenario())
