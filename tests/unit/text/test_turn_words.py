"""A table of words: what is read, and what people are told when it is wrong."""

import pytest

from steadyline.errors import ConfigError
from steadyline.text.turn_words import turn_words, words_of


def test_words_are_lower_case_without_marks() -> None:
    assert words_of("I'd say: 7 p.m., S-M-I, e-mail 0199!") == (
        "i'd",
        "say",
        "7",
        "pm",
        "s",
        "m",
        "i",
        "e",
        "mail",
        "0199",
    )


def test_what_a_table_leaves_out_is_empty() -> None:
    table = turn_words('answers = ["Ja", "Vielen Dank!"]', "de.toml")
    assert table.answers == {("ja",), ("vielen", "dank")}
    assert table.dangling == frozenset()


@pytest.mark.parametrize(
    ("toml", "complaint"),
    [
        ("answers = [", "de.toml: is not TOML"),
        ('answer = ["ja"]', "de.toml: unknown key answer; known are answers, "),
        ('answers = "ja"', "de.toml: answers is 'ja', expected a list of texts"),
        ("answers = [1]", "de.toml: answers has 1, expected texts of 1 to 8 words"),
        ('answers = ["one two three four five six seven eight nine"]', "expected texts of 1 to 8 words"),
        ('answers = ["…"]', "de.toml: answers has '…', expected texts of 1 to 8 words"),
    ],
)
def test_a_wrong_table_is_told(toml: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as told:
        turn_words(toml, "de.toml")
    assert complaint in str(told.value)
