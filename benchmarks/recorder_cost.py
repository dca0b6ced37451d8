"""What the flight recorder costs: ten calls in which people talk, with it and without it."""

import asyncio
from contextlib import ExitStack

from benchmarks.figures import Figure, Measured, median
from benchmarks.measurement import Measurement, Request
from benchmarks.process_usage import Shares, families, percent_of_a_core
from benchmarks.system import MeasuredSystem
from steadyline.bench.capacity.crowds import Crowds
from steadyline.bench.capacity.instant_engines import INSTANT_SETTINGS

BOUND = 5.0
CALLS = 10
WINDOW_S = 30.0
SETTLE_S = 8.0
"""Longer than the greetings, after which callers ask at different times."""
UNIT = "% of a core"
STATES = {"on": "true", "off": "false"}


def measure(request: Request) -> Measured:
    """Each run is two systems at once, one with the recorder as it is by default and one without it.

    At once, since a shared machine is faster in one minute than in the next by more than the recorder costs. In turn either
    is started and called first: of two without a recorder one took up to 1.4 % of a core more than the other.
    """
    rounds: list[dict[str, Shares]] = []
    for number in range(request.runs):
        rounds.append(_round(list(STATES)[:: -1 if number % 2 else 1]))
        sums = ", ".join(f"recorder {state}: {sum(shares.values()):.2f}" for state, shares in rounds[-1].items())
        request.progress(f"{sums} {UNIT}")
    raw = {state: [found[state] for found in rounds] for state in STATES}
    return Measured({"calls": CALLS, "window_s": WINDOW_S, "percent_of_a_core": raw}, tuple(_figures(raw)))


def _figures(raw: dict[str, list[Shares]]) -> list[Figure]:
    """All services together in both states, what the recorder makes of it round by round, and in which service."""
    sums = {state: [sum(shares.values()) for shares in rounds] for state, rounds in raw.items()}
    figures = [median(f"{CALLS} calls, recorder {state}", values, UNIT) for state, values in sums.items()]
    costs = [on - off for on, off in zip(sums["on"], sums["off"], strict=True)]
    figures.append(median(f"recorder with {CALLS} calls", costs, UNIT, BOUND))
    for name in raw["on"][0]:
        differences = [on[name] - off[name] for on, off in zip(raw["on"], raw["off"], strict=True)]
        figures.append(median(f"of which {name}", differences, UNIT))
    return figures


def _round(order: list[str]) -> dict[str, Shares]:
    """Percent of a core of each service, with ten calls, in both states, started in this order."""
    common = (*INSTANT_SETTINGS, f"gateway.max_calls={CALLS}")
    with ExitStack() as stack:
        systems = {
            state: stack.enter_context(MeasuredSystem(*common, f"recorder.enabled={STATES[state]}")) for state in order
        }
        parts = {
            (state, name): pids
            for state, system in systems.items()
            for name, pids in families(system.service_pids(), system.pid).items()
        }
        shares = asyncio.run(_talked(list(systems.values()), parts))
    return {state: {name: share for (whose, name), share in shares.items() if whose == state} for state in STATES}


async def _talked(
    systems: list[MeasuredSystem], parts: dict[tuple[str, str], list[int]]
) -> dict[tuple[str, str], float]:
    crowds = [Crowds("127.0.0.1", system.config.gateway.sip_port) for system in systems]
    try:
        for crowd, system in zip(crowds, systems, strict=True):
            answered, _ = await crowd.have(CALLS)
            if answered != CALLS:
                raise system.failed(f"{answered} of {CALLS} calls were answered")
        await asyncio.sleep(SETTLE_S)
        shares = percent_of_a_core(parts, WINDOW_S)
        for system in systems:
            left = len((await asyncio.to_thread(system.status))["calls"])
            if left != CALLS:
                raise system.failed(f"{left} of {CALLS} calls were there to the end of the window")
        return shares
    finally:
        for crowd in crowds:
            await crowd.end()


MEASUREMENT = Measurement(
    "recorder-cost",
    "Flight recorder",
    f"a window of {WINDOW_S:g} s of {CALLS} calls with it and of as many without it",
    5,
    measure,
)
