"""A connection's pings: when the next is due, and how far behind their answers are. Pure: time is an argument, in seconds."""

from math import floor

from steadyline.wire.messages import Ping, Pong

PING_SLOTS = 5
"""Pings leave at multiples of a fifth of their interval, so that those of many connections share a turn of the event loop on
either side: waking up costs more than what is then to be done (measured, docs/decisions/0027)."""
MOST_UNANSWERED = 100
"""Pings whose answers are waited for: 25 s of them. A peer that answers none, and yet speaks, costs no more."""


class Heartbeat:
    """Of one side of one connection.

    Attributes:
        due_at: when the next ping is to leave.
        round_trip_s: from the newest ping that was answered to its answer; None before the first.

    Args:
        interval_s: from a ping to the next.
        now: the connection's beginning.
    """

    def __init__(self, interval_s: float, now: float) -> None:
        self._interval_s = interval_s
        self._number = 0
        self._sent_at: dict[int, float] = {}
        self.due_at = now
        self.round_trip_s: float | None = None
        self.restart(now)

    def restart(self, now: float) -> None:
        """The next ping is due an interval from now, or up to a fifth of it sooner."""
        slot_s = self._interval_s / PING_SLOTS
        # A millionth: what was computed as a multiple of a slot may lie a rounding error below it.
        self.due_at = floor((now + self._interval_s) / slot_s + 1e-6) * slot_s

    def ping(self, now: float) -> Ping:
        """The one that is due."""
        self._number += 1
        if len(self._sent_at) < MOST_UNANSWERED:
            self._sent_at[self._number] = now
        self.restart(now)
        return Ping(self._number)

    def answered(self, pong: Pong, now: float) -> None:
        """An answer came; those to former pings will not come any more."""
        sent_at = self._sent_at.get(pong.number)
        if sent_at is not None:
            self.round_trip_s = now - sent_at
        self._sent_at = {number: at for number, at in self._sent_at.items() if number > pong.number}

    def unanswered_s(self, now: float) -> float:
        """For how long the oldest ping has waited for its answer; 0 when none does."""
        return now - min(self._sent_at.values(), default=now)
