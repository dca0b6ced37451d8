"""A history is kept inside a context by dropping its oldest turns."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from steadyline.engines.llm import Message, fit_history

SYSTEM = Message("system", "persona")


def count(messages: Sequence[Message]) -> int:
    return sum(len(message.content) for message in messages)


conversations = st.lists(
    st.builds(Message, st.sampled_from(["user", "assistant"]), st.text("ab ", min_size=1, max_size=30)), min_size=1
).map(lambda turns: [SYSTEM, *turns])


@given(conversations, st.integers(0, 400))
def test_what_remains_is_the_persona_and_the_newest_messages(conversation: list[Message], limit: int) -> None:
    fitted = fit_history(conversation, count_tokens=count, limit_tokens=limit)
    assert fitted[0] == SYSTEM
    assert fitted[-1] == conversation[-1]
    assert fitted[1:] == conversation[len(conversation) - len(fitted) + 1 :]
    assert count(fitted) <= limit or "user" not in [message.role for message in fitted[2:]]


@given(conversations, st.integers(0, 400))
def test_a_trimmed_conversation_begins_with_the_caller(conversation: list[Message], limit: int) -> None:
    fitted = fit_history(conversation, count_tokens=count, limit_tokens=limit)
    assert fitted == conversation or fitted[1].role == "user" or len(fitted) == 2


@given(conversations, st.integers(0, 400))
def test_an_answer_that_is_gone_on_with_keeps_its_question(conversation: list[Message], limit: int) -> None:
    begun = [*conversation, Message("user", "why"), Message("assistant", "Because")]
    assert fit_history(begun, count_tokens=count, limit_tokens=limit)[-2:] == begun[-2:]


def test_a_conversation_that_fits_is_left_alone() -> None:
    greeted = [SYSTEM, Message("assistant", "Hello."), Message("user", "Hi.")]
    assert fit_history(greeted, count_tokens=count, limit_tokens=count(greeted)) == greeted


def test_of_what_no_longer_fits_three_quarters_are_kept() -> None:
    turns = [Message("user", "u" * 10), Message("assistant", "a" * 10)] * 10 + [Message("user", "u" * 10)]
    limit = 200
    fitted = fit_history([Message("system", ""), *turns], count_tokens=count, limit_tokens=limit)
    assert count(fitted) == 150


def test_a_prompt_begins_with_the_same_words_for_many_turns_and_is_counted_once() -> None:
    """A call of an hour: what was dropped stays so, and the model need not compute everything anew in each turn."""
    counted, dropped, began = 0, 0, set()

    def counting(messages: Sequence[Message]) -> int:
        nonlocal counted
        counted += 1
        return count(messages)

    turns: list[Message] = []
    for number in range(300):
        turns.append(Message("user", f"{number:010}"))
        fitted = fit_history([SYSTEM, *turns], count_tokens=counting, limit_tokens=400, dropped=dropped)
        dropped = max(dropped, 1 + len(turns) - len(fitted))
        assert count(fitted) <= 400
        began.add(fitted[1].content)
        turns.append(Message("assistant", "a" * 10))
    assert len(began) <= 300 / 4
    assert counted <= 3 * 300


@given(conversations, st.integers(0, 400), st.integers(0, 40))
def test_what_was_dropped_before_stays_dropped(conversation: list[Message], limit: int, dropped: int) -> None:
    fitted = fit_history(conversation, count_tokens=count, limit_tokens=limit, dropped=dropped)
    newest = max(
        (place for place, message in enumerate(conversation) if message.role == "user"), default=len(conversation) - 1
    )
    assert len(conversation) - len(fitted) >= min(dropped, newest - 1)
    assert fitted[-1] == conversation[-1]
