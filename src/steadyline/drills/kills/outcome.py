"""One cell's result."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from steadyline.drills.kills.cells import Cell
from steadyline.drills.kills.victims import Victim


@dataclass(frozen=True)
class Judgement:
    """What a caller heard in a call.

    Attributes:
        fault: "" when everything was heard as it should be.
        is_hit: the first strike fell within its moment.
        added_s: how much later than without a strike something was heard; None when nothing was.
        filler_s: how long something was heard that is no word of the answers (drill engines only).
        is_repetition: the only fault is that some words of one clause were heard again.
    """

    fault: str
    is_hit: bool
    added_s: float | None
    filler_s: float = 0.0
    is_repetition: bool = False


@dataclass(frozen=True)
class Outcome:
    """One cell's result.

    Attributes:
        passed: everything was heard as it should be, and the call was not ended.
        is_hit, added_s, filler_s: see `Judgement`.
        reason: "" when it passed, else what was wrong.
        limit: a known limit that the fault is, in words; "" when it is none. Such a cell has not passed.
        victims: who was struck, when (seconds after the answer), and after how long a successor was ready.
        log: what the system logged meanwhile, when it did not pass.
    """

    name: str
    group: str
    moment: str
    passed: bool
    is_hit: bool
    reason: str
    added_s: float | None = None
    filler_s: float = 0.0
    limit: str = ""
    victims: tuple[dict[str, Any], ...] = ()
    log: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, cell: Cell, judgement: Judgement, victims: Sequence[Victim], mishaps: Sequence[str]) -> "Outcome":
        """The outcome, still without the log; `mishaps` are faults beside what was heard, or ""."""
        reason = "; ".join(filter(None, [*mishaps, judgement.fault]))
        added_s = None if judgement.added_s is None else round(judgement.added_s, 3)
        return cls(
            cell.name,
            cell.group,
            cell.moment.value,
            not reason,
            judgement.is_hit,
            reason,
            added_s,
            round(judgement.filler_s, 3),
            cell.limit if judgement.is_repetition and not any(mishaps) else "",
            tuple(victim.as_dict() for victim in victims),
        )

    @classmethod
    def failed(cls, cell: Cell, reason: str) -> "Outcome":
        """There was nothing to judge."""
        return cls(cell.name, cell.group, cell.moment.value, False, False, reason)

    @property
    def told(self) -> str:
        """ "passed", or why not."""
        known = f"known limit: {self.limit} ({self.reason})" if self.limit else self.reason
        return "passed" if self.passed else known

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)
