"""What the journal knows of a call, as it is read back.

Times are Unix seconds (UTC). Caller audio is numbered by the gateway's sample index at 16 kHz; `heard_samples` of a clause
counts samples of that clause as the line played it, at the line's rate.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClauseRecord:
    """One clause of an answer, journaled before it is sent to be spoken.

    Attributes:
        text: what is to be said; None when the texts of an ended call are not kept.
        heard_samples: how far it was played; None when nothing of it was.
        samples: how long it is; None when that is not known.
    """

    turn: int
    clause: int
    text: str | None
    written_at: float
    heard_samples: int | None
    samples: int | None = None

    @property
    def heard_share(self) -> float | None:
        """How much of it was played, 0 to 1; None when it was begun and its length is not known."""
        if not self.heard_samples:
            return 0.0
        return min(1.0, self.heard_samples / self.samples) if self.samples else None


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """One turn: what the caller said and what was answered. Turn 0 is the greeting, which nobody asked for.

    Attributes:
        start_sample, end_sample: the caller audio that the turn covers, end exclusive; None for the greeting.
        caller_text: None for the greeting, and when the texts of an ended call are not kept.
        clause_count: how many clauses the whole answer has; None while it is still being generated.
        timings_ms: named durations of this turn in milliseconds.
        ends_call: the call is to end when the whole answer was heard.
    """

    turn: int
    start_sample: int | None
    end_sample: int | None
    caller_text: str | None
    language: str | None
    heard_at: float | None
    clauses: tuple[ClauseRecord, ...]
    clause_count: int | None
    finished_at: float | None
    timings_ms: Mapping[str, float]
    ends_call: bool = False

    @property
    def is_typed(self) -> bool:
        """The caller typed it: it covers one tick of their audio, which no spoken turn does (ADR 0031)."""
        return self.start_sample is not None and self.end_sample == self.start_sample + 1

    @property
    def reply_text(self) -> str:
        """All clauses of the answer, joined with single spaces; empty when there are none or their text is not kept."""
        return " ".join(clause.text.strip() for clause in self.clauses if clause.text)


@dataclass(frozen=True, slots=True)
class EventRecord:
    """Something that happened: a digit, a connection lost, a service restarted. `call_uuid` is None for the system's own."""

    call_uuid: str | None
    service: str
    kind: str
    detail: Mapping[str, object]
    at: float


@dataclass(frozen=True, slots=True)
class CallSummary:
    """One call as a line of a list; `turns` counts what the caller said. The other attributes are those of `CallRecord`."""

    call_uuid: str
    call_id: int
    peer: str
    codec: str
    started_at: float
    answered_at: float | None
    ended_at: float | None
    end_reason: str | None
    turns: int


Wait = tuple[str, float]
"""A measured duration of a turn, its name and milliseconds. Plain, since thousands are read at once."""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call with all its turns and events, in order.

    Attributes:
        call_id: the number that ports and log lines show; it is used again by later calls, `call_uuid` never is.
        ended_at, end_reason: None while the call lives.
    """

    call_uuid: str
    call_id: int
    sip_call_id: str
    peer: str
    codec: str
    started_at: float
    answered_at: float | None
    ended_at: float | None
    end_reason: str | None
    turns: tuple[TurnRecord, ...]
    events: tuple[EventRecord, ...]
