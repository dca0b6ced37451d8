"""Which utterances only tell the agent to go on."""

import pytest

from steadyline.text.backchannel import is_backchannel


@pytest.mark.parametrize(
    "text",
    [
        "Mhm.",
        "MHN",
        "M. H. M.",
        "Yes, sir.",
        "i c.",
        "Mm-hmm.",
        "Yeah.",
        "yeah, yeah",
        "Okay.",
        "OK, I see.",
        "Right, right.",
        "Uh-huh.",
        "Oh, really?",
        "",
        "...",
        "Thank you.",
    ],
)
def test_a_listeners_sounds_and_words_are(text: str) -> None:
    assert is_backchannel(text, "en")


@pytest.mark.parametrize(
    "text",
    [
        "No.",
        "Stop.",
        "Wait, what?",
        "Yeah, but I need it today.",
        "Okay, goodbye.",
        "Yes please do that",
        "I see you.",
        "Hello?",
        "Right turn.",
        "Him.",
        "Yes, sir, but when?",
    ],
)
def test_what_wants_something_is_not(text: str) -> None:
    assert not is_backchannel(text, "en")


def test_more_than_a_few_words_are_a_turn() -> None:
    assert is_backchannel("yeah yeah yeah yeah", "en")
    assert not is_backchannel("yeah yeah yeah yeah yeah", "en")


def test_other_languages_have_the_configurations_words() -> None:
    assert not is_backchannel("Genau.", "de")
    assert is_backchannel("Genau.", "de", ["genau", "ach so"])
    assert is_backchannel("Ach so, genau.", "de", ["genau", "ach so"])
    assert is_backchannel("Gotcha", "en", ["gotcha"])
