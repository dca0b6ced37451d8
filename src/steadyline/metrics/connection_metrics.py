"""What is measured of connections: one set of metrics a process, one set of samples a kind of connection and side."""

from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

Side = Literal["dials", "polls", "accepts"]
"""What the process that tells does: it dials (TCP), polls (UDP), or accepts what its peer dials."""

LABELS = ("service", "connection", "peer", "side")
OPENING_S = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0)
"""Upper bounds, seconds: from loopback (1 ms) over the ten attempts (5 s) to a model that loads."""
GAP_S = (0.05, 0.1, 0.25, 0.5, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 15.0, 60.0)
"""Upper bounds, seconds: a frozen peer is lost after 1.25 s, what was killed is to be back within 3 s."""


class ConnectionFamilies:
    """The metrics of all connections of a process.

    Args:
        registry: where they are shown.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str) -> Counter:
            return Counter(f"steadyline_connection_{name}", text, LABELS, registry=registry)

        def gauge(name: str, text: str) -> Gauge:
            return Gauge(f"steadyline_connection_{name}", text, LABELS, registry=registry)

        self.now = Gauge(
            "steadyline_connections", "Connections that are in this state now.", (*LABELS, "state"), registry=registry
        )
        self.attempts = counter(
            "attempts", "Attempts: dialed; REGISTERs sent (side polls); HELLOs admitted (side accepts)."
        )
        self.registration = Histogram(
            "steadyline_registration_seconds",
            "From the first REGISTER to the peer's HELLO.",
            LABELS,
            registry=registry,
            buckets=OPENING_S,
        )
        self.establish = Histogram(
            "steadyline_connection_establish_seconds",
            "From the first attempt to HELLO's answer; side accepts: from the TCP connection on.",
            LABELS,
            registry=registry,
            buckets=OPENING_S,
        )
        self.flaps = counter("flaps", "Open connections that were lost.")
        self.reconnections = counter("reconnections", "Lost connections that were open again.")
        self.gap = Histogram(
            "steadyline_connection_gap_repaired_seconds",
            "From a loss to being open again.",
            LABELS,
            registry=registry,
            buckets=GAP_S,
        )
        self.resent = counter("resent_frames", "Frames that were kept, and sent when a connection was open again.")
        self.last_lost = gauge("last_lost_timestamp_seconds", "When one was lost last, Unix time; 0: never.")
        self.last_healed = gauge("last_healed_timestamp_seconds", "When one was healed last, Unix time; 0: never.")


class ConnectionMetrics:
    """One kind of connection as one side sees it, all calls together.

    Args:
        families: the process's.
        service, number, peer, side: the labels: who tells, which connection, the role at its other end, and what `service`
            does.
    """

    def __init__(self, families: ConnectionFamilies, service: str, number: int, peer: str, side: Side) -> None:
        self._labels = (service, str(number), peer, side)
        opening = families.registration if side == "polls" else families.establish
        self._now = families.now
        self._attempts = families.attempts.labels(*self._labels)
        self._opening = opening.labels(*self._labels)
        self._flaps = families.flaps.labels(*self._labels)
        self._reconnections = families.reconnections.labels(*self._labels)
        self._gap = families.gap.labels(*self._labels)
        self._resent = families.resent.labels(*self._labels)
        self._last_lost = families.last_lost.labels(*self._labels)
        self._last_healed = families.last_healed.labels(*self._labels)

    def moved(self, before: str | None, after: str | None) -> None:
        """One went from a state to another; None: it is new, or gone."""
        if before is not None:
            self._now.labels(*self._labels, before).dec()
        if after is not None:
            self._now.labels(*self._labels, after).inc()

    def attempted(self) -> None:
        """One was dialed, a REGISTER was sent, a HELLO was admitted."""
        self._attempts.inc()

    def opened(self, after_s: float) -> None:
        """HELLO was answered, so many seconds after the first attempt."""
        self._opening.observe(after_s)

    def lost(self, wall: float) -> None:
        """An open one was lost at this Unix time."""
        self._flaps.inc()
        self._last_lost.set(wall)

    def healed(self, gap_s: float, wall: float) -> None:
        """A lost one is open again."""
        self._reconnections.inc()
        self._gap.observe(gap_s)
        self._last_healed.set(wall)

    def resent(self, frames: int) -> None:
        """What was kept was sent when it was open again."""
        self._resent.inc(frames)
