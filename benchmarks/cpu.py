"""CPU of the idle system and of a quiet call."""

import time

from benchmarks.figures import Measured, median
from benchmarks.measurement import Measurement, Request
from benchmarks.process_usage import Shares, families, percent_of_a_core
from benchmarks.system import MeasuredSystem

IDLE_BOUND = 3.0
CALL_BOUND = 5.0
WINDOW_S = 30.0
SETTLE_S = 10.0
"""Longer than the greeting, after which a call is quiet."""
CODECS = ("PCMU", "opus")
UNIT = "% of a core"


def measure(request: Request) -> Measured:
    """Each run is a window of 30 s, of the idle system and of one call with each codec; nobody asks for a status in it."""
    with MeasuredSystem() as system:
        parts = families(system.service_pids(), system.pid)
        time.sleep(SETTLE_S)
        raw: dict[str, list[Shares]] = {"idle": _windows(parts, request, "idle")}
        for codec in CODECS:
            telephone = system.start_quiet_call("--codec", codec)
            time.sleep(SETTLE_S)
            raw[codec] = _windows(parts, request, codec)
            telephone.hang_up()
            system.wait_no_calls()
    sums = {state: [sum(shares.values()) for shares in windows] for state, windows in raw.items()}
    idle = median("idle system", sums["idle"], UNIT, IDLE_BOUND)
    figures = [idle]
    for codec in CODECS:
        figures.append(median(f"system with one quiet call, {codec}", sums[codec], UNIT))
        figures.append(median(f"one quiet call, {codec}", [v - idle.value for v in sums[codec]], UNIT, CALL_BOUND))
    for name in parts:
        figures.append(median(f"{name}, idle", [shares[name] for shares in raw["idle"]], UNIT))
    return Measured({"window_s": WINDOW_S, "percent_of_a_core": raw}, tuple(figures))


def _windows(parts: dict[str, list[int]], request: Request, state: str) -> list[Shares]:
    windows = []
    for _ in range(request.runs):
        windows.append(percent_of_a_core(parts, WINDOW_S))
        request.progress(f"{state}: {sum(windows[-1].values()):.2f} {UNIT}")
    return windows


MEASUREMENT = Measurement("cpu", "CPU", f"a window of {WINDOW_S:g} s in each state", 3, measure)
