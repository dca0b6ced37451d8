"""Clauses as a listener would want them, out of a model's text."""

import pytest

from steadyline.text.clauses import ClauseSplitter
from steadyline.text.phrase_starts import PHRASE_STARTS, breaks_off


def split(text: str) -> list[str]:
    splitter = ClauseSplitter()
    return [*splitter.feed(text), *splitter.flush()]


def test_sentences_come_one_by_one() -> None:
    assert split("The capital of France is Paris. It lies on the Seine. Would you like more?") == [
        "The capital of France is Paris.",
        "It lies on the Seine.",
        "Would you like more?",
    ]


def test_the_first_clause_is_there_as_soon_as_its_end_is_certain() -> None:
    splitter = ClauseSplitter()
    assert splitter.feed("Sure, I can help you with that") == []
    assert splitter.feed(",") == []
    assert splitter.feed(" if") == ["Sure, I can help you with that,"]


BEFORE = frozenset({"is", "which", "in"})


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        (
            "The capital of France is Paris. It lies on the Seine.",
            ["The capital of France", "is Paris. It lies on the Seine."],
        ),
        (
            "The sea in winter is cold which one likes in summer.",
            ["The sea in winter", "is cold which one likes in summer."],
        ),
        ("Paris is in France.", ["Paris is in France."]),
        ("Bees make honey, which is sweet.", ["Bees make honey,", "which is sweet."]),
        ("The capital of France is", ["The capital of France is"]),
        ("The capital of France is Paris", ["The capital of France", "is Paris"]),
        (
            "What a lovely island. Is that so? The answer is no.",
            ["What a lovely island.", "Is that so? The answer is no."],
        ),
        ("The capital of France IS Paris.", ["The capital of France", "IS Paris."]),
        ("Your number is 555-0199.", ["Your number is", "555-0199."]),
        ("Please call us at (555) 0199 today.", ["Please call us at", "(555) 0199 today."]),
        ("Your number: +1555 0199.", ["Your number:", "+1555 0199."]),
        ("Half of that, or 250 euros.", ["Half of that,", "or 250 euros."]),
        ("555-0199 is your number.", ["555-0199 is your number."]),
        ("The price in\nis what I asked in vain.", ["The price in", "is what I asked in vain."]),
    ],
)
def test_the_first_clause_may_end_before_a_word_that_begins_a_phrase(text: str, clauses: list[str]) -> None:
    for size in (1, 2, 5, len(text)):
        splitter = ClauseSplitter(first_before=BEFORE)
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        assert [*(clause for piece in pieces for clause in splitter.feed(piece)), *splitter.flush()] == clauses


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("A week is seven days.", ["A week", "is seven days."]),
        ("It is so.", ["It is so."]),
        ("You can have three apples, and three pears.", ["You can", "have three apples,", "and three pears."]),
        ("Your number is 555-0199.", ["Your number", "is 555-0199."]),
        ("A telephone is a means of talking which is old.", ["A telephone", "is a means of talking", "which is old."]),
        ("Paris, is it?", ["Paris,", "is it?"]),
        ("The capital of France is a city, of course.", ["The capital of France", "is a city, of course."]),
        ("A week is long. It has seven days which pass.", ["A week", "is long.", "It has seven days which pass."]),
    ],
)
def test_a_short_phrase_is_followed_by_a_short_clause(text: str, clauses: list[str]) -> None:
    """What is heard of it lasts no longer than a voice takes for that."""
    for size in (1, 3, len(text)):
        splitter = ClauseSplitter(first_before=BEFORE | {"have"}, first_phrase_chars=6)
        for _ in range(2):
            pieces = [text[at : at + size] for at in range(0, len(text), size)]
            assert [*(clause for piece in pieces for clause in splitter.feed(piece)), *splitter.flush()] == clauses


def test_a_clause_without_a_mark_breaks_off() -> None:
    assert breaks_off("The capital of France") and breaks_off("what is called (a)")
    for whole in ("is Paris.", "Sure, I can help you,", 'She said "wait."', "Really?", "Etc…", ""):
        assert not breaks_off(whole)


