"""When a caller who says nothing is asked, and told goodbye: times in seconds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadyline.config_speech import OutboundSection
from steadyline.services.patience import Phrase
from steadyline.services.silence import Silence

PHRASE_S = 1.0


def said(silence: Silence, until: float) -> list[tuple[float, Phrase]]:
    """What is said until then, when nothing is heard but that."""
    spoken = []
    while (due := silence.due_at()) is not None and due <= until:
        phrase = silence.take(due)
        assert phrase is not None
        spoken.append((due, phrase))
        silence.sound(due + PHRASE_S)
    return spoken


def test_asked_twice_then_told_goodbye() -> None:
    silence = Silence(OutboundSection(), 0.0)
    silence.silent(10.0)
    assert said(silence, 1000.0) == [(22.0, Phrase.STILL_THERE), (35.0, Phrase.STILL_THERE), (48.0, Phrase.FAREWELL)]


def test_nothing_is_said_while_it_is_not_the_callers_turn() -> None:
    silence = Silence(OutboundSection(), 0.0)
    assert silence.due_at() is None and silence.take(100.0) is None
    silence.silent(10.0)
    silence.silent(None)
    assert silence.due_at() is None and silence.take(100.0) is None


def test_what_is_heard_puts_it_off() -> None:
    silence = Silence(OutboundSection(), 0.0)
    silence.silent(10.0)
    silence.sound(15.0)
    assert silence.due_at() == 27.0


def test_being_told_the_same_again_changes_nothing() -> None:
    silence = Silence(OutboundSection(), 0.0)
    silence.silent(10.0)
    assert silence.take(22.0) is Phrase.STILL_THERE
    silence.silent(10.0)
    assert silence.due_at() == 34.0


def test_a_new_outbound_goes_on_where_the_former_one_was() -> None:
    silence = Silence(OutboundSection(), 30.0)
    silence.silent(23.0, prompts=1)
    assert said(silence, 1000.0) == [(35.0, Phrase.STILL_THERE), (48.0, Phrase.FAREWELL)]


def test_a_new_outbound_gives_the_voices_a_moment() -> None:
    silence = Silence(OutboundSection(), 100.0)
    silence.silent(50.0)
    assert silence.due_at() == 100.5


def test_a_caller_who_stirred_during_the_farewell_is_asked_anew() -> None:
    silence = Silence(OutboundSection(), 0.0)
    silence.silent(10.0)
    assert len(said(silence, 50.0)) == 3
    silence.silent(49.0, prompts=0)
    assert said(silence, 1000.0)[0] == (61.0, Phrase.STILL_THERE)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (OutboundSection(silence_prompt_after_s=0), []),
        (OutboundSection(silence_prompts=0), [Phrase.FAREWELL]),
        (OutboundSection(silence_prompts=1), [Phrase.STILL_THERE, Phrase.FAREWELL]),
    ],
)
def test_it_can_be_set(settings: OutboundSection, expected: list[Phrase]) -> None:
    silence = Silence(settings, 0.0)
    silence.silent(0.0)
    assert [phrase for _, phrase in said(silence, 1000.0)] == expected


@given(
    st.lists(
        st.tuples(
            st.floats(0.0, 20.0),
            st.one_of(st.just("busy"), st.just("sound"), st.tuples(st.just("silent"), st.integers(0, 3))),
        )
    ),
    st.integers(0, 3),
)
def test_whatever_happens_nothing_is_said_too_early_or_too_often(
    events: list[tuple[float, object]], prompts: int
) -> None:
    """Between two things that are said, and after every sound and sign of the caller's, there is the whole silence."""
    settings = OutboundSection(silence_prompt_after_s=5.0, silence_prompts=prompts)
    silence, now, last = Silence(settings, 0.0), 0.0, -4.5
    since_told = 0
    for pause_s, event in events:
        until = now + pause_s
        while (due := silence.due_at()) is not None and due <= until:
            phrase = silence.take(due)
            assert phrase is not None and due >= last + 5.0 - 1e-9
            last, since_told = due, since_told + 1
            assert since_told <= prompts + 1
        now = until
        if event == "sound":
            silence.sound(now)
            last = now
        elif event == "busy":
            silence.silent(None)
            assert silence.due_at() is None
        elif isinstance(event, tuple):
            silence.silent(now, event[1])
            last, since_told = now, 0
