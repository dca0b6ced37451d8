"""What a connection tells of itself: state and since when, losses, healing, heartbeat; and what the metrics make of it."""

import asyncio
from typing import Any

from tests.link.ends import CALL_ID, UUID, DialingEnd, ListeningEnd, RawPeer, hello
from tests.link.worlds import HOST, MemoryWorld, World, make_runtime, now, until

from steadyline.connections import REGISTER_WHISPER
from steadyline.link.beacon import Beacon
from steadyline.link.memory import MemoryNetwork
from steadyline.link.runtime import Runtime
from steadyline.wire.messages import Turn

TURN = Turn(0, 100, 0, True, "hello", "en", 1.0)


def only(runtime: Runtime) -> dict[str, Any]:
    """The one connection of a process."""
    [status] = runtime.board.as_dicts()
    return status


def sample(runtime: Runtime, name: str, **labels: str) -> float:
    """A sample of the connection of whisper and llama, as this process tells it."""
    peer = {"whisper": "llama", "llama": "whisper"}[runtime.role]
    side = {"whisper": "dials", "llama": "accepts"}[runtime.role]
    every = {"service": runtime.role, "connection": "3", "peer": peer, "side": side, **labels}
    return runtime.metrics.registry.get_sample_value(f"steadyline_{name}", every) or 0.0


def test_a_peer_that_dies_and_comes_back_is_a_story_in_both_processes() -> None:
    """Llama is killed at 10 s and back at 12 s; at 30 s everything is told."""
    world = MemoryWorld()

    async def scenario() -> None:
        listening = make_runtime(world.network, "llama")
        llama = ListeningEnd(listening)
        await llama.listen(8083)
        dialing = make_runtime(world.network, "whisper")
        whisper = DialingEnd(dialing, 8083)
        assert (only(dialing)["state"], only(dialing)["losses"]) == ("connecting", 0)
        whisper.dialer.start()
        await asyncio.sleep(10.0)
        open_for_s = only(dialing)["since_s"]
        assert (only(dialing)["state"], only(dialing)["lost_ago_s"], only(dialing)["healed_ago_s"]) == (
            "open",
            None,
            None,
        )
        assert 9.9 < open_for_s <= 10.0

        llama.acceptor.close()
        await asyncio.sleep(2.0)
        lost = only(dialing)
        assert (lost["state"], lost["losses"], lost["flaps_last_hour"]) == ("lost", 1, 1)
        assert 1.9 < lost["since_s"] == lost["lost_ago_s"] <= 2.0, "since the loss, not since the last attempt"
        assert lost["attempts"] > 3 and lost["last_error"] and lost["healed_ago_s"] is None
        assert lost["last_frame_ms"] is None and lost["round_trip_ms"] is None
        assert sample(dialing, "connections", state="lost") == 1 and sample(dialing, "connections", state="open") == 0

        back = ListeningEnd(make_runtime(world.network, "llama", epoch=2))
        await back.listen(8083)
        await until(lambda: whisper.dialer.is_open)
        healed_at = now()
        await asyncio.sleep(30.0 - healed_at)
        healed = only(dialing)
        assert (healed["state"], healed["losses"], healed["last_error"]) == ("open", 1, "")
        assert abs(healed["healed_ago_s"] - (30.0 - healed_at)) < 0.01
        assert abs(healed["gap_ms"] / 1000 - (healed["lost_ago_s"] - healed["healed_ago_s"])) < 0.01
        assert sample(dialing, "connection_flaps_total") == sample(dialing, "connection_reconnections_total") == 1
        assert abs(sample(dialing, "connection_gap_repaired_seconds_sum") - healed["gap_ms"] / 1000) < 0.001
        assert sample(dialing, "connection_last_healed_timestamp_seconds") > 0

        whisper.dialer.close("done")
        back.acceptor.close()
        assert dialing.board.as_dicts() == listening.board.as_dicts() == []
        assert sample(dialing, "connections", state="open") == 0

    world.run(scenario())


def test_who_accepts_tells_too_and_does_not_forget_a_peer_that_is_away() -> None:
    world = MemoryWorld()

    async def scenario() -> None:
        listening = make_runtime(world.network, "llama")
        llama = ListeningEnd(listening)
        await llama.listen(8083)
        assert listening.board.as_dicts() == [], "nobody was there yet"
        whisper = DialingEnd(make_runtime(world.network, "whisper"), 8083)
        whisper.dialer.start()
        await asyncio.sleep(5.0)
        status = only(listening)
        assert (status["name"], status["side"], status["call_id"]) == ("whisper → llama", "accepts", CALL_ID)
        assert (status["state"], status["attempts"]) == ("open", 1) and status["established_ms"] > 0

        whisper.dialer.abandon()
        await asyncio.sleep(4.0)
        assert (only(listening)["state"], only(listening)["losses"]) == ("lost", 1)
        assert 3.9 < only(listening)["since_s"] <= 4.0

        again = DialingEnd(make_runtime(world.network, "whisper", epoch=2), 8083)
        again.dialer.start()
        await asyncio.sleep(1.0)
        assert (only(listening)["state"], only(listening)["losses"]) == ("open", 1)
        assert 4000 <= only(listening)["gap_ms"] < 4010

        again.dialer.close("done")
        await asyncio.sleep(1.0)
        assert (only(listening)["state"], only(listening)["losses"]) == ("ended", 1), "BYE is no loss"
        llama.acceptor.forget(UUID)
        assert listening.board.as_dicts() == []
        assert [sample(listening, "connections", state=state) for state in ("open", "lost", "ended")] == [0, 0, 0]

    world.run(scenario())


