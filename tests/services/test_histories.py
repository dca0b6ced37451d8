"""Random histories: calls come, speak and go while services die and return; afterwards nothing is left and all works."""

import asyncio
import random
from pathlib import Path

import pytest
from tests.services.scenes import (
    SERVICES,
    SimulatedCall,
    SimulatedSystem,
    answer_to,
    answered,
    ask,
    drill_config,
    play,
    remains,
    started,
)

from steadyline.config import Config
from steadyline.link.memory import MemoryNetwork

LASTS_S = 25.0
WORDS = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot"]


def short_lingering() -> Config:
    config = drill_config()
    config.llama.linger_s = config.tts.linger_s = 3.0
    config.gateway.call_id_rest_s = 2.0
    return config


class History:
    """One random history."""

    def __init__(self, system: SimulatedSystem, seed: int, with_kills: bool) -> None:
        self._system = system
        self._chance = random.Random(seed)
        self._with_kills = with_kills
        self._calls: list[SimulatedCall] = []
        self.told: list[str] = []

    async def run(self) -> None:
        """Let things happen, then hang up and start what does not run."""
        until_s = asyncio.get_running_loop().time() + LASTS_S
        while asyncio.get_running_loop().time() < until_s:
            await asyncio.sleep(self._chance.expovariate(2.0))
            await self._step()
        for call in self._calls:
            call.hang_up()
        for name in SERVICES:
            if name not in self._system.running:
                await self._system.start(name)

    async def _step(self) -> None:
        live = [call for call in self._calls if not call.closed.done()]
        choice = self._chance.random()
        if choice < 0.3 and "gateway" in self._system.running and len(live) < 4:
            self._calls.append(self._system.dial())
            self._tell("dial")
        elif choice < 0.55 and live:
            self._chance.choice(live).say(self._chance.choice(WORDS))
            self._tell("say")
        elif choice < 0.75 and live:
            self._chance.choice(live).hang_up()
            self._tell("hang up")
        elif self._with_kills:
            await self._lose_or_start()

    async def _lose_or_start(self) -> None:
        name = self._chance.choice(SERVICES)
        if name not in self._system.running:
            self._tell(f"start {name}")
            await self._system.start(name)
        elif self._chance.random() < 0.5:
            self._tell(f"kill {name}")
            self._system.kill(name)
        else:
            self._tell(f"stop {name}")
            await self._system.stop(name)

    def _tell(self, what: str) -> None:
        self.told.append(f"{asyncio.get_running_loop().time():.3f} {what}")


@pytest.mark.parametrize("with_kills", [False, True], ids=["calls", "calls and kills"])
@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_left_and_everything_works(journal: Path, seed: int, with_kills: bool) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        before = remains(system)
        history = History(system, seed, with_kills)
        await history.run()
        await asyncio.sleep(20.0 if with_kills else 1.0)
        assert remains(system) == before, "\n".join(history.told)
        call = await answered(system)
        assert await ask(call, "golf") == answer_to("golf"), "\n".join(history.told)

    play(scene, journal, config=short_lingering(), network=MemoryNetwork(latency_s=0.002))
