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

    The system messages in front and the last message always stay; what follows them begins with a message of the user,
    as chat templates expect.

    Args:
        messages: the conversation, oldest first.
        count_tokens: the prompt's length, as the model's own `count_tokens`; called once per dropped turn.
        limit_tokens: the context less what the answer may take.

    Returns:
        The conversation as it is, or its system messages and its newest turns. If not even the last message fits it is
        returned all the same, and the model raises `EngineError`.
    """
    fixed = 0
    while fixed < len(messages) and messages[fixed].role == "system":
        fixed += 1
    head, turns = list(messages[:fixed]), list(messages[fixed:])
    while len(turns) > 1 and count_tokens([*head, *turns]) > limit_tokens:
        del turns[0]
        while len(turns) > 1 and turns[0].role != "user":
            del turns[0]
    return [*head, *turns]
