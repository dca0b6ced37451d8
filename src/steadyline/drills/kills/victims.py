"""Whoever was struck."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass
class Victim:
    """A process that was struck.

    Attributes:
        service: of `cells.SERVICES`, or the standby.
        signal: "kill" or "stop".
        at_s: when, on the caller's clock.
        pid: which process it was.
        back_after_s: until its successor was ready, seconds; None while it is not.
    """

    service: str
    signal: str
    at_s: float
    pid: int
    back_after_s: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {key: round(value, 3) if isinstance(value, float) else value for key, value in asdict(self).items()}
