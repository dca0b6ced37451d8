"""What the language model is told of the conversation."""

import pytest

from steadyline.calls.records import ClauseRecord, TurnRecord
from steadyline.services.dialogue import Dialogue

RATE_HZ = 8000


def spoken(dialogue: Dialogue, turn: int, *clauses: str) -> None:
    for text in clauses:
        dialogue.said(turn, text)
    dialogue.finished(turn)


def heard(dialogue: Dialogue, turn: int, clause: int, sample: int, of: int) -> None:
    dialogue.heard({"turn": turn, "clause": clause, "sample": sample, "of": of, "rate_hz": RATE_HZ})


def told(dialogue: Dialogue, asked: str = "") -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in dialogue.prompt(asked)]


def test_an_answer_that_was_heard_is_told_whole() -> None:
    dialogue = Dialogue(barges_in=True)
    dialogue.asked(1, "What is red?")
    spoken(dialogue, 1, "Roses are.", "Some of them.")
    heard(dialogue, 1, 0, 800, 800)
    heard(dialogue, 1, 1, 900, 900)
    dialogue.asked(2, "And blue?")
    assert told(dialogue) == [
        ("user", "What is red?"),
        ("assistant", "Roses are. Some of them."),
        ("user", "And blue?"),
    ]


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.0, ""), (0.1, "Roses"), (0.5, "Roses are red and"), (0.97, "Roses are red and violets are blue.")],
)
def test_of_an_answer_that_was_interrupted_the_words_that_were_heard_are_told(share: float, said: str) -> None:
    dialogue = Dialogue(barges_in=True)
    dialogue.asked(1, "Tell me.")
    spoken(dialogue, 1, "Roses are red and violets are blue.", "Sugar is sweet.")
    heard(dialogue, 1, 0, round(share * 8000), 8000)
    dialogue.asked(2, "Stop.")
    expected = [("user", "Tell me."), ("assistant", said), ("user", "Stop.")]
    assert told(dialogue) == (expected if said else [("user", "Tell me. Stop.")])


def test_what_is_reported_late_counts() -> None:
    """The news of what was played may come after the interruption, when a voice was away."""
    dialogue = Dialogue(barges_in=True)
    dialogue.asked(1, "Tell me.")
    spoken(dialogue, 1, "One two.")
    dialogue.asked(2, "Stop.")
    heard(dialogue, 1, 0, 8000, 8000)
    assert ("assistant", "One two.") in told(dialogue)


def test_a_turn_that_perhaps_follows_is_told_as_if_it_interrupted() -> None:
    dialogue = Dialogue(barges_in=True)
    dialogue.asked(1, "Tell me.")
    spoken(dialogue, 1, "One two three four.")
    heard(dialogue, 1, 0, 4000, 8000)
    assert told(dialogue, "Stop.") == [("user", "Tell me."), ("assistant", "One two"), ("user", "Stop.")]
    assert told(dialogue) == [("user", "Tell me.")], "and nothing has happened yet"


def test_without_barge_in_answers_are_told_whole() -> None:
    dialogue = Dialogue(barges_in=False)
    dialogue.asked(1, "Tell me.")
    spoken(dialogue, 1, "One two three four.")
    dialogue.asked(2, "Stop.")
    assert ("assistant", "One two three four.") in told(dialogue)


def test_an_answer_is_heard_when_its_last_clause_is_but_for_a_moment() -> None:
    dialogue = Dialogue(barges_in=True)
    dialogue.asked(1, "Tell me.")
    dialogue.said(1, "One two.")
    heard(dialogue, 1, 0, 8000, 8000)
    assert not dialogue.is_heard(1, but_s=1.0), "more is being written"
    spoken(dialogue, 1, "Three four.")
    assert not dialogue.is_heard(1, but_s=1.0), "its length is not known"
    heard(dialogue, 1, 1, RATE_HZ, 2 * RATE_HZ)
    assert dialogue.is_heard(1, but_s=1.0) and not dialogue.is_heard(1, but_s=0.9)
    heard(dialogue, 1, 1, 2 * RATE_HZ, 2 * RATE_HZ)
    assert dialogue.is_heard(1)


def test_the_greeting_is_no_part_of_the_prompt_and_without_one_nothing_is_to_be_heard() -> None:
    dialogue = Dialogue(barges_in=True)
    assert dialogue.is_heard(0)
    spoken(dialogue, 0, "Hello.")
    assert not dialogue.is_heard(0)
    dialogue.asked(1, "Hi.")
    assert told(dialogue) == [("user", "Hi.")]


def test_a_call_is_taken_up_from_the_journal() -> None:
    def record(
        turn: int, asked: str, *clauses: tuple[str, int | None, int | None], is_whole: bool = True
    ) -> TurnRecord:
        said = tuple(ClauseRecord(turn, place, text, 0.0, *rest) for place, (text, *rest) in enumerate(clauses))
        return TurnRecord(turn, 0, 1, asked, "en", 0.0, said, len(said) if is_whole else None, 0.0, {})

    dialogue = Dialogue(barges_in=True)
    dialogue.restore(
        [
            record(1, "A?", ("One two.", 800, 800)),
            record(2, "B?", ("Three four.", 400, 800), ("Five.", None, None)),
            record(3, "C?", ("Six.", None, None), is_whole=False),
        ]
    )
    assert told(dialogue) == [
        ("user", "A?"),
        ("assistant", "One two."),
        ("user", "B?"),
        ("assistant", "Three"),
        ("user", "C?"),
    ]
    assert dialogue.unfinished(3) == 1 and dialogue.unfinished(2) is None


def test_clauses_before_one_that_was_heard_were_heard_although_nobody_told() -> None:
    """The language model's service was away meanwhile, and only the newest is told again."""
    dialogue = Dialogue(barges_in=True)
    dialogue.asked(1, "Tell me.")
    spoken(dialogue, 1, "Roses are red.", "Violets are blue.", "Sugar is sweet.")
    heard(dialogue, 1, 1, 4000, 8000)
    dialogue.asked(2, "Stop.")
    assert told(dialogue)[1] == ("assistant", "Roses are red. Violets")


def test_a_clause_without_a_sound_is_heard_at_once_also_when_it_is_restored() -> None:
    for samples, is_heard in ((0, True), (None, False)):
        dialogue = Dialogue(barges_in=True)
        clause = ClauseRecord(1, 0, "Xylophone.", 0.0, 0, samples)
        dialogue.restore([TurnRecord(1, 0, 0, "Yes?", None, 0.0, (clause,), 1, 0.0, {})])
        assert dialogue.is_heard(1) is is_heard
