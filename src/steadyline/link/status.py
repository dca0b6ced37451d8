"""What every connection knows of itself: state, attempts, time to establish, last error."""

from dataclasses import dataclass, fields
from typing import Any, Protocol

from steadyline.connections import Connection


class Heartbeat(Protocol):
    """What measures round trips."""

    @property
    def round_trip_s(self) -> float | None: ...


@dataclass
class ConnectionStatus:
    """One connection as `steadyline status` shows it.

    Attributes:
        number, name: of `steadyline.connections.CONNECTIONS`.
        call_id: its call; 0 for a control connection.
        state: "connecting", "open", "lost", "ended", "refused", "polling" or "registered".
        attempts: since the last time it was open (UDP: REGISTERs sent).
        established_ms: from the first attempt to HELLO's answer, of the latest establishment; None before.
        last_error: for people; "" when there was none.
        losses: how often it was lost.
        heartbeat: the open link, whose latest round trip is shown as `round_trip_ms`.
    """

    number: int
    name: str
    call_id: int
    state: str = "connecting"
    attempts: int = 0
    established_ms: float | None = None
    last_error: str = ""
    losses: int = 0
    heartbeat: Heartbeat | None = None

    def as_dict(self) -> dict[str, Any]:
        """A JSON object; without `heartbeat`, with `round_trip_ms`."""
        content = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "heartbeat"}
        round_trip_s = self.heartbeat.round_trip_s if self.heartbeat else None
        content["round_trip_ms"] = None if round_trip_s is None else round(round_trip_s * 1000, 3)
        return content


class StatusBoard:
    """The connections that a process dials or polls, for its status port."""

    def __init__(self) -> None:
        self._statuses: list[ConnectionStatus] = []

    def add(self, connection: Connection, call_id: int, state: str = "connecting") -> ConnectionStatus:
        """A new connection's status; whoever adds it removes it."""
        status = ConnectionStatus(connection.number, connection.name, call_id, state)
        self._statuses.append(status)
        return status

    def remove(self, status: ConnectionStatus) -> None:
        """Forget a connection; forgetting it twice is harmless."""
        if status in self._statuses:
            self._statuses.remove(status)

    def as_dicts(self) -> list[dict[str, Any]]:
        """All of them, as JSON objects."""
        return [status.as_dict() for status in self._statuses]
