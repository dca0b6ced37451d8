"""Whether the caller waits for an answer, from what inbound, LLaMA and outbound say."""

from steadyline.services.owed_answer import OwedAnswer


def asked(owed: OwedAnswer, end: int, now: float) -> None:
    """The caller says something that ends at sample `end`."""
    owed.caller_speech(True, end - 1000, now - 1)
    owed.caller_speech(False, end, now)


def test_nothing_is_owed_to_a_caller_who_said_nothing() -> None:
    owed = OwedAnswer()
    owed.accepted(0)
    assert owed.since_s is None


def test_an_answer_is_owed_from_the_end_of_the_utterance_until_its_first_frame() -> None:
    owed = OwedAnswer()
    owed.caller_speech(True, 1000, 1.0)
    assert owed.since_s is None
    owed.caller_speech(False, 9000, 2.0)
    assert owed.since_s == 2.0
    owed.committed(9000, 1)
    assert owed.since_s == 2.0
    owed.accepted(1)
    assert owed.since_s is None


def test_time_on_hold_is_no_waiting() -> None:
    owed = OwedAnswer()
    asked(owed, 9000, 2.0)
    assert owed.on_hold(True, 3.0) and not owed.on_hold(True, 4.0)
    assert owed.since_s is None
    assert owed.on_hold(False, 63.0) and not owed.on_hold(False, 64.0)
    assert owed.since_s == 62.0, "one second was waited before it"


def test_what_had_no_words_is_not_answered() -> None:
    owed = OwedAnswer()
    asked(owed, 9000, 2.0)
    owed.committed(9000, 0)
    assert owed.since_s is None


def test_a_noise_while_an_answer_is_owed_does_not_pay_for_it() -> None:
    owed = OwedAnswer()
    asked(owed, 9000, 2.0)
    owed.committed(9000, 1)
    asked(owed, 20000, 3.0)
    owed.committed(20000, 1)
    assert owed.since_s == 3.0
    owed.accepted(1)
    assert owed.since_s is None


def test_of_two_questions_the_first_ones_answer_leaves_the_second_ones_owed() -> None:
    owed = OwedAnswer()
    asked(owed, 9000, 2.0)
    owed.committed(9000, 1)
    asked(owed, 20000, 3.0)
    owed.committed(20000, 2)
    owed.accepted(1)
    assert owed.since_s == 3.0


def test_while_the_caller_speaks_again_nothing_is_owed() -> None:
    owed = OwedAnswer()
    asked(owed, 9000, 2.0)
    owed.caller_speech(True, 10000, 3.0)
    assert owed.since_s is None
    owed.caller_speech(False, 20000, 4.0)
    assert owed.since_s == 4.0


def test_an_inbound_that_dies_while_the_caller_speaks_leaves_the_earlier_answer_owed() -> None:
    owed = OwedAnswer()
    asked(owed, 9000, 2.0)
    owed.caller_speech(True, 10000, 3.0)
    owed.inbound_lost()
    assert owed.since_s == 2.0


def test_a_new_inbound_that_says_the_same_again_changes_nothing() -> None:
    owed = OwedAnswer()
    asked(owed, 9000, 2.0)
    asked(owed, 9000, 5.0)
    assert owed.since_s == 2.0
    owed.committed(9000, 1)
    owed.accepted(1)
    owed.caller_speech(True, 8000, 6.0)
    owed.caller_speech(False, 9000, 6.5)
    assert owed.since_s is None
