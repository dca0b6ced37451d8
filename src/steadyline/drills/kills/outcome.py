"""What a caller heard in one call of the drill, judged: every word once and in order, and how late."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from statistics import median
from typing import Any

from steadyline.drills.kills.attack import Attack
from steadyline.drills.kills.cells import Cell, Moment
from steadyline.drills.kills.scene import GREETING, QUESTIONS, Scene
from steadyline.drills.rendered import expected_of
from steadyline.drills.tone_engines import drill_answer
from steadyline.drills.tone_score import Score, score
from steadyline.drills.tone_speech import OTHER, HeardWord, words_of

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
    def faults(self) -> str:
        """ "" when every word was heard once, in order, else what was not."""
        parts = {"greeting": self.greeting, **{f"answer {n}": one for n, one in enumerate(self.answers, 1)}}
        found = [f"{name}: {part}" for name, part in parts.items() if not part.is_perfect]
        missing = len(QUESTIONS) - len(self.answers)
        return "; ".join(found + ([f"{missing} questions were not asked"] if missing else []))


def hearing_of(scene: Scene) -> Hearing:
    """Decode the recording and compare it with the script."""
    said = [one for one in scene.caller.said_between(0.0) if one.word != OTHER]
    firsts = [words_of(question)[0] for question in QUESTIONS]
    begun = [next((one for one in said if one.word == first), None) for first in firsts]
    asked_s = tuple(one.start_s for one in begun if one is not None)
    sounds = scene.caller.heard_between(0.0)
    heard = [one for one in sounds if one.word != OTHER]
    bounds_s = [0.0, *asked_s, float("inf")]
    parts = [[one for one in heard if start_s <= one.start_s < end_s] for start_s, end_s in pairwise(bounds_s)]
    texts = [GREETING, *(drill_answer(question) for question in QUESTIONS)]
    scores = [score(expected_of(text, scene.entries), part) for text, part in zip(texts, parts, strict=False)]
    said_until_s = _end_of(said, QUESTIONS[0])
    other_s = sum(one.duration_s for one in sounds if one.word == OTHER)
    return Hearing(asked_s, said_until_s, scores[0], tuple(scores[1:]), other_s)


def _end_of(said: Sequence[HeardWord], question: str) -> float:
    last = words_of(question)[-1]
    return next((one.start_s + one.duration_s for one in said if one.word == last), 0.0)


@dataclass(frozen=True)
class Baseline:
    """The script without a kill: when each word is heard after its question began, medians over some calls."""

    delays_s: tuple[tuple[float, ...], ...]
    calls: int

    @classmethod
    def of(cls, hearings: Sequence[Hearing]) -> "Baseline":
        """The medians; every hearing must be without fault."""
        answers = zip(*(hearing.delays_s for hearing in hearings), strict=True)
        medians = [tuple(median(_known(word)) for word in zip(*answer, strict=True)) for answer in answers]
        return cls(tuple(medians), len(hearings))

    def lateness_s(self, hearing: Hearing) -> float | None:
        """The largest lateness of any word; None when no word was heard."""
        late = [
            delay_s - usual_s
            for delays_s, usuals_s in zip(hearing.delays_s, self.delays_s, strict=False)
            for delay_s, usual_s in zip(delays_s, usuals_s, strict=True)
            if delay_s is not None
        ]
        return max(late, default=None)


def _known(onsets: Sequence[float | None]) -> list[float]:
    return [onset for onset in onsets if onset is not None]


@dataclass(frozen=True)
class Outcome:
    """One cell's result.

    Attributes:
        passed: every word was heard once and in order, and the call was not ended.
        is_hit: the first strike fell within its moment.
        reason: "" when it passed, else what was wrong.
        added_s: the largest lateness of any word against the baseline; None when nothing was heard.
        victims: who was struck, when (seconds after the answer), and after how long a successor was ready.
        filler_s: how long something was heard that is no word of the answers.
        log: what the system logged meanwhile, when it did not pass.
    """

    name: str
    group: str
    moment: str
    passed: bool
    is_hit: bool
    reason: str
    added_s: float | None = None
    victims: tuple[dict[str, Any], ...] = ()
    filler_s: float = 0.0
    log: tuple[str, ...] = field(default=(), repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def judged(cell: Cell, hearing: Hearing, attack: Attack, baseline: Baseline, mishaps: Sequence[str]) -> Outcome:
    """The outcome of a cell, still without the log; `mishaps` are faults that are not in what was heard, or ""."""
    reason = "; ".join(filter(None, [*mishaps, hearing.faults]))
    added_s = baseline.lateness_s(hearing)
    return Outcome(
        cell.name,
        cell.group,
        cell.moment.value,
        not reason,
        _is_hit(cell.moment, hearing, attack, baseline),
        reason,
        None if added_s is None else round(added_s, 3),
        tuple(_facts(asdict(victim)) for victim in attack.victims),
        round(hearing.other_sounds_s, 3),
    )


def _facts(victim: dict[str, Any]) -> dict[str, Any]:
    return {key: round(value, 3) if isinstance(value, float) else value for key, value in victim.items()}


def _is_hit(moment: Moment, hearing: Hearing, attack: Attack, baseline: Baseline) -> bool:
    """Whether the first strike fell within its moment, by the recording or by the engine's own clock."""
    if not attack.victims or not hearing.asked_s:
        return False
    at_s, asked_s = attack.victims[0].at_s, hearing.asked_s[0]
    if moment is Moment.IDLE:
        return at_s < asked_s
    if moment is Moment.SPEAKING:
        return asked_s < at_s < hearing.said_until_s
    if moment is Moment.PLAYBACK:
        return asked_s + baseline.delays_s[0][0] < at_s < asked_s + baseline.delays_s[0][-1]
    return attack.moment_until_s is not None and at_s < attack.moment_until_s
