"""What every connection knows of itself: its state and since when, its losses, how it was healed, its heartbeat."""

from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from steadyline.clock import Clock
from steadyline.connections import Connection
from steadyline.metrics import ConnectionMetrics, Metrics, Side
from steadyline.recorder.recorder import CallRecording

FLAPS_WITHIN_S = 3600.0
FLAPS_KEPT = 1000
"""Of a connection that is lost more often within the hour, this many are shown."""


class Heartbeat(Protocol):
    """What measures round trips and notes when the peer was heard of."""

    @property
    def round_trip_s(self) -> float | None: ...

    @property
    def last_frame_at(self) -> float: ...


class ConnectionStatus:
    """One connection as `steadyline status` shows it; it tells the metrics what becomes of it.

    Attributes:
        number, name: of `steadyline.connections.CONNECTIONS`.
        call_id: its call; 0 for a control connection.
        side: what this process does: it "dials", "polls" (UDP) or "accepts".
        state: "connecting", "open", "lost", "ended", "refused"; of UDP "polling" or "registered".
        attempts: since the last time it was open (UDP: REGISTERs sent; accepted: HELLOs admitted, always 1).
        established_ms: from the first attempt to HELLO's answer, of the latest establishment; None before.
        last_error: for people; "" when there was none.
        losses: how often it was lost while it was open.
        gap_ms: from the latest loss that was healed to being open again; None before.
        recording: of its call, which is told what becomes of it; None when there is none.

    Args:
        on_change: called when its state is another.
    """

    def __init__(
        self,
        connection: Connection,
        call_id: int,
        side: Side,
        state: str,
        clock: Clock,
        metrics: ConnectionMetrics,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self.number, self.name, self.call_id, self.side = connection.number, connection.name, call_id, side
        self.state = state
        self.attempts = 0
        self.established_ms: float | None = None
        self.last_error = ""
        self.losses = 0
        self.gap_ms: float | None = None
        self.recording: CallRecording | None = None
        self._clock = clock
        self._metrics = metrics
        self._on_change = on_change
        self._since = self._begun_at = clock.now()
        self._lost_at: float | None = None
        self._healed_at: float | None = None
        self._is_lost = False
        self._flaps: deque[float] = deque(maxlen=FLAPS_KEPT)
        self._heartbeat: Heartbeat | None = None
        metrics.moved(None, state)

    def __repr__(self) -> str:
        return f"<ConnectionStatus {self.number} {self.name} call={self.call_id} {self.state} lost={self.losses}>"

    def begin(self, at: float | None = None) -> None:
        """It is tried anew, from the first attempt; `at` if that was before now."""
        self.attempts = 0
        self._begun_at = self._clock.now() if at is None else at

    def attempted(self) -> None:
        """It is dialed, a REGISTER is sent, or a HELLO was admitted."""
        self.attempts += 1
        self._metrics.attempted()

    def failed(self, error: str) -> None:
        """An attempt came to nothing."""
        self.last_error = error
        self._record("failed", attempt=self.attempts, error=error)

    def opened(self, heartbeat: Heartbeat | None, state: str = "open") -> None:
        """HELLO was answered."""
        now = self._clock.now()
        self._heartbeat, self.last_error = heartbeat, ""
        self.established_ms = round((now - self._begun_at) * 1000, 3)
        self._metrics.opened(now - self._begun_at)
        if self._is_lost and self._lost_at is not None:
            gap_s = now - self._lost_at
            self._is_lost, self._healed_at, self.gap_ms = False, now, round(gap_s * 1000, 3)
            self._metrics.healed(gap_s, self._clock.wall())
            self._record("healed", attempts=self.attempts, gap_ms=self.gap_ms)
        else:
            self._record(state, attempts=self.attempts, established_ms=self.established_ms)
        self._enter(state)

    def resent(self, frames: int) -> None:
        """What was kept was sent when it was opened; the first time nothing is sent *again*."""
        if self.losses:
            self._metrics.resent(frames)
            self._record("resent", frames=frames)

    def lost(self, error: str, state: str = "lost") -> None:
        """It was open, and is gone without BYE."""
        now = self._clock.now()
        self.losses += 1
        self._flaps.append(now)
        self._heartbeat, self.last_error = None, error
        self._is_lost, self._lost_at = True, now
        self._metrics.lost(self._clock.wall())
        self._record("lost", error=error)
        self._enter(state)

    def over(self, state: str, error: str) -> None:
        """It is "ended" or "refused", and will not be tried again."""
        self._heartbeat, self.last_error, self._is_lost = None, error, False
        self._record(f"connection {state}", error=error)
        self._enter(state)

    def forgotten(self) -> None:
        """It is shown no more."""
        self._metrics.moved(self.state, None)

    def as_dict(self) -> dict[str, Any]:
        """A JSON object; docs/operations.md explains every field."""
        now = self._clock.now()
        heartbeat = self._heartbeat
        round_trip_s = heartbeat.round_trip_s if heartbeat else None
        return {
            "number": self.number,
            "name": self.name,
            "call_id": self.call_id,
            "side": self.side,
            "state": self.state,
            "since_s": _rounded(now - self._since),
            "attempts": self.attempts,
            "established_ms": self.established_ms,
            "last_error": self.last_error,
            "losses": self.losses,
            "flaps_last_hour": sum(1 for at in self._flaps if now - at < FLAPS_WITHIN_S),
            "lost_ago_s": None if self._lost_at is None else _rounded(now - self._lost_at),
            "healed_ago_s": None if self._healed_at is None else _rounded(now - self._healed_at),
            "gap_ms": self.gap_ms,
            "last_frame_ms": None if heartbeat is None else _rounded((now - heartbeat.last_frame_at) * 1000),
            "round_trip_ms": None if round_trip_s is None else round(round_trip_s * 1000, 3),
        }

    def _record(self, event: str, **detail: Any) -> None:
        if self.recording is not None:
            self.recording.event(event, connection=self.number, name=self.name, side=self.side, **detail)

    def _enter(self, state: str) -> None:
        if state != self.state:
            self._metrics.moved(self.state, state)
            self.state, self._since = state, self._clock.now()
            self._on_change()


def _rounded(value: float) -> float:
    """To what a person wants to know; a clock's last digits are noise."""
    return round(value, 3)


class StatusBoard:
    """The connections of a process, for its status port and its metrics.

    Args:
        clock: time.
        metrics: the process's.

    Attributes:
        on_change: called whenever something that a status tells is another; must not block.
    """

    def __init__(self, clock: Clock, metrics: Metrics) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self._clock = clock
        self._metrics = metrics
        self._statuses: list[ConnectionStatus] = []

    def add(
        self, connection: Connection, call_id: int, state: str = "connecting", side: Side = "dials"
    ) -> ConnectionStatus:
        """A new connection's status; whoever adds it removes it."""
        peer = connection.dialer if side == "accepts" else connection.listener
        metrics = self._metrics.connection(connection.number, peer, side)
        status = ConnectionStatus(connection, call_id, side, state, self._clock, metrics, self.changed)
        self._statuses.append(status)
        self.changed()
        return status

    def remove(self, status: ConnectionStatus) -> None:
        """Forget a connection; forgetting it twice is harmless."""
        if status in self._statuses:
            self._statuses.remove(status)
            status.forgotten()
            self.changed()

    def changed(self) -> None:
        """Something is another than it was: whoever follows the status wants to know."""
        self.on_change()

    def as_dicts(self) -> list[dict[str, Any]]:
        """All of them, as JSON objects."""
        return [status.as_dict() for status in self._statuses]
