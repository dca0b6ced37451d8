"""What words say about whether their speaker goes on: the shipped English table, and marks alone where there is none."""

from dataclasses import fields
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadyline.text.completeness import Ending, ending_of
from steadyline.text.turn_words import Phrase, TurnWords, turn_words

ENGLISH = turn_words((resources.files("steadyline") / "turn_words" / "en.toml").read_text(encoding="utf-8"), "en.toml")

SAYINGS = {
    Ending.ANSWER: [
        "Yes.",
        "No, thank you.",
        "Yes, please!",
        "Okay",
        "That's right.",
        "that’s right",
        "Yes, it is.",
        "No, I don't.",
        "Thank you very much, goodbye.",
    ],
    Ending.QUESTION: [
        "What is the capital of France?",
        "What is it for?",
        "Can you tell me the color of grass?",
        "Are you open at 7?",
        "Could you help me, please?",
    ],
    Ending.SENTENCE: [
        "I live in Berlin.",
        "Please turn it on.",
        "I would like a coffee with milk, please.",
        "I need apples, pears and plums.",
        "The address is 42 Baker Street.",
        "My phone rang.",
        "The number is on the back of the card.",
        "I will come at 7 p.m.",
        "If I come on Monday, I will bring it.",
        "I want this one.",
        "It was on the third of May.",
        "When I came home it was dark. I called at once.",
        "I wrote to john@example.com on Friday.",
        "I was born in 1985.",
        "A table for two.",
        "My number is 555-0199.",
        "It is 206 555 0199.",
        "It is 1-206-555-0199.",
        "020 7946 0958",
        "4929 1176 0034 2291",
    ],
    Ending.OPEN: ["Peter Miller.", "vitamin C", "hello Peter"],
    Ending.NUMBER: [
        "Seven.",
        "I am 45.",
        "I live at 42.",
        "My number is 020 7946.",
        "My number is 1 800 555.",
        "five five five zero one nine nine",
        "My email is john.smith@example.com.",
        "My e-mail is john dot smith at example dot com.",
        "Write to me at anna@post.co.uk",
        "My reference is for Thor's.",
        "My reference is 4th floor.",
        "The zip code is nigh.",
    ],
    Ending.LIST: ["I need apples, pears.", "Two coffees, one tea.", "Monday, Wednesday."],
    Ending.DICTATION: [
        "My number is 555.",
        "My number is 5-5-5.",
        "five five five",
        "0199",
        "The code is 9",
        "It is spelled S, M.",
        "S M I",
        "It is spelled SMI.",
        "The code is AB",
        "My e-mail is john dot smith.",
        "My email was John.smith.",
        "My email address is peter at",
        "john.smith@",
    ],
    Ending.UNFINISHED: [
        "Let me see.",
        "Let me think...",
        "Um",
        "Well,",
        "I would like to know.",
        "My name is.",
        "Can you tell me?",
        "I pressed the button and.",
        "How do I get to the?",
        "I am calling because.",
        "If I come on Monday.",
        "I live in",
        "The thing is —",
    ],
}
CASES = [(text, ending) for ending, texts in SAYINGS.items() for text in texts]


@pytest.mark.parametrize(("text", "ending"), CASES)
def test_english(text: str, ending: Ending) -> None:
    assert ending_of(text, ENGLISH) is ending


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        ("Wie spät ist es?", Ending.QUESTION),
        ("Meine Nummer ist 555.", Ending.NUMBER),
        ("Ich hätte gern …", Ending.UNFINISHED),
        ("Ich komme am Montag und", Ending.OPEN),
        ("Ich wohne in Berlin.", Ending.OPEN),
        ("", Ending.OPEN),
    ],
)
def test_without_a_table_marks_and_figures_speak(text: str, ending: Ending) -> None:
    assert ending_of(text, None) is ending


@given(st.text())
def test_any_text_has_an_ending(text: str) -> None:
    assert isinstance(ending_of(text, ENGLISH), Ending)
    assert isinstance(ending_of(text, None), Ending)


def test_space_around_and_a_capital_in_front_change_nothing() -> None:
    for text, ending in CASES:
        assert ending_of(f"  {text[0].upper()}{text[1:]}  ", ENGLISH) is ending


def test_a_very_long_text_is_read_in_no_time() -> None:
    """By what is looked at, not by the clock: as many phrases as words, whatever their number."""
    looked_at: list[object] = []

    class Noted(frozenset[Phrase]):
        def __contains__(self, phrase: object) -> bool:
            looked_at.append(phrase)
            return False

    names = {item.name: Noted() for item in fields(TurnWords)}
    assert ending_of("word " * 1000, TurnWords(**names)) is Ending.OPEN
    assert len(looked_at) < 30_000


def test_a_text_all_in_capitals_is_no_spelling() -> None:
    assert ending_of("THE CODE WAS FINE.", ENGLISH) is Ending.SENTENCE
    assert ending_of("THE NUMBER IS FINE.", ENGLISH) is not Ending.DICTATION
