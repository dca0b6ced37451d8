"""Raises the number of calls step by step on a system of real processes, until it is too many."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from steadyline.bench.capacity.crowds import Crowds, cpu_seconds
from steadyline.bench.capacity.figures import Bounds, Step, faults, step_of
from steadyline.bench.capacity.instant_engines import INSTANT_SETTINGS
from steadyline.drills.options import Progress
from steadyline.drills.real_system import RealSystem

RTP_PORTS_PER_CALL = 8
LOWEST_RTP_PORT = 20_000
SETTLE_S = 6.0
"""After calls were added: their greetings are over, and they ask at different times."""


@dataclass(frozen=True)
class CapacityOptions:
    """What is to be measured.

    Attributes:
        is_instant: with engines that answer at once.
        steps: numbers of calls, growing.
        step_s: how long each is measured.
        limit_s: no step is begun that would not be over by then.
        bounds: what has to hold.
        config_path, settings: the system's configuration.
    """

    is_instant: bool
    steps: tuple[int, ...]
    step_s: float
    limit_s: float
    bounds: Bounds
    config_path: Path | None
    settings: tuple[str, ...]


@dataclass(frozen=True)
class Capacity:
    """What came of it.

    Attributes:
        steps: in the order in which they were measured.
        faults: of the last of them; none: time or steps ran out before anything broke.
        took_s: all of it.
    """

    steps: tuple[Step, ...]
    faults: tuple[str, ...]
    took_s: float

    @property
    def limit(self) -> int:
        """The most calls that were well; 0: not even the first step was."""
        well = self.steps[:-1] if self.faults else self.steps
        return well[-1].calls if well else 0


async def measure_capacity(options: CapacityOptions, progress: Progress) -> Capacity:
    """Measure.

    Raises:
        DrillError: the system does not start.
    """
    began_at, steps, found = time.monotonic(), list[Step](), list[str]()
    async with _system(options) as system:
        port = system.config.gateway.sip_port
        crowds = Crowds(system.config.gateway.sip_host, port)
        try:
            for calls in options.steps:
                if time.monotonic() - began_at + SETTLE_S + options.step_s > options.limit_s:
                    progress(f"{options.limit_s:g} s are over before {calls} calls are measured")
                    break
                steps.append(await _step(system, crowds, calls, options))
                found = faults(steps[-1], options.bounds)
                progress(_told(steps[-1], found))
                if found:
                    break
        finally:
            await crowds.end()
    return Capacity(tuple(steps), tuple(found), round(time.monotonic() - began_at, 1))


@asynccontextmanager
async def _system(options: CapacityOptions) -> AsyncIterator[RealSystem]:
    most = max(options.steps)
    with tempfile.TemporaryDirectory(prefix="steadyline-capacity-") as folder:
        settings = (
            *(INSTANT_SETTINGS if options.is_instant else ()),
            *options.settings,
            *(
                f"gateway.max_calls={most}",
                "gateway.call_id_rest_s=0",
                "llama.greeting=Hello, how can I help you today?",
            ),
            *(f"gateway.rtp_port_low={LOWEST_RTP_PORT}", f"gateway.rtp_port_high={LOWEST_RTP_PORT + _rtp_ports(most)}"),
        )
        system = RealSystem(Path(folder), settings, config_path=options.config_path)
        try:
            await system.start()
            yield system
        finally:
            await system.stop()


def _rtp_ports(calls: int) -> int:
    return max(200, RTP_PORTS_PER_CALL * calls)


async def _step(system: RealSystem, crowds: Crowds, calls: int, options: CapacityOptions) -> Step:
    """Have so many calls, let them settle, and measure them."""
    answered, refused = await crowds.have(calls)
    await asyncio.sleep(SETTLE_S)
    pids = await system.pids()
    starved_before = await _starved(system)
    await crowds.begin()
    began_at, before, callers_before = time.monotonic(), _cpu(pids), crowds.cpu_s()
    await asyncio.sleep(options.step_s)
    seconds, after, callers_after = time.monotonic() - began_at, _cpu(pids), crowds.cpu_s()
    reports = await crowds.reports()
    cpu = {name: round((after[name] - spent) / seconds, 4) for name, spent in before.items()}
    starved = await _starved(system) - starved_before
    caller_cpu = round((callers_after - callers_before) / seconds, 4)
    return step_of(answered, refused, seconds, reports, starved, cpu, caller_cpu)


def _cpu(pids: dict[str, int]) -> dict[str, float]:
    return {name: cpu_seconds(pid) for name, pid in pids.items()}


async def _starved(system: RealSystem) -> int:
    status = await system.status_of("gateway")
    if status is None:
        raise system.failed("the gateway does not answer")
    return sum(call["starved_frames"] for call in status["calls"])


def _told(step: Step, found: Sequence[str]) -> str:
    verdict = "too many: " + "; ".join(found) if found else "well"
    return (
        f"{step.calls} calls: wait p50 {step.wait_p50_s:.2f} s, p95 {step.wait_p95_s:.2f} s, packets 20 ± "
        f"{step.jitter_p99_ms:.1f} ms, {step.cpu_percent_per_call:.2f} % of a core a call: {verdict}"
    )
