"""The dialogue with real engines: a recorded question, a spoken answer, and where its moments lie.

Real engines keep no logbook, so a moment is where it was, on the median, in calls in which nothing was done; afterwards the
journal and the recording tell whether it was there in this call, too.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from steadyline.audio.levels import speech_spans
from steadyline.audio.pcm import from_pcm16
from steadyline.calls.journal import read_only
from steadyline.calls.records import TurnRecord
from steadyline.drills.caller import DrillCaller
from steadyline.drills.kills.cells import Moment

LISTENING_S = 0.05
AUDIBLE_RMS = 10 ** (-45 / 20)
GREETING_PATIENCE_S = 15.0
IDLE_S = 1.0
INTO_SPEECH_S = 0.9
"""From the order to speak: the line's queue of 0.1 s, and half of the question."""
QUIET_S = 1.2
"""Longer than any pause within an answer."""
PATIENCE_S = 30.0
"""So long after the last sound nothing more is waited for, whatever the journal says; Kokoro needs its time."""
MIDDLE = 0.45
"""How far into the usual answer its middle is struck."""


@dataclass(frozen=True)
class Times:
    """When the parts of a turn were, in seconds after the caller was told to ask.

    Attributes:
        transcription_s, heard_s: transcription begun; turn journaled.
        first_clause_s: first clause of the answer journaled.
        reply_s, reply_end_s: first and last sound of the answer.
    """

    transcription_s: float
    heard_s: float
    first_clause_s: float
    reply_s: float
    reply_end_s: float


class SpokenDialogue:
    """A call under way.

    Attributes:
        caller: its caller.
        asked_s: when the caller was told to ask; None before.
        said_until_s: when the question had left; None before.

    Args:
        journal: of the system that is called.
        question: int16 mono at the line's rate.
        usual: when what is on the median; None while that is being learnt.
    """

    def __init__(self, caller: DrillCaller, journal: Path, question: np.ndarray, usual: Times | None) -> None:
        self.caller = caller
        self.asked_s: float | None = None
        self.said_until_s: float | None = None
        self._journal = journal
        self._question = question
        self._usual = usual
        self._greeted_s: float | None = None
        self._calm_since_s = 0.0

    async def play(self, is_disturbed: Callable[[], bool]) -> None:
        """Listen to the greeting, ask, listen until the whole answer was heard, and everybody who was struck is back."""
        await self._until(lambda: self._quiet_s(0.0) > QUIET_S / 2, GREETING_PATIENCE_S)
        self._greeted_s = self.caller.now_s
        await asyncio.sleep(IDLE_S)
        self.asked_s = self.caller.now_s
        self.caller.say_sound(self._question)
        await self._until(lambda: not self.caller.is_saying, float("inf"))
        self.said_until_s = self.caller.now_s
        self._calm_since_s = self.caller.now_s
        await self._until(lambda: self._has_heard_all(is_disturbed()), float("inf"))

    async def reach(self, moment: Moment, victim: str) -> None:
        """Wait for the moment, as it is for the service that is to be struck."""
        usual = self._usual
        assert usual is not None
        if moment is Moment.IDLE:
            await self._until(lambda: self._greeted_s is not None, float("inf"))
            return
        await self._until(lambda: self.asked_s is not None, float("inf"))
        offset_s = {
            Moment.SPEAKING: INTO_SPEECH_S,
            Moment.TRANSCRIBING: (usual.transcription_s + usual.heard_s) / 2,
            Moment.FIRST_CLAUSE: (
                (usual.first_clause_s + usual.reply_s) / 2
                if victim == "tts"
                else (usual.heard_s + usual.first_clause_s) / 2
            ),
            Moment.PLAYBACK: 0.0,
        }[moment]
        if moment is Moment.PLAYBACK:
            await self._until(lambda: bool(self._sounds_since(self.said_until_s)), float("inf"))
            offset_s = self.caller.now_s - (self.asked_s or 0.0) + MIDDLE * (usual.reply_end_s - usual.reply_s)
        await asyncio.sleep(max(0.0, (self.asked_s or 0.0) + offset_s - self.caller.now_s))

    def turn(self) -> TurnRecord | None:
        """What the journal knows of the question and its answer; of several turns (a question that was cut), the last."""
        with read_only(self._journal) as reader:
            record = reader.find_call(sip_call_id=self.caller.sip_call_id)
        turns = [turn for turn in record.turns if turn.turn > 0] if record is not None else []
        return turns[-1] if turns else None

    def reply(self) -> np.ndarray:
        """What was heard after the question: float32 mono at the line's rate."""
        start = round((self.said_until_s or 0.0) * self.caller.rate_hz)
        return from_pcm16(self._far_end()[start:])

    def times(self) -> Times | None:
        """When what was in this call; None when there was no answer."""
        turn, spans = self.turn(), speech_spans(self.reply(), self.caller.rate_hz)
        if turn is None or turn.heard_at is None or not turn.clauses or not spans or self.asked_s is None:
            return None
        asked_at, said_s = self.caller.answered_wall + self.asked_s, self.said_until_s or 0.0
        heard_s = turn.heard_at - asked_at
        return Times(
            heard_s - turn.timings_ms.get("transcription", 0.0) / 1000,
            heard_s,
            turn.clauses[0].written_at - asked_at,
            said_s + spans[0][0] - self.asked_s,
            said_s + spans[-1][1] - self.asked_s,
        )

    def _has_heard_all(self, is_disturbed: bool) -> bool:
        """The journal has the answer as complete and its last clause as begun, and then it was quiet; or for too long."""
        now_s, quiet_s = self.caller.now_s, self._quiet_s(self.said_until_s or 0.0)
        if is_disturbed:
            self._calm_since_s = now_s
        if min(quiet_s, now_s - self._calm_since_s) < QUIET_S:
            return quiet_s > PATIENCE_S
        turn = self.turn()
        is_played = turn is not None and turn.clause_count is not None and turn.clauses[-1].heard_samples is not None
        return is_played or quiet_s > PATIENCE_S

    def _quiet_s(self, since_s: float) -> float:
        """How long it is quiet; before the first sound it counts from `since_s`, and the beginning of a call is not quiet."""
        sounds = self._sounds_since(since_s)
        if not sounds:
            return self.caller.now_s - since_s if since_s else 0.0
        return self.caller.now_s - sounds[-1]

    def _sounds_since(self, since_s: float | None) -> list[float]:
        """Ends of the pieces of `LISTENING_S` after a time in which the far end was audible."""
        if since_s is None:
            return []
        piece, rate_hz = round(LISTENING_S * self.caller.rate_hz), self.caller.rate_hz
        heard = from_pcm16(self._far_end()[round(since_s * rate_hz) :])
        levels = np.sqrt(np.square(heard[: len(heard) // piece * piece].reshape(-1, piece)).mean(axis=1))
        return [since_s + (int(place) + 1) * LISTENING_S for place in np.flatnonzero(levels > AUDIBLE_RMS)]

    def _far_end(self) -> np.ndarray:
        return self.caller.recording.far_end.samples(self.caller.recording.end_s)

    async def _until(self, condition: Callable[[], bool], deadline_s: float) -> None:
        await self.caller.until(condition, deadline_s, LISTENING_S)
