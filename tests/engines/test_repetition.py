"""Telling a Whisper that loops from a caller who repeats himself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadyline.engines.repetition import cut_repetition, looks_looped


@pytest.mark.parametrize(
    "text",
    [
        "Yes, please. Yes, please.",
        "I see a cat. I see a cat.",
        "Okay. Okay. Okay. Okay.",
        "the end of the end of the end of the",
        "BEEEEEEEEEEE",
        "ご視聴ありがとうございましたご視聴ありがとうございました",
    ],
)
def test_loops_are_seen(text: str) -> None:
    assert looks_looped(text)


@pytest.mark.parametrize(
    "text", ["", "No, no.", "Hello? Hello?", "no no no", "5 5 5 5 5 1 2 1 2 1 2", "9999999999", "12 12", "Bye-bye."]
)
def test_what_callers_say_is_no_loop(text: str) -> None:
    assert not looks_looped(text)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Thank you. Thank you. Thank you. Thank you. Thank", "Thank you"),
        ("I said the end of the end of the end of the", "I said the end of"),
        ("Right, right, right, right, right, right. Go on.", "Right. Go on."),
        ("9 9 9 9 9 9 9 9", "9"),
        ("BEEEEEEEEEEE", "BE"),
    ],
)
def test_a_certain_loop_is_left_standing_once(text: str, left: str) -> None:
    assert cut_repetition(text, capped=True) == left


@pytest.mark.parametrize(
    "text", ["5 5 5 5 5 5 5", "9999999999", "No, no, no, no.", "My name is Peter. My name is Peter."]
)
def test_without_the_cap_numbers_and_emphasis_stay(text: str) -> None:
    assert cut_repetition(text, capped=False) == text


@given(st.text(st.sampled_from("ab5. ,"), max_size=120), st.booleans())
def test_cutting_never_adds_and_is_done_in_one_go(text: str, capped: bool) -> None:
    once = cut_repetition(text, capped=capped)
    assert len(once) <= len(text)
    assert cut_repetition(once, capped=capped) == once
