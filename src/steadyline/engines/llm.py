"""What every language model takes and gives, and how a history is kept inside a context."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user", "assistant"]
Finish = Literal["stop", "length", "cancelled"]

OnText = Callable[[str], bool]
"""Gets each piece of the answer as it comes and returns True to end the generation at once.

Called with `""` too, while the prompt is still being read, so that even that can be ended.
"""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Completion:
    """How a generation ended.

    Attributes:
        text: all pieces that `on_text` got.
        finish: `"stop"` the answer is complete, `"length"` max_tokens or the context ran out, `"cancelled"` by `on_text`.
        prompt_tokens: length of the prompt; None when the engine did not say (always when cancelled).
        reused_tokens: how many of them did not have to be computed again; None as above.
        generated_tokens: length of the answer; None as above.
    """

    text: str
    finish: Finish
    prompt_tokens: int | None = None
    reused_tokens: int | None = None
    generated_tokens: int | None = None


def fit_history(
    messages: Sequence[Message], *, count_tokens: Callable[[Sequence[Message]], int], limit_tokens: int
) -> list[Message]:
    """Drop the oldest turns until the conversation fits.

    The system messages in front always stay, and so do the user's last message and what follows it (an answer that is to
    be gone on with). What is kept of the turns begins with a message of the user, as chat templates expect.

    Args:
        messages: the conversation, oldest first.
        count_tokens: the prompt's length, as the model's own `count_tokens`; called once per dropped turn.
        limit_tokens: the context less what the answer may take.

    Returns:
        The conversation as it is, or its system messages and its newest turns. If not even the last turn fits it is
        returned all the same, and the model raises `EngineError`.
    """
    fixed = 0
    while fixed < len(messages) and messages[fixed].role == "system":
        fixed += 1
    head, turns = list(messages[:fixed]), list(messages[fixed:])
    newest = max((place for place, message in enumerate(turns) if message.role == "user"), default=len(turns) - 1)
    while newest > 0 and count_tokens([*head, *turns]) > limit_tokens:
        oldest = next(place for place in range(1, newest + 1) if place == newest or turns[place].role == "user")
        del turns[:oldest]
        newest -= oldest
    return [*head, *turns]
