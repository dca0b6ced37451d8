"""From the answer to the first audible sample of the greeting, in the caller's recording."""

from typing import Any

from benchmarks.figures import Figure, Measured, at_percent, median
from benchmarks.measurement import Measurement, Request
from benchmarks.system import MeasuredSystem

VOICES = ("piper", "kokoro")
BOUND_MS = 300.0
SHORT_CALL = ("--reply-silence", "1", "--greeting-timeout", "10")


def measure(request: Request) -> Measured:
    """Each run is a call with each voice, one after another, that hears the greeting and hangs up; the first counts, too."""
    raw = {voice: _greetings(request, voice) for voice in VOICES}
    return Measured({"greetings_ms": raw}, tuple(figure for voice in VOICES for figure in _figures(voice, raw[voice])))


def _greetings(request: Request, voice: str) -> list[float]:
    waits_ms: list[float] = []
    with MeasuredSystem(f"tts.engine={voice}") as system:
        for number in range(request.runs):
            waits_ms.append(_wait_ms(system, system.call(*SHORT_CALL)))
            system.wait_no_calls()
            request.progress(f"{voice}: call {number + 1}: {waits_ms[-1]:.0f} ms")
    return waits_ms


def _wait_ms(system: MeasuredSystem, report: dict[str, Any]) -> float:
    """The recording begins when the caller's telephone has the 200 OK."""
    if report["greeting_start_s"] is None:
        raise system.failed(f"a call without a greeting: {report}")
    return round(float(report["greeting_start_s"]) * 1000, 1)


def _figures(voice: str, waits_ms: list[float]) -> list[Figure]:
    name = f"answer to greeting, {voice}"
    return [median(name, waits_ms, "ms", BOUND_MS), at_percent(name, waits_ms, 95, "ms", BOUND_MS)]


MEASUREMENT = Measurement("greeting", "Greeting", "one short call with each voice", 12, measure)
