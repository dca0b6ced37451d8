"""What a measurement comes to: figures with their bounds, and the numbers behind them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Figure:
    """One number that sums up many.

    Attributes:
        name: what was measured, with its conditions.
        value: in `unit`.
        unit: "s", "ms", "MB" (1 000 000 bytes), "kB", "% of a core", "dB", "turns", "calls", "utterances", "per minute", "%",
            "% of packets", "% of lost packets", "points" (of a percentage), or "of the peer's" and "of the usual" for ratios.
        statistic: how it was got from the raw values: "median", "p90", "max", "number", …
        samples: how many raw values there were.
        bound: the most that the issue allows; None where it names none.
    """

    name: str
    value: float
    unit: str
    statistic: str
    samples: int
    bound: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the bound holds; None without one."""
        return None if self.bound is None else self.value <= self.bound

    def as_dict(self) -> dict[str, Any]:
        """A JSON object, `met` included."""
        return {**asdict(self), "met": self.met}


@dataclass(frozen=True)
class Measured:
    """What one measurement returns.

    Attributes:
        raw: every value that was read, as JSON.
        figures: the summary.
    """

    raw: dict[str, Any]
    figures: tuple[Figure, ...]


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which `percent` (0 to 100) of the values lie, linear between neighbours (Hyndman and Fan, type 7)."""
    return float(np.percentile(np.asarray(values, np.float64), percent))


def median(name: str, values: Sequence[float], unit: str, bound: float | None = None) -> Figure:
    """The figure in the middle of the values."""
    return Figure(name, round(percentile(values, 50), 3), unit, "median", len(values), bound)


def at_percent(name: str, values: Sequence[float], percent: int, unit: str, bound: float | None = None) -> Figure:
    """The figure at a percentile."""
    return Figure(name, round(percentile(values, percent), 3), unit, f"p{percent}", len(values), bound)


def largest(name: str, values: Sequence[float], unit: str, bound: float | None = None) -> Figure:
    """The largest of the values, for what must never be longer."""
    return Figure(name, round(max(values), 3), unit, "max", len(values), bound)
