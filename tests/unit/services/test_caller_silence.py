"""What the gateway tells of a caller who says nothing."""

from dataclasses import dataclass

from steadyline.services.caller_silence import CallerSilence
from steadyline.services.owed_answer import OwedAnswer
from steadyline.services.patience import Phrase
from steadyline.wire.line_messages import CallerSilent


@dataclass
class Inbound:
    """Who has answered all heartbeats, as a rule."""

    unanswered_s: float = 0.01


def listening() -> tuple[OwedAnswer, CallerSilence]:
    """A call that was answered at 10 s, with an inbound."""
    owed = OwedAnswer()
    silence = CallerSilence(owed)
    silence.listened_to(Inbound(), 9.0)
    silence.answered(10.0)
    return owed, silence


def test_who_is_not_connected_yet_is_not_silent() -> None:
    silence = CallerSilence(OwedAnswer())
    silence.listened_to(Inbound(), 1.0)
    assert silence.news(5.0) == CallerSilent(False, 0, 0)
    silence.answered(6.0)
    assert silence.news(6.5) == CallerSilent(True, 500, 0)


def test_it_is_told_once() -> None:
    _, silence = listening()
    assert silence.news(12.0) == CallerSilent(True, 2000, 0)
    assert silence.news(13.0) is None
    silence.forget_told()
    assert silence.news(14.0) == CallerSilent(True, 4000, 0)


def test_what_is_heard_is_counted_for_a_new_outbound_and_needs_no_telling() -> None:
    _, silence = listening()
    assert silence.news(10.0) == CallerSilent(True, 0, 0)
    silence.sounded(15.0)
    assert silence.news(15.0) is None
    silence.forget_told()
    assert silence.news(17.0) == CallerSilent(True, 2000, 0)


def test_nobody_is_silent_while_something_is_owed_or_said() -> None:
    owed, silence = listening()
    owed.caller_speech(True, 1000, 11.0)
    assert silence.news(11.0) == CallerSilent(False, 0, 0)
    owed.caller_speech(False, 9000, 12.0)
    assert silence.news(12.0) is None, "an answer is owed"
    owed.committed(9000, 1)
    owed.accepted(1)
    silence.sounded(13.0)
    assert silence.news(12.5) == CallerSilent(True, 0, 0)


def test_a_noise_puts_it_off_and_words_begin_it_anew() -> None:
    owed, silence = listening()
    silence.phrase_begun(Phrase.STILL_THERE.value)
    assert silence.news(20.0) == CallerSilent(True, 10000, 1)
    owed.caller_speech(True, 1000, 21.0)
    owed.caller_speech(False, 9000, 22.0)
    owed.committed(9000, 0)
    assert silence.news(22.5) == CallerSilent(True, 500, 1)
    owed.caller_speech(True, 10000, 23.0)
    owed.caller_speech(False, 19000, 24.0)
    owed.committed(19000, 1)
    owed.accepted(1)
    assert silence.news(25.0) == CallerSilent(True, 1000, 0)


def test_a_key_is_a_sign_of_life() -> None:
    _, silence = listening()
    silence.phrase_begun(Phrase.STILL_THERE.value)
    silence.key_pressed(20.0)
    assert silence.news(20.0) == CallerSilent(True, 0, 0)


def test_other_phrases_are_no_prompts() -> None:
    _, silence = listening()
    for phrase in (Phrase.WAIT, Phrase.APOLOGY, Phrase.GOODBYE, Phrase.FAREWELL):
        silence.phrase_begun(phrase.value)
    assert silence.news(10.0) == CallerSilent(True, 0, 0)


def test_without_an_inbound_nobody_can_be_said_to_be_silent() -> None:
    _, silence = listening()
    silence.listened_to(None, 15.0)
    assert silence.news(15.0) == CallerSilent(False, 0, 0)
    silence.listened_to(Inbound(), 18.0)
    assert silence.news(18.0) == CallerSilent(True, 0, 0)


def test_who_hears_the_caller_late_cannot_call_them_silent() -> None:
    _, silence = listening()
    silence.listened_to(Inbound(0.4), 15.0)
    assert silence.news(15.0) == CallerSilent(True, 5000, 0)
    silence.listened_to(Inbound(0.6), 15.2)
    assert silence.news(15.2) == CallerSilent(False, 0, 0)
    silence.listened_to(Inbound(3.0), 18.0)
    assert silence.news(18.0) is None
    silence.listened_to(Inbound(), 19.0)
    assert silence.news(19.5) == CallerSilent(True, 500, 0)
