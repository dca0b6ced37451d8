"""The longest stop of each service's event loop, while its model loads and while it infers."""

from typing import Any

from benchmarks.figures import Figure, Measured, largest
from benchmarks.loop_probe import LoopProbe
from benchmarks.measurement import Measurement, Request
from benchmarks.system import MeasuredSystem
from steadyline.services.status_client import status_ports

BOUND_MS = 250.0
CALLS_AT_ONCE = 2
PHASES = ("loading", "calls")
VOICES = ("piper", "kokoro")

Stops = dict[str, dict[str, float]]


def measure(request: Request) -> Measured:
    """Each run is a system with each voice: its start, then two calls at once with two questions each.

    Three measures of the same: how long a peer waited for the answer to a PING (`wait_ms`: asked every 10 ms), the same
    less what others kept the service from a core (`stop_ms`), and what the service itself saw (`watch_ms`: how late a
    sleep of 250 ms was, which misses up to as much of a stop).
    """
    raw: dict[str, list[dict[str, Stops]]] = {
        voice: [_measure_system(request, voice) for _ in range(request.runs)] for voice in VOICES
    }
    return Measured(dict(raw), tuple(_figures(raw)))


def _measure_system(request: Request, voice: str) -> dict[str, Stops]:
    system = MeasuredSystem(f"tts.engine={voice}")
    probes = {name: LoopProbe(system.config.network.host, port) for name, port in status_ports(system.config).items()}
    for probe in probes.values():
        probe.start()
    stops: dict[str, Stops] = {}
    with system:
        stops["loading"] = _read(system, probes)
        questions = [option for path in request.questions[:2] for option in ("--say", str(path))]
        telephones = [system.start_call(*questions) for _ in range(CALLS_AT_ONCE)]
        for telephone in telephones:
            system.completed(telephone.finish())
        stops["calls"] = _read(system, probes)
        for probe in probes.values():
            probe.stop()
    for phase, found in stops.items():
        worst = max(found, key=lambda name: found[name]["wait_ms"])
        request.progress(f"{voice}, {phase}: {worst} stood longest: {found[worst]}")
    return stops


def _read(system: MeasuredSystem, probes: dict[str, LoopProbe]) -> Stops:
    """Longest stops until now; `watch_ms` is since the service's start, the others since the last reading."""
    own: dict[str, Any] = {item["name"]: item["resources"] for item in system.status()["services"]}
    stops = {
        name: {
            "wait_ms": probe.longest_wait_ms,
            "stop_ms": probe.longest_stop_ms,
            "watch_ms": own[name]["longest_loop_stall_ms"],
            "pings": probe.pings,
        }
        for name, probe in probes.items()
    }
    for probe in probes.values():
        probe.reset()
    return stops


def _figures(raw: dict[str, list[dict[str, Stops]]]) -> list[Figure]:
    """Per phase and service, the longest of all runs; services other than the voice with both voices."""
    figures = []
    for phase in PHASES:
        found: dict[str, list[dict[str, float]]] = {}
        for run in (run for runs in raw.values() for run in runs):
            for name, stop in run[phase].items():
                found.setdefault(name, []).append(stop)
        for name, stops in found.items():
            waits, own = [stop["wait_ms"] for stop in stops], [stop["stop_ms"] for stop in stops]
            figures.append(largest(f"{name}, {phase}", waits, "ms", BOUND_MS))
            figures.append(largest(f"{name}, {phase}, less waiting for a core", own, "ms"))
    watched = [stop["watch_ms"] for runs in raw.values() for run in runs for stop in run["calls"].values()]
    figures.append(largest("any service, by its own watch", watched, "ms"))
    return figures


MEASUREMENT = Measurement("event-loop", "Event loop", "one system with each voice, two calls at once", 2, measure)
