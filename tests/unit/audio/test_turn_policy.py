"""How long a pause has to be: the table, its bounds, and what habits may do."""

from hypothesis import given
from hypothesis import strategies as st

from steadyline.audio.caller_pauses import LEAST_FACTOR, MOST_FACTOR, CallerPauses
from steadyline.audio.turn_policy import TurnWaits, wait_ms
from steadyline.text.completeness import Ending

ENDINGS = st.sampled_from([*Ending, None])
FACTORS = st.floats(LEAST_FACTOR, MOST_FACTOR)


def test_what_is_whole_waits_less_than_what_is_not_known_and_that_less_than_what_is_not_whole() -> None:
    waits = TurnWaits()
    whole = [wait_ms(ending, waits) for ending in (Ending.ANSWER, Ending.QUESTION, Ending.SENTENCE)]
    partial = [wait_ms(ending, waits) for ending in (Ending.NUMBER, Ending.LIST, Ending.DICTATION, Ending.UNFINISHED)]
    assert max(whole) <= 550 < wait_ms(None, waits) == wait_ms(Ending.OPEN, waits) == 600 < min(partial)
    assert wait_ms(Ending.DICTATION, waits) == wait_ms(Ending.UNFINISHED, waits) == 2000


@given(ENDINGS, FACTORS)
def test_every_wait_is_within_the_bounds(ending: Ending | None, factor: float) -> None:
    waits = TurnWaits(shortest_ms=350, longest_ms=1500, unknown_ms=700)
    assert 350 <= wait_ms(ending, waits, caller_factor=factor) <= 1500


@given(FACTORS)
def test_where_no_words_are_known_nothing_else_counts(factor: float) -> None:
    assert wait_ms(None, TurnWaits(unknown_ms=250), caller_factor=factor) == 250


def test_a_caller_who_pauses_long_is_waited_for_longer_within_bounds() -> None:
    pauses = CallerPauses()
    assert pauses.factor == 1.0
    seen = []
    for _ in range(30):
        pauses.note(1100)
        seen.append(pauses.factor)
    assert seen == sorted(seen) and 1.0 < seen[0] < 1.5 and seen[-1] == MOST_FACTOR
    assert wait_ms(Ending.SENTENCE, TurnWaits(), caller_factor=pauses.factor) == 880


def test_a_fluent_caller_is_answered_a_little_sooner_and_habits_are_forgotten() -> None:
    pauses = CallerPauses()
    for _ in range(30):
        pauses.note(210)
    assert pauses.factor == LEAST_FACTOR
    for _ in range(30):
        pauses.note(900)
    assert pauses.factor == MOST_FACTOR
