"""All orders of the processes in virtual time, on the real connection code.

A call rings from the moment at which the gateway is there. It is ready when it was answered and all that is connected before
the first word is: 0 of both processors, 1, 3, 4 to both voices, and 2 registered with both.
"""

import asyncio
import itertools
import math
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from steadyline.config import Config
from steadyline.drills.processes import in_processes
from steadyline.drills.quiet_log import logging_to
from steadyline.drills.remains import registrations
from steadyline.drills.simulated_call import SimulatedCall
from steadyline.drills.simulated_system import SERVICES, STANDBY, SimulatedSystem, drill_config
from steadyline.link.memory import MemoryNetwork
from steadyline.link.virtual_time import run_in_virtual_time

PROCESSES = (*SERVICES, STANDBY)
BOUND_S = 1.2
"""From the last start to a call that is ready; wire-protocol.md, sections 5 and 6."""
MOST_DELAY_S = 3.0
LATENCY_S = 0.001
POLL_S = 0.002
GIVE_UP_S = 60.0
ORDERS_A_TASK = 20


@dataclass(frozen=True)
class Start:
    """One start of a system.

    Attributes:
        order: names of the processes, the first to be started first.
        delays_s: from each start to the next.
        ready_after_s: from the last start until a call was ready; infinite when it never was.
    """

    order: tuple[str, ...]
    delays_s: tuple[float, ...]
    ready_after_s: float


@dataclass
class StartsReport:
    """What became of all starts.

    Attributes:
        bound_s: the latest that is well.
        starts: in the order in which they came.
        took_s: real seconds.
    """

    bound_s: float = BOUND_S
    starts: list[Start] = field(default_factory=list)
    took_s: float = 0.0

    @property
    def late(self) -> list[Start]:
        """Those that were beyond the bound, the latest first."""
        late = [start for start in self.starts if start.ready_after_s > self.bound_s]
        return sorted(late, key=lambda start: -start.ready_after_s)

    @property
    def worst_s(self) -> float:
        """The longest time to ready; 0 before the first start."""
        return max((start.ready_after_s for start in self.starts), default=0.0)


def all_orders() -> Iterator[tuple[str, ...]]:
    """Every order of the processes."""
    return itertools.permutations(PROCESSES)


def run_orders(
    orders: Sequence[tuple[str, ...]],
    seed: int,
    *,
    jobs: int,
    progress: Callable[[StartsReport], None] = lambda report: None,
) -> StartsReport:
    """Start a system in each order.

    Args:
        orders: of `PROCESSES`.
        seed: of the delays between the starts, 0 to `MOST_DELAY_S`; the same seed and order give the same.
        jobs: processes to work in.
        progress: told after every few.
    """
    report, begun_at = StartsReport(), time.monotonic()
    pieces = [(orders[at : at + ORDERS_A_TASK], seed) for at in range(0, len(orders), ORDERS_A_TASK)]
    for starts in in_processes(jobs, start_all, pieces):
        report.starts += starts
        report.took_s = time.monotonic() - begun_at
        progress(report)
    return report


def start_all(orders: Sequence[tuple[str, ...]], seed: int) -> list[Start]:
    """As `run_orders`, in this process."""
    with logging_to():
        return [start_in(order, random_delays(order, seed)) for order in orders]


def random_delays(order: Sequence[str], seed: int) -> tuple[float, ...]:
    """Delays after each start but the last, in seconds: sometimes none, else anything up to `MOST_DELAY_S`."""
    chance = random.Random(f"{seed} {' '.join(order)}")
    return tuple(round(chance.choice((0.0, *[chance.uniform(0.0, MOST_DELAY_S)] * 3)), 3) for _ in order[1:])


def start_in(order: tuple[str, ...], delays_s: tuple[float, ...]) -> Start:
    """Start a system in virtual time."""
    with tempfile.TemporaryDirectory(prefix="steadyline-") as folder:
        ready_after_s = run_in_virtual_time(_start(order, delays_s, Path(folder) / "journal.sqlite"))
    return Start(order, delays_s, round(ready_after_s, 3))


async def _start(order: Sequence[str], delays_s: Sequence[float], journal: Path) -> float:
    system = SimulatedSystem(journal, _config(), network=MemoryNetwork(LATENCY_S))
    loop, call = asyncio.get_running_loop(), None
    for name, delay_s in zip(order, (*delays_s, 0.0), strict=True):
        await system.start(name)
        if name == "gateway":
            call = system.dial()
        await asyncio.sleep(delay_s)
    assert call is not None
    last_at = loop.time()
    while not _is_ready(system, call):
        if loop.time() - last_at > GIVE_UP_S:
            return math.inf
        await asyncio.sleep(POLL_S)
    ready_after_s = loop.time() - last_at
    await system.close()
    return ready_after_s


def _config() -> Config:
    config = drill_config()
    config.standby.engine = "piper"
    config.gateway.ring_timeout_s = GIVE_UP_S
    # Without a greeting connection 5 is not made before the first word, and outbound polls on: connection 2 stays "polling".
    config.llama.greeting = ""
    return config


def _is_ready(system: SimulatedSystem, call: SimulatedCall) -> bool:
    """It was answered, and everything that there is before the first word is connected."""
    boards = [running.runtime.board for running in system.running.values()]
    entries: list[dict[str, Any]] = [entry for board in boards for entry in board.as_dicts() if entry["call_id"]]
    is_connected = all(entry["state"] in ("open", "registered") or entry["number"] == 2 for entry in entries)
    return call.is_answered and is_connected and registrations(system) == 3
