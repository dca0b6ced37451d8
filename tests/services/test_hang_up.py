"""Whenever the caller hangs up: within a second nothing of the call is left in any service."""

import asyncio
import gc
from pathlib import Path

import pytest
from tests.services.scenes import (
    SimulatedEngines,
    SimulatedSystem,
    answer_to,
    answered,
    ask,
    drill_config,
    journaled,
    play,
    remains,
    started,
    until,
)

from steadyline.config import Config
from steadyline.drills.simulated_engines import RuleModel, ToneRecognizer, ToneSynthesizer
from steadyline.link.memory import MemoryNetwork
from steadyline.services.gateway_call import GatewayCall

WITHIN_S = 1.0


def hanging_up_at(moment_s: float, system: SimulatedSystem) -> "asyncio.Task[None]":
    """A caller who asks a question as soon as the call is answered and hangs up `moment_s` after dialing."""

    async def caller() -> None:
        call = system.dial()
        asked = False
        deadline = asyncio.get_running_loop().time() + moment_s
        while asyncio.get_running_loop().time() < deadline:
            if call.is_answered and not asked:
                call.say("alpha bravo charlie")
                asked = True
            await asyncio.sleep(min(0.01, max(0.0, deadline - asyncio.get_running_loop().time())))
        call.hang_up()
        await asyncio.sleep(WITHIN_S)

    return asyncio.get_running_loop().create_task(caller())


# Within the first 20 ms the connections are made, one after another; later the moments of a turn.
MOMENTS_S = [step * 0.0005 for step in range(50)] + [0.1, 0.3, 0.6, 1.0, 1.25, 1.3, 1.35, 1.4, 1.5, 1.6, 2.0, 3.0, 5.0]


@pytest.mark.parametrize("latency_s", [0.0, 0.001, 0.003])
def test_nothing_is_left_whenever_the_caller_hangs_up(journal: Path, latency_s: float) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        before = remains(system)
        for moment_s in MOMENTS_S:
            await hanging_up_at(moment_s, system)
            assert remains(system) == before, f"hang-up after {moment_s} s"
        call = await answered(system)
        assert await ask(call, "alpha") == answer_to("alpha")

    play(scene, journal, config=many_ids(), network=MemoryNetwork(latency_s=latency_s))


def test_a_call_that_is_over_is_freed_without_the_garbage_collector(journal: Path) -> None:
    # A minute of each call's audio would wait for it, and leave the gateway's memory full of holes.
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        gc.collect()
        gc.disable()
        for _ in range(3):
            call = await answered(system)
            await ask(call, "alpha")
            call.hang_up()
        await asyncio.sleep(WITHIN_S)
        assert not [one for one in gc.get_objects() if isinstance(one, GatewayCall)]

    try:
        play(scene, journal)
    finally:
        gc.enable()


@pytest.mark.parametrize("missing", ["inbound", "outbound", "whisper", "llama", "tts"])
def test_nothing_is_left_of_a_call_that_rang_in_vain(journal: Path, missing: str) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        await system.stop(missing)
        await asyncio.sleep(2)
        listeners, tasks = sorted(system.network.listeners), len(asyncio.all_tasks())
        for ringing_s in (0.05, 0.7, 3.0):
            call = system.dial()
            await asyncio.sleep(ringing_s)
            assert not call.is_answered
            call.hang_up()
            await asyncio.sleep(WITHIN_S)
            assert sorted(system.network.listeners) == listeners
            assert len(asyncio.all_tasks()) == tasks
            assert all(not running.service.calls() for running in system.running.values())

    play(scene, journal)


def test_a_generation_ends_with_its_call(journal: Path) -> None:
    model = RuleModel(lambda question: " ".join(["one"] * 500), word_s=0.1)

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("alpha")
        await until(lambda: model.running)
        await asyncio.sleep(0.5)
        call.hang_up()
        await asyncio.sleep(0.3)
        assert model.running == 0
        assert model.released

    play(scene, journal, engines=SimulatedEngines(model=lambda: model))


@pytest.mark.parametrize("slow", ["recognizer", "synthesizer"])
def test_what_waits_for_a_busy_engine_is_not_done_any_more(journal: Path, slow: str) -> None:
    """Two workers are busy with others' work; the third call hangs up while it waits and is never worked on."""
    done: list[str] = []

    class SlowRecognizer(ToneRecognizer):
        def transcribe(self, samples):  # type: ignore[no-untyped-def]
            heard = super().transcribe(samples)
            done.append(heard.text)
            return heard

    class SlowSynthesizer(ToneSynthesizer):
        def synthesize(self, text: str):  # type: ignore[no-untyped-def]
            yield from super().synthesize(text)
            done.append(text.split()[0].lower())

    takes_s = 5.0
    engines = (
        SimulatedEngines(recognizer=lambda: SlowRecognizer(takes_s))
        if slow == "recognizer"
        else SimulatedEngines(synthesizer=lambda: SlowSynthesizer(takes_s))
    )
    config = drill_config()
    config.llama.greeting = ""
    config.whisper.workers = config.tts.workers = 1

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        first, second = system.dial(), system.dial()
        await until(lambda: first.is_answered and second.is_answered)
        first.say("alpha")
        await asyncio.sleep(0.2)
        second.say("bravo")
        await asyncio.sleep(3)
        second.hang_up()
        await asyncio.sleep(30)
        assert "alpha" in done
        assert "bravo" not in done

    play(scene, journal, config=config, engines=engines)


def test_a_call_has_a_longest_duration(journal: Path) -> None:
    config = drill_config()
    config.gateway.max_call_s = 20.0

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        before = remains(system)
        call = await answered(system)
        await until(call.closed.done)
        assert asyncio.get_running_loop().time() == pytest.approx((call.answered_at or 0) + 20.0, abs=0.1)
        await asyncio.sleep(WITHIN_S)
        assert remains(system) == before
        assert journaled(system, call).end_reason == "longest duration reached"

    play(scene, journal, config=config)


def test_the_journal_says_why_and_when_a_call_ended(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.hang_up("caller hung up")
        await asyncio.sleep(0.1)
        record = journaled(system, call)
        assert record.end_reason == "caller hung up"
        assert record.answered_at is not None
        assert record.started_at <= record.answered_at <= (record.ended_at or 0)

    play(scene, journal)


def many_ids() -> Config:
    config = drill_config()
    config.gateway.call_id_rest_s = 5.0
    return config


@pytest.mark.parametrize("loading", ["whisper", "llama", "tts"])
def test_nothing_waits_for_an_engine_that_is_loading(journal: Path, loading: str) -> None:
    """The service was restarted in mid-call and loads for 20 s; the caller asks, gives up and hangs up."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        system.engines = SimulatedEngines(load_s=20.0)
        system.kill(loading)
        await system.start(loading)
        await asyncio.sleep(1)
        call.say("alpha")
        await asyncio.sleep(4)
        call.hang_up()
        await asyncio.sleep(WITHIN_S)
        left = system.left_of_calls()
        assert all(not running["calls"] for running in left.values())
        # Python 3.13 calls a task that got no name "None".
        assert [task.split("-")[0].replace("None", "Task") for task in left[loading]["tasks"]] == ["Task", "worker"]
        await asyncio.sleep(20)
        assert await ask(await answered(system), "alpha") == answer_to("alpha")

    play(scene, journal)
