"""What somebody typed: one line of visible text, or a reason why not."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadyline.text.typed_line import TypedLineError, typed_line


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("What is the capital of France?", "What is the capital of France?"),
        ("  two\tlines\r\nand\u2028more  ", "two lines and more"),
        ("e\u0301te\u0301", "été"),
        ("a\x00b\x1b[31mc\x7f", "ab[31mc"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d🚀 \ufeffgo", "👩\u200d🚀 go"),
        ("<b>bold</b> & 'quoted'", "<b>bold</b> & 'quoted'"),
    ],
)
def test_it_is_made_one_line_of_what_can_be_seen(typed: str, line: str) -> None:
    assert typed_line(typed, 100) == line


@pytest.mark.parametrize("typed", ["", " ", "\n\t\r", "\x00\x07", "\u200b\u200d\ufeff", "\u00a0"])
def test_nothing_is_refused(typed: str) -> None:
    with pytest.raises(TypedLineError, match="the line is empty"):
        typed_line(typed, 100)


@pytest.mark.parametrize("typed", ["x" * 101, "x " * 10_000_000, "\ufdfa" * 101])
def test_too_much_is_refused_with_what_is_allowed(typed: str) -> None:
    with pytest.raises(TypedLineError, match=r"allowed are 100 \(gateway.typed_max_chars\)"):
        typed_line(typed, 100)


def test_what_is_cut_away_does_not_count() -> None:
    assert typed_line(" " * 500 + "x" * 100 + "\n" * 300, 100) == "x" * 100


@given(st.text(max_size=300))
def test_whatever_is_typed_gives_a_clean_line_or_a_reason(typed: str) -> None:
    try:
        line = typed_line(typed, 100)
    except TypedLineError:
        return
    assert 0 < len(line) <= 100 and line == line.strip()
    assert not {unicodedata.category(one) for one in line} & {"Cc", "Cs", "Zl", "Zp"}
    assert typed_line(line, 100) == line