def test_a_peer_that_takes_its_own_place_was_lost_and_is_healed() -> None:
    world = MemoryWorld()

    async def scenario() -> None:
        runtime = make_runtime(world.network, "llama")
        llama = ListeningEnd(runtime)
        port = await llama.listen(8083)
        first, second = await RawPeer.dial(world.network, port), await RawPeer.dial(world.network, port)
        first.say(hello(epoch=1))
        await asyncio.sleep(0.1)
        second.say(hello(epoch=2))
        await asyncio.sleep(0.1)
        status = only(runtime)
        assert (status["state"], status["losses"], status["gap_ms"]) == ("open", 1, 0.0)
        llama.acceptor.close()

    world.run(scenario())


def test_a_heartbeat_is_seen_on_both_sides(world: World) -> None:
    async def scenario() -> None:
        listening, dialing = make_runtime(world.network, "llama"), make_runtime(world.network, "whisper")
        llama = ListeningEnd(listening)
        whisper = DialingEnd(dialing, await llama.listen())
        whisper.dialer.start()
        await until(lambda: listening.board.as_dicts() and only(listening)["round_trip_ms"] is not None)
        await until(lambda: only(dialing)["round_trip_ms"] is not None)
        for runtime in (listening, dialing):
            assert 0 <= only(runtime)["last_frame_ms"] < 1250, "it would be lost else"
        whisper.dialer.close("done")
        llama.acceptor.close()

    world.run(scenario())


def test_a_peer_that_is_silent_is_seen_to_be_before_it_is_lost() -> None:
    world = MemoryWorld()

    async def scenario() -> None:
        runtime = make_runtime(world.network, "llama")
        llama = ListeningEnd(runtime)
        frozen = await RawPeer.dial(world.network, await llama.listen())
        frozen.say(hello())
        await asyncio.sleep(1.0)
        assert only(runtime)["state"] == "open" and only(runtime)["last_frame_ms"] > 990
        await asyncio.sleep(0.5)
        assert (only(runtime)["state"], only(runtime)["last_error"]) == ("lost", "no frame for 1.25 s")
        llama.acceptor.close()

    world.run(scenario())


def test_flaps_are_those_of_the_last_hour() -> None:
    world = MemoryWorld()

    async def scenario() -> None:
        runtime = make_runtime(world.network, "whisper")
        status = runtime.board.add(REGISTER_WHISPER, CALL_ID, "polling", "polls")
        for _ in range(4):
            status.opened(None, "registered")
            status.lost("planned", "polling")
            await asyncio.sleep(1000.0)
        assert (only(runtime)["losses"], only(runtime)["flaps_last_hour"]) == (4, 3)

    world.run(scenario())


def test_what_is_kept_and_sent_on_reopening_counts_as_sent_again_on_both_sides() -> None:
    world = MemoryWorld()

    async def scenario() -> None:
        listening, dialing = make_runtime(world.network, "llama"), make_runtime(world.network, "whisper")
        llama = ListeningEnd(listening, on_open=lambda link: link.send_again([TURN, TURN]))
        await llama.listen(8083)
        whisper = DialingEnd(dialing, 8083)
        whisper.on_open = lambda: whisper.dialer.send_again([TURN, TURN, TURN])
        whisper.dialer.start()
        await asyncio.sleep(2.0)
        assert len(llama.messages) == 3 and len(whisper.messages) == 2
        assert sample(dialing, "connection_resent_frames_total") == 0, "the first time nothing is sent again"
        llama.links[-1].drop("planned")
        await asyncio.sleep(2.0)
        assert len(llama.messages) == 6
        assert sample(dialing, "connection_resent_frames_total") == 3
        assert sample(listening, "connection_resent_frames_total") == 2
        whisper.dialer.close("done")
        llama.acceptor.close()

    world.run(scenario())


def test_time_to_register_is_measured() -> None:
    """HELLO comes after 0.5 s: three REGISTERs."""
    network = MemoryNetwork()

    async def scenario() -> None:
        runtime = make_runtime(network, "inbound")
        udp = await network.open_datagram((HOST, 0), lambda data, sender: None)
        beacon = Beacon(runtime, REGISTER_WHISPER, udp, (HOST, 13000), (CALL_ID, UUID))
        beacon.start()
        await asyncio.sleep(0.5)
        beacon.stop()
        await asyncio.sleep(3.0)
        beacon.restart("planned")
        await asyncio.sleep(1.5)
        assert (only(runtime)["state"], only(runtime)["last_error"]) == ("polling", "planned")
        beacon.stop()
        labels = {"service": "inbound", "connection": "1", "peer": "whisper", "side": "polls"}

        def value(name: str) -> float | None:
            return runtime.metrics.registry.get_sample_value(f"steadyline_{name}", labels)

        assert (value("registration_seconds_count"), value("registration_seconds_sum")) == (2, 2.0)
        assert value("connection_attempts_total") == 3 + 6
        assert (value("connection_flaps_total"), value("connection_gap_repaired_seconds_sum")) == (1, 1.5)
        assert (only(runtime)["state"], only(runtime)["gap_ms"]) == ("registered", 1500.0)
        beacon.end()

    MemoryWorld(network).run(scenario())
