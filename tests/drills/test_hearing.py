"""What a caller heard against what was to be heard, word by word."""

import pytest

from steadyline.drills.simulate.hearing import ExpectedClause, Listener
from steadyline.drills.tone_speech import GAP_S, WORD_S, HeardWord

CLAUSES = [ExpectedClause(("alpha", "one", "two")), ExpectedClause(("alpha", "three"))]
ALL = "alpha one two alpha three"


def heard(text: str) -> list[HeardWord]:
    """Words after one another; `word*0.5` is half of one."""
    pieces, at_s = [], 0.0
    for item in text.split():
        word, _, share = item.partition("*")
        duration_s = WORD_S * float(share or 1)
        pieces.append(HeardWord(word, at_s, duration_s))
        at_s += duration_s + GAP_S
    return pieces


def verdict(text: str, *, is_whole: bool = True, may_lose: bool = False) -> str:
    return Listener(CLAUSES, [], may_lose=may_lose).misheard(heard(text), is_whole=is_whole)


@pytest.mark.parametrize("text", [ALL, "alpha one*0.3 one*0.7 two alpha three", "alpha one two alpha*0.95 three*1.05"])
def test_every_word_once_and_in_order_is_well_also_in_pieces(text: str) -> None:
    assert verdict(text) == ""


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "heard nothing more after 'nothing', expected 'alpha'"),
        ("alpha one two alpha", "expected 'three'"),
        ("alpha two alpha three", "heard 120 ms of 'two' at 0.16 s, expected 'one'"),
        ("alpha one one two alpha three", "heard 120 ms of 'one' at 0.32 s, expected 'two'"),
        ("alpha two one alpha three", "of 'two'"),
        ("alpha one*0.5 two alpha three", "expected 'two' or the rest of 'one'"),
        (f"{ALL} three*0.5", "of 'three' at 0.80 s, expected nothing"),
        (f"{ALL} bravo", "of 'bravo' at 0.80 s, expected nothing"),
    ],
)
def test_what_is_lost_doubled_swapped_or_foreign_is_named_with_its_place(text: str, complaint: str) -> None:
    assert complaint in verdict(text)


@pytest.mark.parametrize("text", ["", "alpha one", "alpha one*0.4"])
def test_a_call_that_broke_off_has_heard_a_beginning(text: str) -> None:
    assert verdict(text, is_whole=False) == ""
    assert verdict(text) != ""


@pytest.mark.parametrize("text", ["two alpha three", "alpha*0.5 two alpha three"])
def test_a_call_whose_gateway_was_away_may_lose_words_but_hears_none_twice(text: str) -> None:
    assert verdict(text, may_lose=True) == ""
    assert "expected" in verdict(f"{text} one", may_lose=True)
    assert "nothing more" in verdict("alpha one two", may_lose=True)


def test_a_clause_may_begin_again_only_where_outbound_was_lost_and_if_it_was_rendered_again() -> None:
    pieces = heard("alpha one alpha one two alpha three")
    lost_at_s = pieces[1].start_s + pieces[1].duration_s
    again = [ExpectedClause(CLAUSES[0].words, is_rendered_again=True), CLAUSES[1]]
    assert Listener(again, [lost_at_s]).misheard(pieces, is_whole=True) == ""
    assert Listener(CLAUSES, [lost_at_s]).misheard(pieces, is_whole=True) != ""
    assert Listener(again, []).misheard(pieces, is_whole=True) != ""
    assert Listener(again, [lost_at_s + 5.0]).misheard(pieces, is_whole=True) != ""


def test_a_scrap_between_words_is_no_word() -> None:
    assert verdict("alpha one two*0.05 two alpha three") == ""
    assert verdict("alpha bravo*0.05 one two alpha three") == ""
