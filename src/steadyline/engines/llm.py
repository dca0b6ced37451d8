"""What every language model takes and gives, and how a history is kept inside a context."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user", "assistant"]
Finish = Literal["stop", "length", "cancelled"]

OnText = Callable[[str], bool]
"""Gets each piece of the answer as it comes and returns True to end the generation at once.

Called with `""` too, while the prompt is still being read, so that even that can be ended.
"""


KEPT_SHARE = 0.75
"""Of the tokens that a history may have, when its oldest turns are dropped."""


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
    messages: Sequence[Message],
    *,
    count_tokens: Callable[[Sequence[Message]], int],
    limit_tokens: int,
    dropped: int = 0,
) -> list[Message]:
    """Drop the oldest turns until the conversation fits.

    The system messages in front always stay, and so do the user's last message and what follows it (an answer that is to
    be gone on with). What is kept of the turns begins with a message of the user, as chat templates expect.

    What no longer fits is cut down to `KEPT_SHARE` of the limit, and what was dropped stays so: the prompt then begins with
    the same words for many turns, which the model has computed already.

    Args:
        messages: the conversation, oldest first.
        count_tokens: the prompt's length, as the model's own `count_tokens`; called once, and where something is dropped
            some more times, by the logarithm of the conversation's length.
        limit_tokens: the context less what the answer may take.
        dropped: how many messages the last time were dropped of the same conversation.

    Returns:
        The conversation as it is, or its system messages and its newest turns. If not even the last turn fits it is
        returned all the same, and the model raises `EngineError`.
    """
    fixed = 0
    while fixed < len(messages) and messages[fixed].role == "system":
        fixed += 1
    head, turns = list(messages[:fixed]), list(messages[fixed:])
    newest = max((place for place, message in enumerate(turns) if message.role == "user"), default=len(turns) - 1)
    starts = [place for place in range(newest + 1) if place in (0, newest) or turns[place].role == "user"]
    if not starts:
        return head
    first = min(bisect_left(starts, dropped), len(starts) - 1)

    def tokens_from(start: int) -> int:
        return count_tokens([*head, *turns[start:]])

    if first < len(starts) - 1 and tokens_from(starts[first]) > limit_tokens:
        enough = KEPT_SHARE * limit_tokens
        first = bisect_left(starts, True, first + 1, len(starts) - 1, key=lambda start: tokens_from(start) <= enough)
    return [*head, *turns[starts[first] :]]
