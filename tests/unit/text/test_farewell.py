"""What is a farewell as a whole, and what only has one in it."""

import pytest

from steadyline.text.farewell import is_farewell


@pytest.mark.parametrize(
    "text",
    [
        "Bye.",
        "Goodbye!",
        "Good bye",
        "Bye-bye!",
        "Bye, bye.",
        "Okay, bye.",
        "Thank you, goodbye.",
        "That's all, thank you, bye.",
        "That’s all, thanks. Bye!",
        "No, that is all. Thank you very much for your help. Goodbye.",
        "Alright then, see you later!",
        "Thanks, I've got to go now. Bye bye bye.",
        "Have a nice day!",
        "Thank you, you too. Bye.",
        "Good night.",
    ],
)
def test_a_plain_farewell(text: str) -> None:
    assert is_farewell(text, "en")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "Thank you.",
        "That's all.",
        "No, thank you.",
        "I have to go now.",
        "How do you say goodbye in French?",
        "What does bye mean?",
        "I want to buy, bye the way, a ticket.",
        "Bye. Oh, one more question.",
        "Don't say goodbye.",
        "Goodbye Lenin is a film.",
        "Can I see you later?",
        "Did you have a nice day?",
        "Is there a bus at good night",
    ],
)
def test_no_farewell(text: str) -> None:
    assert not is_farewell(text, "en")


def test_a_language_without_a_table_has_no_farewells() -> None:
    assert not is_farewell("Bye.", "xx")
    assert not is_farewell("Bye.", "")


def test_a_very_long_one_is_told_at_once() -> None:
    assert is_farewell("bye " * 5000, "en")
    assert not is_farewell("bye " * 5000 + "x", "en")
