"""Memory of every service, idle and with one to four quiet calls."""

import time
from collections.abc import Sequence

from benchmarks.figures import Figure, Measured, median
from benchmarks.measurement import Measurement, Request
from benchmarks.process_usage import Memory, family, memory_of
from benchmarks.system import MeasuredSystem, Telephone

SYSTEM_BOUND_MB = 1500.0
CALL_BOUND_MB = 5.0
CALLS = 4
SETTLE_S = 3.0
GREETING_S = 6.0
"""A call counts as quiet so long after its answer."""

Sizes = dict[str, list[float]]


def measure(request: Request) -> Measured:
    """Each run is a system: memory with none of its first four calls, with one, two, … of them, and with the next four."""
    runs = [_measure_system(request) for _ in range(request.runs)]
    return Measured({"runs": runs}, (*_idle_figures(runs), *_call_figures(runs)))


def _measure_system(request: Request) -> dict[str, Sizes]:
    with MeasuredSystem() as system:
        first = _with_calls(system, range(CALLS + 1))
        system.wait_no_calls()
        later = _with_calls(system, (0, CALLS))
    idle, busy = first["system_pss_mb"][0], first["system_pss_mb"][CALLS]
    request.progress(f"system: {idle:.0f} MB idle, {busy:.0f} MB with {CALLS} calls")
    return {"first_calls": first, "later_calls": later}


def _with_calls(system: MeasuredSystem, steps: Sequence[int]) -> Sizes:
    """Memory with so many quiet calls, step by step."""
    sizes: Sizes = {}
    telephones: list[Telephone] = []
    for calls in steps:
        telephones += [system.start_quiet_call() for _ in range(calls - len(telephones))]
        time.sleep(GREETING_S if telephones else SETTLE_S)
        _note(sizes, system)
    for telephone in telephones:
        telephone.hang_up()
    return sizes


def _note(sizes: Sizes, system: MeasuredSystem) -> None:
    pids = system.service_pids()
    memories = {name: memory_of(family(pid) if name != "supervisor" else [pid]) for name, pid in pids.items()}
    total = Memory(sum(m.rss_bytes for m in memories.values()), sum(m.pss_bytes for m in memories.values()))
    for name, memory in {**memories, "system": total}.items():
        sizes.setdefault(f"{name}_rss_mb", []).append(round(memory.rss_bytes / 1e6, 2))
        sizes.setdefault(f"{name}_pss_mb", []).append(round(memory.pss_bytes / 1e6, 2))


def _idle_figures(runs: list[dict[str, Sizes]]) -> list[Figure]:
    """Each service before its first call, and all together."""
    idle = {key: [run["first_calls"][key][0] for run in runs] for key in runs[0]["first_calls"]}
    figures = [median("system idle, PSS", idle["system_pss_mb"], "MB", SYSTEM_BOUND_MB)]
    figures.append(median("system idle, RSS", idle["system_rss_mb"], "MB", SYSTEM_BOUND_MB))
    for key, values in idle.items():
        name, kind, _ = key.rsplit("_", 2)
        if name != "system" and kind == "pss":
            figures.append(median(f"{name} idle, PSS", values, "MB"))
    return figures


def _call_figures(runs: list[dict[str, Sizes]]) -> list[Figure]:
    """What a further call adds (the first one also pays for what is made once), and what is added the second time.

    Of RSS: a process's share of the pages that it shares changes whenever any other process comes or goes.
    """
    first, later = ([run[kind]["system_rss_mb"] for run in runs] for kind in ("first_calls", "later_calls"))
    full = [sizes[-1] for sizes in (*first, *later)]
    return [
        median(f"system with {CALLS} calls, RSS", full, "MB", SYSTEM_BOUND_MB),
        median("first call of a system", [sizes[1] - sizes[0] for sizes in first], "MB"),
        median("each further call", [(sizes[CALLS] - sizes[1]) / (CALLS - 1) for sizes in first], "MB", CALL_BOUND_MB),
        median(
            "each call where others were before",
            [(sizes[1] - sizes[0]) / CALLS for sizes in later],
            "MB",
            CALL_BOUND_MB,
        ),
    ]


MEASUREMENT = Measurement("memory", "Memory", "one system with eight quiet calls", 3, measure)
