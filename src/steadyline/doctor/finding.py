"""What a check found, and what mends it."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from steadyline.errors import SteadylineError

Severity = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report.

    Attributes:
        check: what was looked at, e.g. "models".
        severity: "ok"; "warning": the system runs, but not as well or not for everybody; "error": it cannot run.
        text: what was found, for people.
        mend: what to do, e.g. "run: steadyline models fetch whisper-base"; empty when there is nothing to do.
    """

    check: str
    severity: Severity
    text: str
    mend: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


def from_error(check: str, error: SteadylineError) -> Finding:
    """An error whose text ends, as ours do, with what to do after a semicolon."""
    text, _, mend = str(error).rpartition("; ")
    return Finding(check, "error", text, mend) if text else Finding(check, "error", str(error))
