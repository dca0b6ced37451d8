"""Cancel on connection 4: what the TTS was told to say and has not said yet is not said any more."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.services.scenes import (
    GREETING,
    SimulatedEngines,
    SimulatedSystem,
    answer_to,
    answered,
    ask,
    play,
    started,
    until,
)

from steadyline.drills.simulated_engines import Float32, RuleModel, ToneSynthesizer
from steadyline.wire import messages


class NotedSynthesizer(ToneSynthesizer):
    """Notes what it was asked to say."""

    def __init__(self, began: list[str]) -> None:
        super().__init__(takes_s=1.0)
        self._began = began

    def synthesize(self, text: str) -> Iterator[Float32]:
        self._began.append(text)
        yield from super().synthesize(text)


def session_in(system: SimulatedSystem, service: str) -> Any:
    """The only call's session."""
    (session,) = system.running[service].service._sessions.values()  # type: ignore[attr-defined]
    return session


@pytest.mark.parametrize("clauses_begun", [1, 2])
def test_a_cancelled_turn_is_not_rendered_on_and_the_next_is_spoken(journal: Path, clauses_begun: int) -> None:
    """It is cancelled while its first or second clause of three is rendered."""
    began: list[str] = []
    model = RuleModel(
        lambda question: " ".join(f"{question} {word} one two three four." for word in ("six", "seven", "ten"))
    )

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        await asyncio.sleep(3)  # for the texts that are rendered once for all calls
        before = len(began)
        call.say("alpha")
        await until(lambda: len(began) == before + clauses_begun)
        await asyncio.sleep(0.5)
        session_in(system, "llama")._voices._speaking.dialer.send(messages.Cancel(1))
        await asyncio.sleep(5)
        assert len(began) == before + clauses_begun
        assert "seven" not in call.heard_text and "ten" not in call.heard_text
        assert list(session_in(system, "tts")._kept.after(None)) == [messages.Cancel(1)]
        # What was not answered audibly is asked together with what follows.
        assert "bravo six one" in await ask(call, "bravo")

    play(scene, journal, engines=SimulatedEngines(model=lambda: model, synthesizer=lambda: NotedSynthesizer(began)))


def test_what_comes_late_for_a_cancelled_turn_is_dropped(journal: Path) -> None:
    """Clauses and the end of the answer after Cancel, and Cancel again, also of a turn that is long over."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        assert await ask(call, "alpha") == answer_to("alpha")
        for message in (
            messages.Cancel(7),
            messages.Clause(7, 0, "charlie", "en"),
            messages.AnswerEnded(7, 1, False),
            messages.Cancel(7),
            messages.Cancel(1),
        ):
            session_in(system, "llama")._voices._speaking.dialer.send(message)
        await asyncio.sleep(3)
        assert call.heard_text == f"{GREETING} {answer_to('alpha')}"
        assert list(session_in(system, "tts")._kept.after(None)) == [messages.Cancel(7)]

    play(scene, journal)
