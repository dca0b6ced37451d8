"""The script with drill engines, judged exactly: every word of every answer once, in order, and how late each came."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from steadyline.drills.kills.cells import Moment
from steadyline.drills.kills.outcome import Judgement
from steadyline.drills.kills.tone_dialogue import QUESTIONS, ToneDialogue
from steadyline.drills.kills.victims import Victim
from steadyline.drills.real_system import DrillError, RealSystem
from steadyline.drills.rendered import GREETING, expected_of
from steadyline.drills.tone_caller import ToneCaller
from steadyline.drills.tone_engines import ENGINE_SETTINGS, drill_answer
from steadyline.drills.tone_score import Score, score
from steadyline.drills.tone_speech import OTHER, HeardWord, words_of
from steadyline.sip import SipUserAgent

Onsets = tuple[float | None, ...]


@dataclass(frozen=True)
class Hearing:
    """What was heard of each part of the script.

    Attributes:
        asked_s: when each question began to leave the caller.
        said_until_s: when the last word of the first question had left.
        greeting: the greeting's score.
        answers: each answer's score.
        other_sounds_s: how long sounds were heard that are no words.
    """

    asked_s: tuple[float, ...]
    said_until_s: float
    greeting: Score
    answers: tuple[Score, ...]
    other_sounds_s: float

    @property
    def delays_s(self) -> tuple[Onsets, ...]:
        """Of each answer, how long after the beginning of its question each word began."""
        return tuple(
            tuple(None if onset is None else onset - asked_s for onset in answer.onsets_s)
            for asked_s, answer in zip(self.asked_s, self.answers, strict=False)
        )

    @property
    def fault(self) -> str:
        """ "" when every word was heard once, in order, else what was not."""
        parts = {"greeting": self.greeting, **{f"answer {n}": one for n, one in enumerate(self.answers, 1)}}
        found = [f"{name}: {part}" for name, part in parts.items() if not part.is_perfect]
        missing = len(QUESTIONS) - len(self.answers)
        return "; ".join(found + ([f"{missing} questions were not asked"] if missing else []))

    @property
    def is_repetition(self) -> bool:
        """Nothing is wrong but that the beginning of one clause was heard twice."""
        faulty = [one for one in (self.greeting, *self.answers) if not one.is_perfect]
        if len(faulty) != 1 or len(self.answers) < len(QUESTIONS):
            return False
        fault, said_again = faulty[0], list(faulty[0].doubled)
        clauses = [words_of(clause) for question in QUESTIONS for clause in drill_answer(question).split(".")]
        is_beginning = any(said_again == clause[: len(said_again)] for clause in clauses)
        return is_beginning and not (fault.lost or fault.swapped or fault.foreign)


def hearing_of(dialogue: ToneDialogue) -> Hearing:
    """Decode the recording and compare it with the script."""
    said = [one for one in dialogue.caller.said_between(0.0) if one.word != OTHER]
    firsts = [words_of(question)[0] for question in QUESTIONS]
    begun = [next((one for one in said if one.word == first), None) for first in firsts]
    asked_s = tuple(one.start_s for one in begun if one is not None)
    sounds = dialogue.caller.heard_between(0.0)
    heard = [one for one in sounds if one.word != OTHER]
    bounds_s = [0.0, *asked_s, float("inf")]
    parts = [[one for one in heard if start_s <= one.start_s < end_s] for start_s, end_s in pairwise(bounds_s)]
    texts = [GREETING, *(drill_answer(question) for question in QUESTIONS)]
    scores = [score(expected_of(text, dialogue.entries), part) for text, part in zip(texts, parts, strict=False)]
    other_s = sum(one.duration_s for one in sounds if one.word == OTHER)
    return Hearing(asked_s, _end_of(said, QUESTIONS[0]), scores[0], tuple(scores[1:]), other_s)


def _end_of(said: Sequence[HeardWord], question: str) -> float:
    last = words_of(question)[-1]
    return next((one.start_s + one.duration_s for one in said if one.word == last), 0.0)


class ToneScript:
    """See `script.Script`."""

    settings: tuple[str, ...] = ENGINE_SETTINGS
    codec = "PCMU"
    is_bounded = True

    def __init__(self) -> None:
        self._calls = 0
        self._usual_s: tuple[tuple[float, ...], ...] = ()

    async def begin(self, agent: SipUserAgent, system: RealSystem) -> ToneDialogue:
        return ToneDialogue(await ToneCaller.dial(agent, system.uri), system.logbook)

    def learn(self, unharmed: Sequence[ToneDialogue]) -> None:
        hearings = [hearing_of(dialogue) for dialogue in unharmed]
        for hearing in hearings:
            if hearing.fault:
                raise DrillError(f"in a call in which nothing was done: {hearing.fault}")
        self._calls = len(hearings)
        answers = zip(*(hearing.delays_s for hearing in hearings), strict=True)
        self._usual_s = tuple(
            tuple(median(delay_s for delay_s in word if delay_s is not None) for word in zip(*answer, strict=True))
            for answer in answers
        )

    def judge(self, dialogue: ToneDialogue, moment: Moment, victims: Sequence[Victim]) -> Judgement:
        hearing = hearing_of(dialogue)
        is_hit = bool(victims) and self._is_hit(dialogue, hearing, moment, victims[0].at_s)
        return Judgement(
            hearing.fault, is_hit, self._lateness_s(hearing), hearing.other_sounds_s, hearing.is_repetition
        )

    def baseline(self) -> dict[str, Any]:
        delays_s = [[round(delay_s, 3) for delay_s in answer] for answer in self._usual_s]
        return {"calls": self._calls, "delays_s": delays_s}

    def _lateness_s(self, hearing: Hearing) -> float | None:
        """The largest lateness of any word's onset."""
        late = [
            delay_s - usual_s
            for delays_s, usuals_s in zip(hearing.delays_s, self._usual_s, strict=False)
            for delay_s, usual_s in zip(delays_s, usuals_s, strict=True)
            if delay_s is not None
        ]
        return max(late, default=None)

    def _is_hit(self, dialogue: ToneDialogue, hearing: Hearing, moment: Moment, at_s: float) -> bool:
        """Whether a strike fell within the moment, by the recording or by the engine's own clock."""
        if not hearing.asked_s:
            return False
        asked_s, usual_s = hearing.asked_s[0], self._usual_s[0]
        if moment is Moment.IDLE:
            return at_s < asked_s
        if moment is Moment.SPEAKING:
            return asked_s < at_s < hearing.said_until_s
        if moment is Moment.PLAYBACK:
            return asked_s + usual_s[0] < at_s < asked_s + usual_s[-1]
        return dialogue.work_until_s is not None and at_s < dialogue.work_until_s
