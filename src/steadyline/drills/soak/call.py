"""One short call of the soak: a word is asked, five are answered."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from steadyline.drills.logbook import Entry, LogbookReader
from steadyline.drills.rendered import expected_of
from steadyline.drills.tone_caller import LISTENING_S, ToneCaller
from steadyline.drills.tone_engines import drill_answer
from steadyline.drills.tone_score import is_heard_out, score
from steadyline.drills.tone_speech import OTHER, VOCABULARY
from steadyline.sip import SipUserAgent

ASKABLE = VOCABULARY[:26]
PATIENCE_S = 20.0
LATE_S = 0.2
PAUSE_S = 0.1


@dataclass(frozen=True)
class SoakCall:
    """What came of a call.

    Attributes:
        number: from 1.
        fault: "" when every word of the answer was heard once, in order, and the far end did not hang up.
    """

    number: int
    question: str
    fault: str


async def make_call(
    agent: SipUserAgent,
    uri: str,
    logbook: LogbookReader,
    number: int,
    when_answered: Callable[[ToneCaller], Awaitable[None]],
) -> SoakCall:
    """Call, ask, listen, hang up; neighbours in number never ask the same.

    Args:
        when_answered: awaited before the question.
    """
    question = ASKABLE[number % len(ASKABLE)]
    first = len(logbook.entries)

    def entries() -> list[Entry]:
        logbook.read()
        return logbook.entries[first:]

    try:
        caller = await ToneCaller.dial(agent, uri)
    except ConnectionError as error:
        return SoakCall(number, question, f"not answered: {error}")
    try:
        await when_answered(caller)
        caller.say(question)
        await _listen(caller, drill_answer(question), entries)
        ended = caller.ended
    finally:
        await caller.hang_up()
    heard = [one for one in caller.heard_between(0.0) if one.word != OTHER]
    result = score(expected_of(drill_answer(question), entries()), heard)
    told = ", ".join(f"{one.word} {one.duration_s * 1000:.0f} ms at {one.start_s:.2f} s" for one in heard)
    faults = [f"the call ended: {ended}" if ended else "", "" if result.is_perfect else f"{result}; heard {told}"]
    return SoakCall(number, question, "; ".join(filter(None, faults)))


async def _listen(caller: ToneCaller, answer: str, entries: Callable[[], Sequence[Entry]]) -> None:
    asked_s = caller.now_s

    def is_over() -> bool:
        heard = [one for one in caller.heard_so_far() if one.word != OTHER]
        newest_s = heard[-1].start_s + heard[-1].duration_s if heard else asked_s
        quiet_s = caller.now_s - newest_s
        return quiet_s > PATIENCE_S or (quiet_s > LATE_S and is_heard_out(expected_of(answer, entries()), heard))

    await caller.until(is_over, float("inf"), LISTENING_S)


def random_pause(chance: random.Random) -> Callable[[ToneCaller], Awaitable[None]]:
    """Wait a moment before asking, so that calls do not go in step."""

    async def pause(_: ToneCaller) -> None:
        await asyncio.sleep(chance.uniform(PAUSE_S, 3 * PAUSE_S))

    return pause
