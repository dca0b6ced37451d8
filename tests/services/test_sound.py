"""How it sounds to the caller: as loud whatever says it, and without a step where outbound was lost."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from tests.services.scenes import (
    SimulatedCall,
    SimulatedEngines,
    SimulatedSystem,
    ask,
    drill_config,
    play,
    silence,
    started,
    until,
)

from steadyline.audio.levels import rms_dbfs
from steadyline.audio.pcm import Float32, Int16, from_pcm16
from steadyline.config import Config
from steadyline.drills.simulated_engines import ToneSynthesizer
from steadyline.drills.tone_speech import words_in

RATE_HZ = 8_000
FRAME = RATE_HZ // 50


class UnevenVoice(ToneSynthesizer):
    """A voice whose clauses are not equally loud: 12 dB lie between them."""

    GAINS: ClassVar = {"caller": 0.5, "five": 0.25, "ten": 1.0}

    def synthesize(self, text: str) -> Iterator[Float32]:
        gain = next((gain for word, gain in self.GAINS.items() if word in text), 1.0)
        for sound in super().synthesize(text):
            yield sound * np.float32(gain)


def uneven_system(loudness_dbfs: float) -> tuple[Config, SimulatedEngines]:
    config = drill_config()
    config.outbound.loudness_dbfs = loudness_dbfs
    return config, SimulatedEngines(synthesizer=UnevenVoice)


def record(call: SimulatedCall) -> list[Int16]:
    """Every frame that the caller hears from now on."""
    frames: list[Int16] = []
    call.on_heard = frames.append
    return frames


def loudness_of_words(frames: list[Int16]) -> dict[str, float]:
    """How loud each word was in its middle, dB below full scale; of a word in two pieces the last."""
    sound = from_pcm16(np.concatenate(frames))
    levels = {}
    for word in words_in(sound, RATE_HZ):
        middle = sound[
            round((word.start_s + 0.01) * RATE_HZ) : round((word.start_s + word.duration_s - 0.01) * RATE_HZ)
        ]
        if len(middle) > RATE_HZ // 100:
            levels[word.word] = rms_dbfs(middle)
    return levels


def greeting_and_answer(journal: Path, loudness_dbfs: float) -> dict[str, float]:
    """The loudness of each word of a greeting, and of an answer in two clauses."""
    levels: dict[str, float] = {}

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = system.dial(RATE_HZ)
        frames = record(call)
        await silence(call)
        await ask(call, "alpha")
        levels.update(loudness_of_words(frames))

    config, engines = uneven_system(loudness_dbfs)
    play(scene, journal, config=config, engines=engines)
    return levels


def test_clauses_that_a_voice_speaks_unevenly_are_heard_equally_loud(journal: Path) -> None:
    levels = greeting_and_answer(journal, -22.0)
    assert {"hello", "caller", "one", "five", "six", "ten"} <= levels.keys()
    # A word of tones has no pauses, as the level has them: its gaps of 40 ms are within the hangover.
    assert [*levels.values()] == pytest.approx([-20.9] * len(levels), abs=0.4)


def test_where_that_is_switched_off_they_are_heard_as_they_were_spoken(journal: Path) -> None:
    levels = greeting_and_answer(journal, 0.0)
    assert levels["ten"] - levels["five"] == pytest.approx(12.0, abs=0.5)
    assert levels["ten"] - levels["hello"] == pytest.approx(6.0, abs=0.5)


def test_a_phrase_from_disk_is_as_loud_as_the_answers(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = system.dial(RATE_HZ)
        frames = record(call)
        await silence(call)
        system.kill("llama")
        call.say("alpha")
        await until(lambda: "winter" in call.heard_text, 6)
        await silence(call)
        levels = loudness_of_words(frames)
        assert levels["winter"] == pytest.approx(levels["hello"], abs=1.0)

    config, engines = uneven_system(-30.0)
    play(scene, journal, config=config, engines=engines)


@pytest.mark.parametrize("after_s", [0.25, 0.4, 0.6])
def test_a_new_outbound_goes_on_within_a_clause_as_loud_as_the_former_one(journal: Path, after_s: float) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = system.dial(RATE_HZ)
        frames = record(call)
        await silence(call)
        frames.clear()
        call.say("alpha")
        await until(lambda: "alpha" in loudness_of_words([*frames, np.zeros(FRAME, np.int16)]))
        await asyncio.sleep(after_s)
        system.kill("outbound")
        await asyncio.sleep(1.0)
        await system.start("outbound")
        await silence(call)
        levels = loudness_of_words(frames)
        assert [*levels] == ["alpha", *["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]]
        assert [*levels.values()] == pytest.approx([levels["alpha"]] * len(levels), abs=0.4)

    config, engines = uneven_system(-22.0)
    play(scene, journal, config=config, engines=engines)
