"""Whether a call is to be ended from this side."""

from steadyline.services.ending import AGENT_ENDED, NOBODY_SPOKE, Ending
from steadyline.wire.messages import AnswerEnded


def test_an_answer_that_ends_the_call_does_so_when_its_last_clause_was_heard() -> None:
    ending = Ending()
    ending.answer_ended(AnswerEnded(3, 2, True))
    assert ending.reason(None) == "", "something is on its way"
    assert ending.reason((3, 0)) == "", "a clause is still missing"
    assert ending.reason((3, 1)) == AGENT_ENDED


def test_other_answers_do_not() -> None:
    ending = Ending()
    assert ending.reason((0, 0)) == ""
    ending.answer_ended(AnswerEnded(3, 2, False))
    assert ending.reason((3, 1)) == ""


def test_a_newer_answer_puts_it_off_for_good() -> None:
    ending = Ending()
    ending.answer_ended(AnswerEnded(3, 2, True))
    assert ending.reason((4, 0)) == "", "the next turn's answer was heard, and goes on"
    ending.answer_ended(AnswerEnded(4, 1, False))
    assert ending.reason((4, 0)) == ""
    ending.answer_ended(AnswerEnded(3, 2, True))
    assert ending.reason((4, 0)) == "", "a llama that was restarted says everything again"


def test_what_was_cancelled_ends_nothing() -> None:
    ending = Ending()
    ending.answer_ended(AnswerEnded(3, 2, True))
    ending.over_before(4)
    assert ending.reason((3, 1)) == ""
    ending.answer_ended(AnswerEnded(3, 2, True))
    assert ending.reason((3, 1)) == "", "a voice that was away says it once more"


def test_after_the_farewell_to_a_caller_who_says_nothing() -> None:
    ending = Ending()
    ending.farewell_said()
    assert ending.reason(None) == ""
    assert ending.reason((-1, -1)) == NOBODY_SPOKE
    ending.caller_stirred()
    assert ending.reason((-1, -1)) == ""
