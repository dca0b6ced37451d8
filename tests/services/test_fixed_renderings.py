"""What is said in every call is rendered once, before the first: the greeting is heard as soon as a call is answered."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.services.scenes import (
    APOLOGY,
    GREETING,
    SimulatedEngines,
    SimulatedSystem,
    answered,
    ask,
    drill_config,
    now,
    play,
    started,
    until,
)

from steadyline.drills.simulated_engines import Float32, RuleModel, ToneRecognizer, ToneSynthesizer
from steadyline.errors import EngineError

SLOW_S = 1.0
AT_ONCE_S = 0.1


class SlowVoices:
    """Voices that take long; what they rendered, and how often, and how often they fail first."""

    def __init__(self, failures: int = 0) -> None:
        self.rendered: Counter[str] = Counter()
        self.failures = failures

    def engines(self, load_s: float = 0.0) -> SimulatedEngines:
        voices = self

        class Voice(ToneSynthesizer):
            def synthesize(self, text: str) -> Iterator[Float32]:
                voices.rendered[text] += 1
                chunks = list(super().synthesize(text))
                if voices.failures:
                    voices.failures -= 1
                    raise EngineError("planned")
                yield from chunks

        return SimulatedEngines(ToneRecognizer, lambda: RuleModel(lambda question: ""), lambda: Voice(SLOW_S), load_s)


def test_the_greeting_is_heard_at_once_in_every_call(journal: Path) -> None:
    voices = SlowVoices()

    async def scene(system: SimulatedSystem) -> None:
        await system.start()
        await asyncio.sleep(5.0)
        for rate_hz in (8_000, 16_000, 48_000):
            call = system.dial(rate_hz)
            await until(lambda call=call: call.heard_text == GREETING)  # type: ignore[misc]
            assert call.heard[0].start_s < AT_ONCE_S
        assert voices.rendered["Hello caller."] == 1

    play(scene, journal, engines=voices.engines())


def test_a_call_that_comes_while_the_voice_is_loaded_is_answered_when_it_can_greet(journal: Path) -> None:
    voices = SlowVoices()

    async def scene(system: SimulatedSystem) -> None:
        await system.start()
        await asyncio.sleep(1.0)
        call, dialed_at = system.dial(), now()
        assert system.running["tts"].service.state == "tts: loading"
        await asyncio.sleep(1.5)
        assert system.running["tts"].service.state == "tts: rendering the greeting"
        await until(lambda: call.heard_text == GREETING)
        assert call.answered_at == pytest.approx(dialed_at + 1.0 + SLOW_S, abs=0.2)
        assert call.heard[0].start_s < AT_ONCE_S

    play(scene, journal, engines=voices.engines(load_s=2.0))


def test_the_apology_is_rendered_once_for_all(journal: Path) -> None:
    voices = SlowVoices()

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        await asyncio.sleep(5.0)
        first, second = await answered(system), await answered(system)
        for call in (first, second, first):
            assert await ask(call, "alpha") == APOLOGY
        assert voices.rendered == {"Hello caller.": 1, "Sorry later.": 1, "Later.": 1}

    play(scene, journal, engines=voices.engines())


def test_a_voice_that_fails_on_the_greeting_is_asked_again_in_the_call(journal: Path) -> None:
    voices = SlowVoices(failures=1)

    async def scene(system: SimulatedSystem) -> None:
        await system.start()
        await asyncio.sleep(5.0)
        await answered(system)
        assert voices.rendered["Hello caller."] == 2

    play(scene, journal, engines=voices.engines())


def test_what_is_due_in_a_call_goes_before_it(journal: Path) -> None:
    """A voice that is started anew because it was killed while it rendered an answer renders that first."""
    order: list[str] = []

    class Voice(ToneSynthesizer):
        def synthesize(self, text: str) -> Iterator[Float32]:
            order.append(text)
            return super().synthesize(text)

    async def scene(system: SimulatedSystem) -> None:
        await system.start()
        await asyncio.sleep(5.0)
        call = await answered(system)
        call.say("alpha")
        await until(lambda: order[-1].startswith("alpha"))
        system.kill("tts")
        order.clear()
        await system.start("tts")
        await until(lambda: "ten" in call.heard_text)
        assert order[0].startswith("alpha") and "Hello caller." in order

    play(scene, journal, engines=SimulatedEngines(synthesizer=lambda: Voice(SLOW_S), load_s=0.5))


def test_without_a_greeting_nothing_is_waited_for(journal: Path) -> None:
    voices, config = SlowVoices(), drill_config()
    config.llama.greeting = ""

    async def scene(system: SimulatedSystem) -> None:
        await system.start()
        await asyncio.sleep(0.1)
        call = system.dial()
        await until(lambda: call.is_answered, 0.2)

    play(scene, journal, config=config, engines=voices.engines())
