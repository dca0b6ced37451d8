"""When a call is answered: when connections 0, 1, 3 and 4 are open and 2 is registered, in whatever order services start."""

import asyncio
import itertools
import random
from pathlib import Path

import pytest
from tests.services.scenes import (
    SERVICES,
    SimulatedCall,
    SimulatedEngines,
    SimulatedSystem,
    answer_to,
    answered,
    ask,
    drill_config,
    journaled,
    now,
    play,
    start_in_order,
    started,
    until,
)

from steadyline.connections import LLAMA_TTS, TTS_OUTBOUND, WHISPER_INBOUND, WHISPER_LLAMA


def open_connections(system: SimulatedSystem) -> set[str]:
    entries = [entry for running in system.running.values() for entry in running.runtime.board.as_dicts()]
    return {entry["name"] for entry in entries if entry["call_id"] and entry["state"] in ("open", "registered")}


def test_a_call_is_answered_when_its_pipeline_is_there_and_connection_5_comes_with_the_first_clause(
    journal: Path,
) -> None:
    config = drill_config()
    config.llama.greeting = ""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        dialed_at = now()
        call = system.dial()
        await until(lambda: call.is_answered)
        assert now() - dialed_at < 0.05
        assert {WHISPER_INBOUND.name, WHISPER_LLAMA.name, LLAMA_TTS.name} <= open_connections(system)
        assert TTS_OUTBOUND.name not in open_connections(system)
        assert await ask(call, "alpha") == answer_to("alpha")
        assert TTS_OUTBOUND.name in open_connections(system)

    play(scene, journal, config=config)


@pytest.mark.parametrize("late", [name for name in SERVICES if name != "gateway"])
def test_it_rings_until_the_last_service_is_there(journal: Path, late: str) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await system.start(*[name for name in SERVICES if name != late])
        await asyncio.sleep(1)
        call = system.dial()
        await asyncio.sleep(3)
        assert not call.is_answered
        assert not call.closed.done()
        await system.start(late)
        started_at = now()
        await until(lambda: call.is_answered)
        assert now() - started_at <= 1.2
        await asyncio.sleep(3)
        assert await ask(call, "bravo") == answer_to("bravo")

    play(scene, journal)


def test_it_rings_while_an_engine_is_loading(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await system.start()
        await asyncio.sleep(0.1)
        call = system.dial()
        await asyncio.sleep(3.8)
        assert not call.is_answered
        assert "loading" in system.running["gateway"].service.calls()[0]["waiting_for"]
        await until(lambda: call.is_answered, 0.5)

    play(scene, journal, engines=SimulatedEngines(load_s=4.0))


@pytest.mark.parametrize("missing", [name for name in SERVICES if name != "gateway"])
def test_a_call_that_rings_in_vain_is_refused_with_a_reason_in_the_journal(journal: Path, missing: str) -> None:
    config = drill_config()
    config.gateway.ring_timeout_s = 5.0

    async def scene(system: SimulatedSystem) -> None:
        await system.start(*[name for name in SERVICES if name != missing])
        await asyncio.sleep(1)
        call, dialed_at = system.dial(), now()
        await until(call.closed.done)
        assert now() - dialed_at == pytest.approx(5.0, abs=0.05)
        assert call.closed.result() == "486 Busy Here"
        await asyncio.sleep(0.2)
        record = journaled(system, call)
        assert record.answered_at is None
        assert record.end_reason is not None
        assert record.end_reason.startswith("not ready within 5 s: ")
        culprit = "outbound" if missing == "outbound" else missing
        assert culprit in record.end_reason

    play(scene, journal, config=config)


@pytest.mark.parametrize("seed", range(8))
def test_services_may_start_in_any_order(journal: Path, seed: int) -> None:
    chance = random.Random(seed)
    order = chance.sample(SERVICES, len(SERVICES))

    async def scene(system: SimulatedSystem) -> None:
        await start_in_order(system, order, chance)
        started_at = now()
        call = system.dial()
        await until(lambda: call.is_answered)
        assert now() - started_at <= 1.2
        await asyncio.sleep(2)
        assert await ask(call, "charlie") == answer_to("charlie")

    play(scene, journal)


@pytest.mark.parametrize("seed", range(5))
def test_a_call_that_comes_before_most_services_is_answered_when_the_last_is_there(journal: Path, seed: int) -> None:
    chance = random.Random(seed)
    others = chance.sample([name for name in SERVICES if name != "gateway"], len(SERVICES) - 1)
    config = drill_config()
    config.gateway.ring_timeout_s = 30.0

    async def scene(system: SimulatedSystem) -> None:
        await system.start("gateway")
        call = system.dial()
        await start_in_order(system, others[:-1], chance)
        await system.start(others[-1])
        last_at = now()
        await until(lambda: call.is_answered)
        assert now() - last_at <= 1.2
        await asyncio.sleep(2)
        assert await ask(call, "delta") == answer_to("delta")

    play(scene, journal, config=config)


def test_a_sixth_of_all_start_orders_becomes_ready(journal: Path) -> None:
    """120 of the 720 orders, 20 ms apart, with a call that rings from the moment the gateway is there."""
    orders = random.Random(1).sample(list(itertools.permutations(SERVICES)), 120)

    async def scene(system: SimulatedSystem) -> None:
        for order in orders:
            call: SimulatedCall | None = None
            for name in order:
                await system.start(name)
                if name == "gateway":
                    call = system.dial()
                await asyncio.sleep(0.02)
            assert call is not None
            last_at = now()
            await until(lambda: call.is_answered)  # noqa: B023
            assert now() - last_at <= 1.2, order
            for name in list(system.running):
                system.kill(name)
            await asyncio.sleep(0.1)

    play(scene, journal)


def test_a_call_is_refused_when_no_id_is_left(journal: Path) -> None:
    config = drill_config()
    config.gateway.first_call_id, config.gateway.last_call_id = 2, 4

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        first, _second = await answered(system), await answered(system)
        third = system.dial()
        await until(third.closed.done)
        assert third.closed.result() == "486 Busy Here"
        assert await ask(first, "alpha") == answer_to("alpha")

    play(scene, journal, config=config)
