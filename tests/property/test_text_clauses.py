"""The clauses depend on the text, not on the pieces it came in; no word is lost or doubled."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from steadyline.text.clauses import ClauseSplitter
from steadyline.text.speakable import speakable

words = st.sampled_from(
    [
        "Yes",
        "no",
        "the",
        "capital",
        "of",
        "France",
        "is",
        "Paris",
        "Dr.",
        "Mr.",
        "e.g.",
        "a.m.",
        "p.m.",
        "U.S.",
        "J.",
        "I",
        "3.14",
        "1,000",
        "10:30",
        "No.",
        "etc.",
        "Jan.",
        "5",
        "https://a.b/c,d:e",
        "x@y.org",
        "well...",
        "…",
        "**bold**",
        '"quoted."',
        "(aside)",
        "!",
        "?",
        ".",
        ",",
        ";",
        ":",
        "-",
        "\n",
        "\n\n",
        "1.",
        "你好。",
        "¿qué?",
        "🙂",
        "`x`",
        "supercalifragilistic",
    ]
)
marks = st.sampled_from([" ", " ", " ", ". ", ", ", "! ", "? ", ": ", "\n", "", "  "])
texts = st.lists(st.tuples(words, marks), max_size=80).map(lambda parts: "".join(w + m for w, m in parts))


def split(pieces: list[str]) -> list[str]:
    splitter = ClauseSplitter()
    return [clause for piece in pieces for clause in splitter.feed(piece)] + splitter.flush()


def without_space(text: str) -> str:
    return "".join(text.split())


@settings(max_examples=300)
@given(texts | st.text(max_size=400), st.lists(st.integers(0, 30), min_size=1, max_size=20))
@example("One. \n* Two", [1])
def test_the_pieces_make_no_difference(text: str, sizes: list[int]) -> None:
    pieces, at, turn = [], 0, 0
    while at < len(text):
        size = sizes[turn % len(sizes)] or 1
        pieces.append(text[at : at + size])
        at, turn = at + size, turn + 1
    whole = split([text])
    assert split(pieces) == whole
    assert split(list(text)) == whole


@settings(max_examples=300)
@given(texts | st.text(max_size=600))
def test_no_word_is_lost_or_doubled(text: str) -> None:
    clauses = split([text])
    assert without_space("".join(clauses)) == without_space(text)
    assert all(clause and clause == clause.strip() for clause in clauses)
    assert all(len(clause) <= 204 for clause in clauses)


@settings(max_examples=300)
@given(texts | st.text(max_size=300))
def test_what_is_spoken_is_one_line_of_printable_text_and_stays_so(text: str) -> None:
    spoken = speakable(text)
    assert spoken == spoken.strip() and "  " not in spoken and "\n" not in spoken
    assert all(character.isprintable() or character in "\u200c\u200d" for character in spoken)


@settings(max_examples=100)
@given(st.lists(st.from_regex(r"[A-Za-z0-9]{1,8}[.,!?;:]?", fullmatch=True), max_size=30))
def test_plain_words_and_numbers_are_spoken_as_they_are(plain: list[str]) -> None:
    assert speakable(" ".join(plain)) == " ".join(plain)
