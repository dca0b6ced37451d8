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


def test_no_more_is_dropped_than_must_be() -> None:
    turns = [Message("user", "u" * 10), Message("assistant", "a" * 10)] * 3 + [Message("user", "u" * 10)]
    fitted = fit_history([SYSTEM, *turns], count_tokens=count, limit_tokens=57)
    assert fitted == [SYSTEM, *turns[2:]]
