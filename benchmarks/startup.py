"""From the start of `steadyline up` to its line `ready`, every service and model loaded."""

from benchmarks.figures import Measured, median
from benchmarks.measurement import Measurement, Request
from benchmarks.system import MeasuredSystem

BOUND_S = 8.0
VOICES = ("piper", "kokoro")


def measure(request: Request) -> Measured:
    """Start and stop the system with each voice. The files are in the page cache from the first start on."""
    raw: dict[str, list[float]] = {}
    for voice in VOICES:
        raw[voice] = []
        for _ in range(request.runs):
            with MeasuredSystem(f"tts.engine={voice}") as system:
                raw[voice].append(round(system.ready_s, 3))
            request.progress(f"{voice}: ready after {raw[voice][-1]:.2f} s")
    figures = tuple(median(f"`up` to `ready`, {voice}", raw[voice], "s", BOUND_S) for voice in VOICES)
    return Measured({"ready_s": raw}, figures)


MEASUREMENT = Measurement("startup", "Start-up", "one start with each voice", 5, measure)
