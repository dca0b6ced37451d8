"""All metrics of one process, in a registry of its own: several systems in one process stay apart.

Labels are bounded: services, roles, connection numbers and the words that stand below; never a call id, a caller, or what
somebody said. docs/operations.md has the table; a test compares it with this package.
"""

from collections.abc import Mapping

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from steadyline import __version__
from steadyline.metrics.connection_metrics import OPENING_S, ConnectionFamilies, ConnectionMetrics, Side
from steadyline.metrics.memory import resident_memory_bytes

prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
"""Else every counter and histogram gets a second series with the time of its creation, which nobody asks for."""

WORK_S = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 15.0)
"""Upper bounds, seconds: engines. A caller begins to wonder at about 1 s."""
STALL_S = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Upper bounds, seconds: a frame is 20 ms, the gateway's queue 80 ms, and nothing may stop a loop for more than 250 ms."""


class Metrics:
    """The metrics of one process.

    Args:
        service: its name, e.g. "piper"; the first label of every sample.

    Attributes:
        registry: what `/metrics` shows.
    """

    def __init__(self, service: str) -> None:
        self.service = service
        self.registry = registry = CollectorRegistry()
        self._families = ConnectionFamilies(registry)
        self._kinds: dict[tuple[int, str, Side], ConnectionMetrics] = {}
        self._inference = Histogram(
            "steadyline_inference_seconds",
            "An engine's time for one piece of work, waiting for a worker not included.",
            ("service", "work"),
            registry=registry,
            buckets=WORK_S,
        )
        self._turn_part = Histogram(
            "steadyline_turn_part_seconds",
            "Parts of a turn, each told by the service that knows it.",
            ("service", "part"),
            registry=registry,
            buckets=WORK_S,
        )
        self._restarts = Counter(
            "steadyline_service_restarts",
            "How often `steadyline up` started a child again.",
            ("service", "child"),
            registry=registry,
        )
        self._fault = Gauge(
            "steadyline_fault", "1 while this is out of order; calls go on.", ("service", "fault"), registry=registry
        )
        self._refused = Counter(
            "steadyline_calls_refused", "Callers who were answered 486.", ("service", "reason"), registry=registry
        )
        self.calls = self._gauge("calls", "Calls that ring or are answered (gateway).")
        self.calls_limit = self._gauge("calls_limit", "How many there may be, `gateway.max_calls` (gateway).")
        self.call_ready = self._histogram(
            "call_ready_seconds", "From INVITE to a pipeline that is ready (gateway).", OPENING_S
        )
        self.loop_stall = self._histogram(
            "event_loop_stall_seconds", "How late a timer came, four times a second: the event loop was busy.", STALL_S
        )
        self.queue_depth = self._gauge("queue_depth", "Pieces of work that wait for one of the engine's workers.")
        self.journal_waiting = self._gauge(
            "journal_waiting_writes", "Writes that are kept in memory until the journal takes them."
        )
        self.journal_lost = self._counter(
            "journal_lost_writes", "Writes that never reached the journal: too many waited, or the service ended."
        )
        self.recordings_dropped = self._counter(
            "recordings_dropped", "Calls whose recording was given up: the disk is full, too slow, or not writable."
        )
        self.received_packets = self._counter(
            "received_packets", "Packets of callers that came, counted when a call has ended (gateway)."
        )
        self.lost_packets = self._counter(
            "lost_packets", "Packets of callers that never came, counted when a call has ended (gateway)."
        )
        self.starved_frames = self._counter(
            "starved_frames",
            "Frames for callers that ran out of sound half way, counted when a call has ended (gateway).",
        )
        self._gauge("resident_memory_bytes", "Memory of the process, of its engine's process nothing.").set_function(
            resident_memory_bytes
        )
        info = Gauge("steadyline_service_info", "1; which release runs.", ("service", "version"), registry=registry)
        info.labels(service, __version__).set(1)

    def __repr__(self) -> str:
        return f"<Metrics {self.service}>"

    def connection(self, number: int, peer: str, side: Side) -> ConnectionMetrics:
        """Those of one kind of connection (arguments as of `ConnectionMetrics`)."""
        kind = (number, peer, side)
        if kind not in self._kinds:
            self._kinds[kind] = ConnectionMetrics(self._families, self.service, *kind)
        return self._kinds[kind]

    def call_ended(self, media: Mapping[str, float]) -> None:
        """A call is over; `media`: its final figures, of which some may be missing."""
        for counter, name in (
            (self.received_packets, "received_packets"),
            (self.lost_packets, "lost_packets"),
            (self.starved_frames, "starved_frames"),
        ):
            counter.inc(max(0, media.get(name, 0)))

    def worked(self, work: str, took_s: float) -> None:
        """The engine has done a piece of work, e.g. "transcribe"."""
        self._inference.labels(self.service, work).observe(took_s)

    def turn_part(self, part: str, took_s: float) -> None:
        """A part of a turn is over: "transcription", "first_clause", "synthesis", "first_audio" or "phrase"."""
        self._turn_part.labels(self.service, part).observe(took_s)

    def call_refused(self, reason: str) -> None:
        """A caller was answered 486: "full" (`gateway.max_calls`), "no_id" or "not_ready"."""
        self._refused.labels(self.service, reason).inc()

    def restarted(self, child: str) -> None:
        """The supervisor starts a child again."""
        self._restarts.labels(self.service, child).inc()

    def fault(self, name: str, *, is_present: bool) -> None:
        """Something is out of order, or in order again."""
        self._fault.labels(self.service, name).set(is_present)

    def exposition(self) -> bytes:
        """All of it in Prometheus's text format, version 0.0.4. Any thread may ask."""
        return generate_latest(self.registry)

    def _counter(self, name: str, text: str) -> Counter:
        return Counter(f"steadyline_{name}", text, ("service",), registry=self.registry).labels(self.service)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"steadyline_{name}", text, ("service",), registry=self.registry).labels(self.service)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
        family = Histogram(f"steadyline_{name}", text, ("service",), registry=self.registry, buckets=buckets)
        return family.labels(self.service)
