"""What of a text reaches a voice."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadyline.engines.tts import LONGEST_PIECE_CHARS, clamped, spoken_pieces


@given(st.text())
def test_pieces_are_short_and_have_something_to_say(text: str) -> None:
    for piece in spoken_pieces(text):
        assert 0 < len(piece) <= LONGEST_PIECE_CHARS
        assert any(character.isalnum() for character in piece)
        piece.encode("utf-8")
        assert piece.isprintable()


@given(st.lists(st.text("abcdé,.!? 123", min_size=1, max_size=300), max_size=8))
def test_no_letter_is_lost_or_spoken_twice(parts: list[str]) -> None:
    text = " ".join(parts)
    letters = [character for character in text if character.isalnum()]
    assert [character for character in "".join(spoken_pieces(text)) if character.isalnum()] == letters


@pytest.mark.parametrize("text", ["", "  \n", "...", "?!", "👋🏽", "—", "<|im_end|>", "\x00\x07", "\ud800", "[[ ]]"])
def test_nothing_to_say(text: str) -> None:
    assert list(spoken_pieces(text)) == []


def test_sentences_come_one_by_one() -> None:
    assert list(spoken_pieces("It costs 3.50. Do you\nwant it? Yes<|im_end|>")) == [
        "It costs 3.50.",
        "Do you want it?",
        "Yes",
    ]


def test_a_long_sentence_is_cut_at_a_comma_else_at_a_space() -> None:
    listing = ", ".join(["apples and pears"] * 30)
    first, *_ = spoken_pieces(listing)
    assert first.endswith("pears,")
    assert all(piece.split()[-1] == "word" for piece in spoken_pieces("word " * 200))


def test_samples_are_cut_to_full_scale() -> None:
    samples = clamped(np.array([[0.5, -1.5, 2.0]], np.float64))
    assert samples.dtype == np.float32
    assert samples.tolist() == [0.5, -1.0, 1.0]
