"""The dialogue with drill engines: what the caller does, as far as it has come, and how its moments are recognised."""

import asyncio
from collections.abc import Callable

from steadyline.drills.kills.cells import Moment
from steadyline.drills.logbook import Entry, LogbookReader
from steadyline.drills.rendered import GREETING, expected_of
from steadyline.drills.tone_caller import LISTENING_S, ToneCaller
from steadyline.drills.tone_engines import (
    FIRST_CLAUSE_WORD_S,
    FIRST_WORD_S,
    RENDERING_S,
    TRANSCRIPTION_S,
    drill_answer,
)
from steadyline.drills.tone_score import is_heard_out
from steadyline.drills.tone_speech import OTHER, HeardWord

QUESTIONS = ("alpha bravo charlie", "delta")
FIRST_CLAUSE_WORDS = 5
MIDDLE_WORD = 6
"""The first answer has fifteen words; when this one is heard, the last clause is still being generated."""
INTO_SPEECH_S = 0.35
"""From the order to speak: the line's queue of 0.1 s, and half of the question."""
INTO_WORK_S = 0.1
GREETED_S = 0.3
"""So long after the greeting the call is idle."""
IDLE_S = 0.5
"""So long it stays so."""
PATIENCE_S = 8.0
"""When a word is owed and nothing was heard for so long, though everybody who was struck is back, nothing more is waited for."""
OVER_S = 0.04
"""A word after which there is nothing for so long is over."""
LATE_S = 0.4
"""Listening goes on for so long after the last word, for what should not come."""


class ToneDialogue:
    """A call under way.

    Attributes:
        caller: its caller.
        greeted_s: since when the call is idle; None before.
        asked_s: when the caller was told to say each question, so far.
        work_until_s: until when an engine works at the moment that was reached; None where no engine tells.

    Args:
        caller: see there.
        logbook: of the system that is called.
    """

    def __init__(self, caller: ToneCaller, logbook: LogbookReader) -> None:
        self.caller = caller
        self.greeted_s: float | None = None
        self.asked_s: list[float] = []
        self.work_until_s: float | None = None
        self._logbook = logbook
        logbook.read()
        self._first_entry = len(logbook.entries)

    @property
    def entries(self) -> list[Entry]:
        """What the engines did in this call, so far."""
        self._logbook.read()
        return self._logbook.entries[self._first_entry :]

    async def play(self, is_disturbed: Callable[[], bool]) -> None:
        """Listen to the greeting, ask, listen, ask again, listen; the words tell when an answer is over."""
        await self._listen(GREETING, 0.0, is_disturbed)
        await asyncio.sleep(GREETED_S)
        self.greeted_s = self.caller.now_s
        await asyncio.sleep(IDLE_S)
        for question in QUESTIONS:
            self.asked_s.append(self.caller.now_s)
            self.caller.say(question)
            await self._listen(drill_answer(question), self.asked_s[-1], is_disturbed)
            await asyncio.sleep(LATE_S)

    async def reach(self, moment: Moment, victim: str) -> None:
        """Wait for the moment, as it is for the service that is to be struck."""
        if moment is Moment.IDLE:
            await self._until(lambda: self.greeted_s is not None)
        elif moment is Moment.SPEAKING:
            await self._until(lambda: bool(self.asked_s))
            await asyncio.sleep(INTO_SPEECH_S)
        elif moment is Moment.PLAYBACK:
            await self._until(lambda: len(self.asked_s) == 1 and len(self._words_since(self.asked_s[0])) > MIDDLE_WORD)
        else:
            await self._at_work(*_work(moment, victim))

    async def _listen(self, text: str, since_s: float, is_disturbed: Callable[[], bool]) -> None:
        """Until the last word was heard to its end, or nothing for too long."""
        undisturbed_since_s = since_s

        def is_over() -> bool:
            nonlocal undisturbed_since_s
            now_s = self.caller.now_s
            undisturbed_since_s = now_s if is_disturbed() else undisturbed_since_s
            heard = self._words_since(since_s)
            newest_s = heard[-1].start_s + heard[-1].duration_s if heard else since_s
            if now_s - max(newest_s, undisturbed_since_s) > PATIENCE_S:
                return True
            return now_s - newest_s > OVER_S and is_heard_out(expected_of(text, self.entries), heard)

        await self.caller.until(is_over, float("inf"), LISTENING_S)

    def _words_since(self, since_s: float) -> list[HeardWord]:
        return [one for one in self.caller.heard_so_far() if one.start_s >= since_s and one.word != OTHER]

    async def _at_work(self, event: str, takes_s: float) -> None:
        """An engine works on the first answer: its logbook says when it began, and how long it takes is known."""
        begun: list[float] = []

        def has_begun() -> bool:
            asked_s = self.asked_s[0] if self.asked_s else float("inf")
            at_s = [entry.at - self.caller.answered_at for entry in self.entries if entry.event == event]
            begun.extend(one for one in at_s if one > asked_s)
            return bool(begun)

        await self._until(has_begun)
        if begun:
            self.work_until_s = begun[0] + takes_s
            await asyncio.sleep(max(0.0, begun[0] + INTO_WORK_S - self.caller.now_s))

    async def _until(self, condition: Callable[[], bool]) -> None:
        await self.caller.until(condition, float("inf"))


def _work(moment: Moment, victim: str) -> tuple[str, float]:
    """Which engine works at a moment, and for how long: of the first clause the voice has another view than the others."""
    if moment is Moment.TRANSCRIBING:
        return "transcription begun", TRANSCRIPTION_S
    if victim == "tts":
        return "rendering begun", RENDERING_S
    return "generation begun", FIRST_WORD_S + FIRST_CLAUSE_WORDS * FIRST_CLAUSE_WORD_S
