"""What one step of the benchmark came to, and whether that many calls are too many. Pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from steadyline.bench.capacity.reception import percentile_ms

JITTER_MS = 5.0
"""A phone's jitter buffer begins at some 20 to 40 ms: packets within 20 ± 5 ms are even to any ear."""
WORST_SHARE = 0.001
"""Of frames that are lost or starved: one in 20 s of a call."""


@dataclass(frozen=True)
class Bounds:
    """What has to hold.

    Attributes:
        p95_wait_s: p95 of the wait from voice to voice.
        p99_jitter_ms: p99 of how far a packet's interval is off 20 ms.
    """

    p95_wait_s: float
    p99_jitter_ms: float = JITTER_MS


@dataclass(frozen=True)
class Step:
    """So many calls, for a while.

    Attributes:
        calls: how many there were.
        refused: callers who were not answered.
        seconds: how long it was measured.
        turns, unanswered: questions that were answered, and that were not.
        wait_p50_s, wait_p95_s: from the last frame of a question to the first audible one of its answer, at the caller's socket.
        jitter_p99_ms: p99 of how far the time between two packets at the caller's socket is off 20 ms.
        packets, lost: those that came, and that did not.
        starved: frames that ran out of sound half way (`tx_starved_frames` of the SIP stack).
        cpu: processor time of each service by its name, as a share of one core.
        caller_cpu: the callers' own, as a share of one core.
    """

    calls: int
    refused: int
    seconds: float
    turns: int
    unanswered: int
    wait_p50_s: float
    wait_p95_s: float
    jitter_p99_ms: float
    packets: int
    lost: int
    starved: int
    cpu: dict[str, float]
    caller_cpu: float

    @property
    def cpu_percent_per_call(self) -> float:
        """All services together, in percent of a core for each call."""
        return 100 * sum(self.cpu.values()) / max(1, self.calls)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "cpu_percent_per_call": round(self.cpu_percent_per_call, 2)}


def step_of(
    calls: int, refused: int, seconds: float, reports: Sequence[dict[str, Any]], starved: int,
    cpu: dict[str, float], caller_cpu: float,
) -> Step:  # fmt: skip
    """A step's figures from what the processes of the callers report (see `crowd`)."""
    waits = sorted(wait for report in reports for wait in report["waits_s"])
    deviations = [sum(column) for column in zip(*(report["deviations"] for report in reports), strict=True)]
    return Step(
        calls,
        refused,
        round(seconds, 2),
        len(waits),
        sum(report["unanswered"] for report in reports),
        _percentile(waits, 0.5),
        _percentile(waits, 0.95),
        percentile_ms(deviations, 0.99),
        sum(report["packets"] for report in reports),
        sum(report["lost"] for report in reports),
        starved,
        cpu,
        caller_cpu,
    )


def faults(step: Step, bounds: Bounds) -> list[str]:
    """What was too much; nothing when that many calls are well."""
    found = []
    if step.refused:
        found.append(f"{step.refused} callers were not answered")
    if not step.turns:
        found.append("no question was answered within the step: a longer one (--step-s) may show something")
    if step.unanswered:
        found.append(f"{step.unanswered} questions were not answered")
    if step.wait_p95_s > bounds.p95_wait_s:
        found.append(f"p95 of the wait is {step.wait_p95_s:.2f} s, {bounds.p95_wait_s:g} s are allowed")
    if step.jitter_p99_ms > bounds.p99_jitter_ms:
        found.append(
            f"p99 of the packet interval is 20 ± {step.jitter_p99_ms:.1f} ms, 20 ± {bounds.p99_jitter_ms:g} are allowed"
        )
    for name, count in (("lost", step.lost), ("starved", step.starved)):
        if count > WORST_SHARE * step.packets:
            found.append(f"{count} of {step.packets} frames were {name}")
    return found


def _percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank of sorted values; 0 without any."""
    return round(values[min(len(values) - 1, int(share * len(values)))], 3) if values else 0.0
