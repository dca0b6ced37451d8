"""From INVITE to a pipeline that is ready, and from the first clause to connection 5, with all services warm."""

from typing import Any

from benchmarks.figures import Measured, at_percent, median
from benchmarks.measurement import Measurement, Request
from benchmarks.system import MeasuredSystem

READY_BOUND_MS = 30.0
AUDIO_BOUND_MS = 5.0
WARM_UP_CALLS = 2
PER_CALL = (1, 3, 4, 5)
"""The connections that are dialed for each call."""
HOLD_S = 0.5
GREETING = "Hello."
SHORT_CALL = ("--reply-silence", "0.2", "--hold", f"{HOLD_S:g}", "--greeting-timeout", "3")


def measure(request: Request) -> Measured:
    """Each run is a short call: it hears the greeting and hangs up; calls come one after another."""
    ready_ms: list[float] = []
    established_ms: dict[int, list[float]] = {number: [] for number in PER_CALL}
    with MeasuredSystem(f"llama.greeting={GREETING}") as system:
        for number in range(WARM_UP_CALLS + request.runs):
            opened = _one_call(system)
            if number >= WARM_UP_CALLS:
                for connection, values in established_ms.items():
                    values.append(opened[connection])
            request.progress(f"call {number + 1}: connections open after {opened} ms")
        for call in system.recorded_calls(WARM_UP_CALLS + request.runs)[WARM_UP_CALLS:]:
            details = [event.detail["ready_ms"] for event in call.events if event.kind == "answered"]
            ready_ms += [value for value in details if isinstance(value, float)]
    raw = {
        "invite_to_ready_ms": ready_ms,
        "established_ms": {str(key): values for key, values in established_ms.items()},
    }
    figures = [
        median("INVITE to ready", ready_ms, "ms", READY_BOUND_MS),
        at_percent("INVITE to ready", ready_ms, 95, "ms"),
        median("first clause to connection 5 established", established_ms[5], "ms", AUDIO_BOUND_MS),
        at_percent("first clause to connection 5 established", established_ms[5], 95, "ms"),
    ]
    figures += [median(f"connection {number} established", established_ms[number], "ms") for number in PER_CALL[:-1]]
    return Measured(raw, tuple(figures))


def _one_call(system: MeasuredSystem) -> dict[int, float]:
    """How long each connection of a call took, milliseconds."""
    telephone = system.start_call(*SHORT_CALL)
    status = system.wait_status("all connections of a call", lambda status: len(_opened(status)) == len(PER_CALL))
    system.completed(telephone.finish())
    system.wait_no_calls()
    return _opened(status)


def _opened(status: dict[str, Any]) -> dict[int, float]:
    return {
        item["number"]: item["established_ms"]
        for item in status["connections"]
        if item["number"] in PER_CALL
        and item["side"] == "dials"
        and item["call_id"]
        and item["established_ms"] is not None
    }


MEASUREMENT = Measurement("call-setup", "Call set-up", "one short call", 20, measure)
