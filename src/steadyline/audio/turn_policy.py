"""How long a pause has to be before the turn is over: a table over what the words look like, bent a little by what else is known.

Pure: words and this caller's habits in, milliseconds of silence out. What a new inbound would not decide again is
told to the gateway (docs/decisions/0024).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from steadyline.text.completeness import Ending

WAITS_MS: Mapping[Ending, int | None] = MappingProxyType(
    {
        Ending.ANSWER: 300,
        Ending.QUESTION: 350,
        Ending.SENTENCE: 550,
        Ending.OPEN: None,
        Ending.NUMBER: 900,
        Ending.LIST: 1600,
        Ending.DICTATION: 2000,
        Ending.UNFINISHED: 2000,
    }
)
"""Silence after which the turn is over, by what the words look like; None: as if nothing was known. `steadyline bench
endpointing` measures what they come to (docs/benchmarks.md)."""

UNFINISHED = frozenset({Ending.LIST, Ending.DICTATION, Ending.UNFINISHED})
"""Where words alone say that more comes."""


@dataclass(frozen=True, slots=True)
class TurnWaits:
    """The bounds of every wait, in ms of silence.

    Attributes:
        shortest_ms, longest_ms: no decision by words is sooner or later.
        unknown_ms: where nothing is known of the words.
    """

    shortest_ms: int = 300
    longest_ms: int = 2000
    unknown_ms: int = 600


def wait_ms(ending: Ending | None, waits: TurnWaits, *, caller_factor: float = 1.0) -> float:
    """The silence after which the turn is over, ms.

    Args:
        ending: what the words look like; None: they are not known (the recogniser is busy, dead or slow), and
            `waits.unknown_ms` it is, whatever else is known.
        waits: the bounds.
        caller_factor: how long this caller's pauses are, as a factor (`CallerPauses.factor`).
    """
    if ending is None:
        return waits.unknown_ms
    row_ms = WAITS_MS[ending]
    wanted_ms = (waits.unknown_ms if row_ms is None else row_ms) * caller_factor
    return min(waits.longest_ms, max(waits.shortest_ms, wanted_ms))
