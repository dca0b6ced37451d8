"""What a measurement is to the command line."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures import Measured

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Request:
    """What a measurement is asked for.

    Attributes:
        runs: how often; each measurement says what a run is.
        questions: spoken questions, WAV, at least one.
        progress: called with a line of text now and then.
    """

    runs: int
    questions: tuple[Path, ...]
    progress: Progress


@dataclass(frozen=True)
class Measurement:
    """One measurement.

    Attributes:
        name: of its result file.
        title: what is measured, for the table.
        run_is: what one run is.
        default_runs: so many when nobody says.
        measure: does it.
        picture: draws its result file as SVG; None where a table says enough.
    """

    name: str
    title: str
    run_is: str
    default_runs: int
    measure: Callable[[Request], Measured]
    picture: Callable[[dict[str, Any]], str] | None = None