def test_phrases_begin_with_small_letters() -> None:
    assert all(word == word.lower() and word.isalpha() for words in PHRASE_STARTS.values() for word in words)


def test_a_short_answer_is_spoken_at_once_when_more_follows() -> None:
    assert split("Yes. The shop is open until eight.") == ["Yes.", "The shop is open until eight."]


def test_short_later_sentences_are_spoken_together() -> None:
    assert split("That is right. Yes. No. We open at nine in the morning.") == [
        "That is right.",
        "Yes. No. We open at nine in the morning.",
    ]


@pytest.mark.parametrize(
    "whole",
    [
        "the number pi is about 3.14 in most books",
        "please ask Dr. Smith and Mrs. Jones about it",
        "use fruit, e.g. apples or i.e. something sweet",
        "it costs $1,000 or 1,250.50 in all",
        "the train leaves at 10:30 or 11:45",
        "we open at 9 a.m. and close at 5 p.m. every day",
        "see https://example.com/a.b?c=d,e;f:g for more",
        "write to jane.doe@example.co.uk about it",
        "well... I would rather not say... not now",
        "that was J. R. R. Tolkien who wrote it",
        "we are in the U.S. and the U.K. today",
        "take bus No. 5 to St. Mary on Jan. 5 or so",
        'she said "wait" (twice) and left',
        "Apple Inc. makes them, vs. others",
    ],
)
def test_marks_inside_words_and_numbers_do_not_cut(whole: str) -> None:
    before = "This is the sentence before it."
    assert split(f"{before} {whole}. And this is the one after.") == [
        before,
        f"{whole}.",
        "And this is the one after.",
    ]


def test_closing_quotes_and_emphasis_stay_with_their_sentence() -> None:
    assert split('He asked: "Are you coming with us?" **Then he left for good.** Nobody knew why.') == [
        'He asked: "Are you coming with us?"',
        "**Then he left for good.**",
        "Nobody knew why.",
    ]


def test_the_items_of_a_list_are_clauses() -> None:
    assert split("You need:\n1. Flour\n2. Two eggs\n\n- and milk") == [
        "You need:",
        "1. Flour",
        "2. Two eggs",
        "- and milk",
    ]


def test_a_long_sentence_is_cut_at_a_comma() -> None:
    text = (
        "Here it comes. " + "one two three four five six seven eight nine ten eleven twelve, " * 3 + "and that is all."
    )
    clauses = split(text)
    assert clauses[0] == "Here it comes."
    assert len(clauses) > 2 and all(clause.endswith(",") for clause in clauses[1:-1])


def test_words_without_any_mark_are_cut_at_a_space() -> None:
    clauses = split("word " * 300)
    assert " ".join(clauses).split() == ["word"] * 300
    assert len(clauses[0]) <= 100 and all(len(clause) <= 200 for clause in clauses)


def test_text_without_spaces_is_bounded_too() -> None:
    clauses = split("x" * 1000)
    assert "".join(clauses) == "x" * 1000 and max(map(len, clauses)) <= 200


def test_chinese_and_japanese_sentences_need_no_space() -> None:
    assert split("你好。请问您今天需要什么帮助？我们可以为您预订一张明天早上去北京的火车票。谢谢您。") == [
        "你好。",
        "请问您今天需要什么帮助？我们可以为您预订一张明天早上去北京的火车票。",
        "谢谢您。",
    ]


def test_nothing_gives_nothing() -> None:
    assert split("") == split(" \n ") == []


def test_after_a_flush_the_next_answer_begins_anew() -> None:
    splitter = ClauseSplitter()
    splitter.feed("One answer that is complete. And")
    assert splitter.flush() == ["And"]
    assert splitter.feed("Yes. And") == ["Yes."]


def test_limits_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="min_chars"):
        ClauseSplitter(min_chars=100, comma_chars=50)
