"""Call ids and the ports that go with them: even, bounded, rested, never colliding, skipped where somebody else sits."""

import asyncio
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.services.scenes import (
    SimulatedSystem,
    answer_to,
    answered,
    ask,
    drill_config,
    journaled,
    now,
    play,
    remains,
    silence,
    started,
    until,
)

from steadyline.services.call_ids import CallIds, NoCallIdError

INBOUND_BASE, OUTBOUND_BASE = 9001, 9002


@given(
    first=st.integers(2, 200),
    count=st.integers(1, 60),
    rest_s=st.floats(0, 10),
    events=st.lists(st.tuples(st.floats(0, 3), st.booleans(), st.integers(0, 100)), max_size=120),
)
def test_ports_of_live_calls_never_collide(
    first: int, count: int, rest_s: float, events: list[tuple[float, bool, int]]
) -> None:
    last = first + 2 * count
    ids, now_s = CallIds(first, last, rest_s), 0.0
    live: list[int] = []
    rested_from: dict[int, float] = {}
    for wait_s, is_new, which in events:
        now_s += wait_s
        if is_new:
            try:
                taken = ids.take(now_s)
            except NoCallIdError:
                continue
            assert taken % 2 == 0
            assert first <= taken <= last
            assert taken not in live
            assert now_s >= rested_from.get(taken, float("-inf")) + rest_s
            live.append(taken)
        elif live:
            given_back = live.pop(which % len(live))
            ids.give_back(given_back, now_s)
            rested_from[given_back] = now_s
        ports = [INBOUND_BASE + number for number in live] + [OUTBOUND_BASE + number for number in live]
        assert len(set(ports)) == len(ports)


def test_all_ids_are_used_before_one_is_used_again() -> None:
    ids = CallIds(2, 10, 0.0)
    for _ in range(3):
        round_of_ids = []
        for _ in range(5):
            round_of_ids.append(ids.take(0.0))
            ids.give_back(round_of_ids[-1], 0.0)
        assert round_of_ids == [2, 4, 6, 8, 10]


def test_an_id_rests_before_it_is_used_again() -> None:
    ids = CallIds(2, 2, 60.0)
    ids.give_back(ids.take(0.0), 10.0)
    with pytest.raises(NoCallIdError, match=r"gateway\.first_call_id"):
        ids.take(69.9)
    assert ids.take(70.0) == 2


@pytest.mark.parametrize("base", [INBOUND_BASE, OUTBOUND_BASE], ids=["inbound's port", "outbound's port"])
@pytest.mark.parametrize("taken_ids", [[66], [66, 68, 70]])
def test_a_port_that_somebody_else_has_is_skipped(journal: Path, base: int, taken_ids: list[int]) -> None:
    config = drill_config()
    config.gateway.first_call_id = 66

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        for number in taken_ids:
            await system.network.listen(("127.0.0.1", base + number), lambda: None)  # type: ignore[arg-type,return-value]
        before = remains(system)
        dialed_at = now()
        call = system.dial()
        await until(lambda: call.is_answered)
        assert now() - dialed_at < 0.3
        await asyncio.sleep(2)
        assert await ask(call, "alpha bravo") == answer_to("alpha bravo")
        record = journaled(system, call)
        assert record.call_id == max(taken_ids) + 2
        assert {turn.caller_text for turn in record.turns} == {None, "alpha bravo"}
        call.hang_up()
        await asyncio.sleep(1)
        assert remains(system) == before

    play(scene, journal, config=config)


def test_a_port_skipped_disturbs_no_other_call(journal: Path) -> None:
    config = drill_config()
    config.gateway.first_call_id = 66

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        await system.network.listen(("127.0.0.1", INBOUND_BASE + 68), lambda: None)  # type: ignore[arg-type,return-value]
        first = await answered(system)
        question = asyncio.ensure_future(ask(first, "alpha"))
        await asyncio.sleep(1.3)
        second = await answered(system)
        assert journaled(system, second).call_id == 70
        assert await question == answer_to("alpha")
        assert await ask(second, "bravo") == answer_to("bravo")

    play(scene, journal, config=config)


def test_a_call_is_refused_when_every_port_is_taken(journal: Path) -> None:
    config = drill_config()
    config.gateway.first_call_id, config.gateway.last_call_id = 66, 68
    config.gateway.call_id_rest_s = 1.0

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        listening = [
            await system.network.listen(("127.0.0.1", OUTBOUND_BASE + number), lambda: None)  # type: ignore[arg-type,return-value]
            for number in (66, 68)
        ]
        before = remains(system)
        call = system.dial()
        await until(call.closed.done, 3)
        await asyncio.sleep(1)
        assert remains(system) == before
        assert "call ids are in use or at rest" in (journaled(system, call).end_reason or "")
        for port in listening:
            port.close()
        await asyncio.sleep(1)
        assert await ask(await answered(system), "alpha") == answer_to("alpha")

    play(scene, journal, config=config)


@pytest.mark.parametrize(("service", "base"), [("inbound", INBOUND_BASE), ("outbound", OUTBOUND_BASE)])
def test_a_processor_that_comes_back_waits_for_a_port_that_somebody_took_meanwhile(
    journal: Path, service: str, base: int
) -> None:
    """The call was answered, so it keeps its id."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        system.kill(service)
        port = ("127.0.0.1", base + journaled(system, call).call_id)
        somebody = await system.network.listen(port, MagicMock)
        await system.start(service)
        await asyncio.sleep(3)
        somebody.close()
        await asyncio.sleep(3)
        assert await ask(call, "alpha") == answer_to("alpha")

    play(scene, journal)


def test_ids_return_and_calls_of_the_same_id_are_told_apart(journal: Path) -> None:
    config = drill_config()
    config.gateway.first_call_id = config.gateway.last_call_id = 66
    config.gateway.call_id_rest_s = 0.0

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        for word in ("alpha", "bravo", "charlie"):
            call = await answered(system)
            assert await ask(call, word) == answer_to(word)
            assert journaled(system, call).call_id == 66
            call.hang_up()
            await asyncio.sleep(0)

    play(scene, journal, config=config)


def test_a_port_that_is_taken_is_told_until_the_gateway_has_heard_of_it(journal: Path) -> None:
    """The connection along which it is told is lost in the same moment."""
    config = drill_config()
    config.gateway.first_call_id = 66

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        await system.network.listen(("127.0.0.1", INBOUND_BASE + 66), lambda: None)  # type: ignore[arg-type,return-value]
        before = remains(system)
        way_back = system.network.path("inbound", "gateway")
        way_back.cut()
        call = system.dial()
        await asyncio.sleep(1.4)
        way_back.mend()
        await until(lambda: call.is_answered, 10)
        await silence(call)
        assert await ask(call, "alpha bravo") == answer_to("alpha bravo")
        call.hang_up()
        await asyncio.sleep(2)
        assert remains(system) == before

    play(scene, journal, config=config)
