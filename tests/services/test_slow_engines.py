"""An engine that is slow for one call is not slow for another."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.services.scenes import (
    GREETING,
    SimulatedEngines,
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

from steadyline.drills.simulated_engines import Heard, RuleModel, ToneRecognizer, ToneSynthesizer

Float32 = NDArray[np.float32]


@pytest.mark.parametrize("slow", ["recognizer", "model", "synthesizer"])
def test_one_calls_slow_engine_delays_no_other_call(journal: Path, slow: str) -> None:
    """An engine that takes 30 s for one call: others connect, are answered, keep their heartbeats and end in time."""
    slow_s = 30.0

    class SlowRecognizer(ToneRecognizer):
        def transcribe(self, samples: Float32) -> Heard:
            heard = super().transcribe(samples)
            if "slow" in heard.text:
                ToneRecognizer(slow_s).transcribe(samples)
            return heard

    class SlowModel(RuleModel):
        def stream(self, messages, **options):  # type: ignore[no-untyped-def]
            model = RuleModel(first_s=slow_s) if "slow" in messages[-1].content else super()
            model.stream(messages, **options)

    class SlowSynthesizer(ToneSynthesizer):
        def synthesize(self, text: str) -> Iterator[Float32]:
            return (ToneSynthesizer(slow_s) if "slow" in text else super()).synthesize(text)

    engines = {
        "recognizer": SimulatedEngines(recognizer=SlowRecognizer),
        "model": SimulatedEngines(model=SlowModel),
        "synthesizer": SimulatedEngines(synthesizer=SlowSynthesizer),
    }

    async def scene(system: SimulatedSystem) -> None:
        system.config.tts.workers = 2
        system.config.outbound.wait_after_s = system.config.outbound.goodbye_after_s = 0
        await started(system)
        slow_call = await answered(system)
        slow_call.say("slow")
        await asyncio.sleep(1.5)
        for word in ("alpha", "bravo", "charlie"):
            call = system.dial()
            await until(lambda: call.is_answered, 0.2)  # noqa: B023
            await silence(call)
            assert await ask(call, word) == answer_to(word)
            call.hang_up()
            await asyncio.sleep(0.2)
            assert len(system.running["tts"].service.calls()) == 1
        entries = [entry for running in system.running.values() for entry in running.runtime.board.as_dicts()]
        assert [entry["name"] for entry in entries if entry["losses"]] == []
        await asyncio.sleep(90)
        assert slow_call.heard_text == f"{GREETING} {answer_to('slow')}"

    config = drill_config()
    config.outbound.silence_prompt_after_s = 0.0
    play(scene, journal, config=config, engines=engines[slow])
