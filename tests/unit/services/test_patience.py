"""What a caller who hears nothing is told, and when: times in seconds."""

import pytest

from steadyline.config_speech import OutboundSection
from steadyline.services.patience import Patience, Phrase


def said(patience: Patience, until: float, phrase_s: float = 1.0) -> list[tuple[float, Phrase]]:
    """What is said until then, when nothing is heard but that."""
    spoken = []
    while (due := patience.due_at()) is not None and due <= until:
        phrase = patience.take(due)
        assert phrase is not None
        spoken.append((due, phrase))
        patience.sound(due + phrase_s)
    return spoken


def test_asked_to_wait_twice_then_an_apology_then_goodbye() -> None:
    patience = Patience(OutboundSection(), 0.0)
    patience.owed(10.0)
    assert said(patience, 1000.0) == [
        (12.5, Phrase.WAIT),
        (18.5, Phrase.WAIT),
        (24.5, Phrase.APOLOGY),
        (40.0, Phrase.GOODBYE),
    ]


def test_nothing_is_said_before_its_time_or_when_nothing_is_owed() -> None:
    patience = Patience(OutboundSection(), 0.0)
    assert patience.due_at() is None and patience.take(100.0) is None
    patience.owed(10.0)
    assert patience.take(12.4) is None
    patience.owed(None)
    assert patience.due_at() is None and patience.take(100.0) is None


def test_sound_puts_it_off() -> None:
    patience = Patience(OutboundSection(), 0.0)
    patience.owed(10.0)
    patience.sound(15.0)
    assert patience.due_at() == 17.5


def test_the_next_answer_that_is_owed_begins_from_the_beginning() -> None:
    patience = Patience(OutboundSection(), 0.0)
    patience.owed(10.0)
    assert len(said(patience, 20.0)) == 2
    patience.owed(None)
    patience.owed(50.0)
    assert said(patience, 53.0) == [(52.5, Phrase.WAIT)]


def test_a_caller_who_asks_again_meanwhile_does_not_hear_it_all_again() -> None:
    patience = Patience(OutboundSection(), 0.0)
    patience.owed(10.0)
    assert [phrase for _, phrase in said(patience, 19.0)] == [Phrase.WAIT, Phrase.WAIT]
    patience.owed(22.0)
    assert [phrase for _, phrase in said(patience, 100.0)] == [Phrase.APOLOGY, Phrase.GOODBYE]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (OutboundSection(wait_after_s=0), [Phrase.GOODBYE]),
        (OutboundSection(goodbye_after_s=0), [Phrase.WAIT, Phrase.WAIT, Phrase.APOLOGY]),
        (OutboundSection(wait_times=0), [Phrase.APOLOGY, Phrase.GOODBYE]),
        (OutboundSection(goodbye_after_s=4), [Phrase.WAIT, Phrase.GOODBYE]),
        (OutboundSection(wait_after_s=0, goodbye_after_s=0), []),
    ],
)
def test_it_can_be_set(settings: OutboundSection, expected: list[Phrase]) -> None:
    patience = Patience(settings, 0.0)
    patience.owed(0.0)
    assert [phrase for _, phrase in said(patience, 1000.0)] == expected


def test_a_new_outbound_gives_the_voices_a_moment() -> None:
    patience = Patience(OutboundSection(), 100.0)
    patience.owed(90.0)
    assert patience.due_at() == 100.5
    assert patience.take(100.5) is Phrase.WAIT
    assert patience.due_at() == 105.5
