"""Two gateways share the services; one of them dies."""

import asyncio
from pathlib import Path

from tests.services.scenes import (
    GREETING,
    SimulatedCall,
    SimulatedSystem,
    answer_to,
    answered,
    ask,
    drill_config,
    play,
    silence,
    started,
    until,
)

from steadyline.config import Config

SECOND_PORT = 8170


def first() -> Config:
    config = drill_config()
    config.network.gateways = [f"127.0.0.1:{SECOND_PORT}"]
    config.gateway.last_call_id = 1000
    return config


def second() -> Config:
    config = first()
    config.gateway.processor_port = SECOND_PORT
    config.gateway.first_call_id, config.gateway.last_call_id = 1002, 2000
    return config


async def answered_by_second(system: SimulatedSystem) -> SimulatedCall:
    call = system.lines["gateway 2"].dial()
    await until(lambda: call.is_answered)
    await silence(call, 0.5)
    return call


def test_calls_of_both_are_answered_each_with_its_own(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        await system.start_gateway("gateway 2", second())
        await asyncio.sleep(6)
        one, two = await answered(system), await answered_by_second(system)
        one.say("alpha")
        two.say("bravo")
        await asyncio.sleep(5)
        assert one.heard_text == f"{GREETING} {answer_to('alpha')}"
        assert two.heard_text == f"{GREETING} {answer_to('bravo')}"

    play(scene, journal, config=first())


def test_the_death_of_one_is_not_noticed_in_the_others_calls(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        await system.start_gateway("gateway 2", second())
        await asyncio.sleep(6)
        one, two = await answered(system), await answered_by_second(system)
        one.say("alpha")
        two.say("bravo")
        await asyncio.sleep(1.3)
        system.kill("gateway 2")
        await asyncio.sleep(2)
        assert two.closed.done()
        for name in ("inbound", "outbound", "whisper", "llama", "tts"):
            assert [call["call_id"] for call in system.running[name].service.calls()] == [2], name
        await silence(one)
        assert one.heard_text == f"{GREETING} {answer_to('alpha')}"
        assert await ask(one, "charlie") == answer_to("charlie")

    play(scene, journal, config=first())


def test_the_first_may_be_away_while_the_second_takes_calls(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await system.start("inbound", "outbound", "whisper", "llama", "tts")
        await system.start_gateway("gateway 2", second())
        await asyncio.sleep(6)
        assert system.running["inbound"].service.state == "ready"
        call = await answered_by_second(system)
        assert await ask(call, "alpha") == answer_to("alpha")

    play(scene, journal, config=first())
