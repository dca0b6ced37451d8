"""What must hold for each call of a simulated history: what the caller said is in the journal, once and in order, and the
answers to it were heard likewise.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from steadyline.audio.endpointing import SAMPLE_RATE_HZ
from steadyline.calls.records import CallRecord, TurnRecord
from steadyline.config_speech import OutboundSection
from steadyline.drills.simulate.caller import Caller
from steadyline.drills.simulate.engines import (
    APOLOGY,
    BACKCHANNEL,
    BROKEN,
    GREETING,
    HistoryEngines,
    clauses_to,
)
from steadyline.drills.simulate.hearing import NEVER, ExpectedClause, Listener
from steadyline.drills.tone_speech import words_of
from steadyline.services.ending import NOBODY_SPOKE

PHRASES = ("winter", "autumn", "stop", "silent")
"""What outbound says by itself to a caller who waits or says nothing; no word of an answer is like these."""


@dataclass(frozen=True)
class Problem:
    """Something that must not be.

    Attributes:
        kind: what sort of thing, for those who compare: "ended", "unanswered", "unheard", "misheard", "journal", "left",
            "unbounded", "unstable" or "exception".
        text: for people.
    """

    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


def problems_of(
    caller: Caller, record: CallRecord | None, engines: HistoryEngines, *, breaks_s: Sequence[float], is_whole: bool
) -> list[Problem]:
    """What is wrong with a call.

    Args:
        caller: what the caller did and heard.
        record: what is journaled of the call; None: nothing.
        engines: that served it.
        breaks_s: when a clause may have broken off to be said again; times of the event loop.
        is_whole: everything was healed and the call lives: all that was said is answered. Else a call may break off.
    """
    found = list(_fate(caller, record, engines, is_whole))
    if not caller.call.is_answered:
        return found
    # Who says nothing is told goodbye only when nothing is owed and everything was heard.
    is_whole = is_whole or (_is_dismissed(record) and not caller.may_end)
    turns = [turn for turn in record.turns if turn.turn > 0] if record is not None else []
    found += _journal(turns, engines, is_whole=is_whole)
    understood = [word for turn in turns for word in (turn.caller_text or "").split()]
    if not _is_all_said(caller, understood, is_whole=is_whole):
        text = f"the caller said {' '.join(caller.said)!r}, journaled is {' '.join(understood)!r}"
        found.append(Problem("unheard", f"call {caller.number}: {text}"))
    if is_whole and record is not None and caller.is_live:
        digits = [event.detail["digit"] for event in record.events if event.kind == "digit"]
        if digits != caller.pressed:
            text = f"the caller pressed {' '.join(caller.pressed)!r}, journaled is {digits}"
            found.append(Problem("journal", f"call {caller.number}: {text}"))
    clauses, answered_at = list(_expected(turns, engines)), caller.call.answered_at or 0.0
    listener = Listener(clauses, [at_s - answered_at for at_s in breaks_s], may_lose=caller.may_end)
    heard = [word for word in caller.call.heard if word.word not in PHRASES]
    wrong = listener.misheard(heard, is_whole=is_whole and not found)
    if wrong:
        found.append(Problem("misheard", f"call {caller.number}: {wrong}"))
    return found


def _is_all_said(caller: Caller, understood: Sequence[str], *, is_whole: bool) -> bool:
    """Every word that was said is there, once and in order; what was said to a gateway that was away may be missing.

    A backchannel may be there or not: it depends on whether the agent had more to say.
    """
    said = [word for word in caller.said if word != BACKCHANNEL]
    understood = [word for word in understood if word != BACKCHANNEL]
    if caller.may_end:
        left = iter(said)
        return all(word in left for word in understood) and (not is_whole or understood[-1:] == said[-1:])
    return understood == (said if is_whole else said[: len(understood)])


def _is_dismissed(record: CallRecord | None) -> bool:
    """The call was ended because the caller said nothing any more."""
    return record is not None and record.end_reason == NOBODY_SPOKE


def _fate(caller: Caller, record: CallRecord | None, engines: HistoryEngines, is_whole: bool) -> Iterator[Problem]:
    if not caller.is_live and not caller.hung_up and not caller.may_end and caller.call.is_answered:
        reason = caller.call.closed.result()
        if not _is_dismissed(record):
            yield Problem("ended", f"call {caller.number} was ended, and nobody had hung up: {reason}")
        elif caller.silent_for_s < (OutboundSection().silence_prompts + 1) * engines.world.silence_s:
            yield Problem("ended", f"call {caller.number} was ended after {caller.silent_for_s:.1f} s of silence")
    if caller.is_live and is_whole and not caller.call.is_answered:
        yield Problem("unanswered", f"call {caller.number} still rings, and everything is there")


def _expected(turns: Sequence[TurnRecord], engines: HistoryEngines) -> Iterator[ExpectedClause]:
    """The clauses that the caller is to hear: the greeting, and what is journaled."""
    texts = [(0, GREETING)] if engines.world.has_greeting else []
    texts += [(turn.turn, clause.text or "") for turn in turns for clause in turn.clauses]
    spoke_s = {turn.turn: (turn.start_sample or 0) / SAMPLE_RATE_HZ for turn in turns}
    for number, text in texts:
        interrupted_s = spoke_s.get(number + 1, NEVER) if engines.world.barges_in else NEVER
        yield ExpectedClause(tuple(words_of(text)), engines.rendered[text] > 1, number, interrupted_s)


def _forms(question: str, clauses: int) -> list[tuple[str, ...]]:
    """What may be answered to a question: for each clause its forms; or an apology."""
    return [(APOLOGY,)] if BROKEN in question.split() else [*clauses_to(question, clauses)]


def _answers_to(turns: Sequence[TurnRecord], place: int, clauses: int) -> Iterator[list[tuple[str, ...]]]:
    """What may be answered to a turn: to its words, or to them and those before that nobody answered audibly."""
    for first in range(place, -1, -1):
        yield _forms(" ".join(turn.caller_text or "" for turn in turns[first : place + 1]), clauses)


def _journal(turns: Sequence[TurnRecord], engines: HistoryEngines, *, is_whole: bool) -> Iterator[Problem]:
    """The rows of a call fit together."""
    if [turn.turn for turn in turns] != list(range(1, len(turns) + 1)):
        yield Problem("journal", f"turns are numbered {[turn.turn for turn in turns]}")
    reached = 0
    for place, turn in enumerate(turns):
        if turn.start_sample is None or turn.end_sample is None:
            yield Problem("journal", f"turn {turn.turn} has clauses and no words of the caller's")
            continue
        if not reached <= turn.start_sample < turn.end_sample:
            yield Problem(
                "journal", f"turn {turn.turn} covers {turn.start_sample} to {turn.end_sample} after {reached}"
            )
        reached = turn.end_sample
        if [clause.clause for clause in turn.clauses] != list(range(len(turn.clauses))):
            yield Problem("journal", f"turn {turn.turn} has clauses {[clause.clause for clause in turn.clauses]}")
        texts = [clause.text for clause in turn.clauses]
        may_break_off = not is_whole or (engines.world.barges_in and turn is not turns[-1])
        answers = list(_answers_to(turns, place, engines.world.clauses))
        if not any(_fits(texts, wanted, may_break_off=may_break_off) for wanted in answers):
            yield Problem("journal", f"turn {turn.turn} was to be answered by {answers[0]}, journaled is {texts}")
        elif not may_break_off and turn.clause_count != len(texts):
            yield Problem("journal", f"turn {turn.turn} has {len(texts)} clauses, its answer {turn.clause_count}")


def _fits(texts: Sequence[str | None], wanted: Sequence[tuple[str, ...]], *, may_break_off: bool) -> bool:
    """Clauses are those of an answer, all of them unless it may break off."""
    are_right = all(text in forms for text, forms in zip(texts, wanted, strict=False))
    return are_right and len(texts) <= len(wanted) and (may_break_off or len(texts) == len(wanted))
