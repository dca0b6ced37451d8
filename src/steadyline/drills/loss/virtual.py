"""Many calls in virtual time: the whole system, its datagrams on a network that loses them."""

import asyncio
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from steadyline.config import Config
from steadyline.drills.loss.measurement import Conditions, Measured
from steadyline.drills.processes import in_processes
from steadyline.drills.quiet_log import logging_to
from steadyline.drills.remains import remains
from steadyline.drills.simulated_call import SimulatedCall
from steadyline.drills.simulated_system import SimulatedSystem, drill_config
from steadyline.drills.weather import Weather
from steadyline.link.memory import MemoryNetwork
from steadyline.link.virtual_time import run_in_virtual_time

CALLS_A_BATCH = 40
LATENCY_S = 0.0005
RING_S = 600.0
POLL_S = 0.01
LEAVE_WITHIN_S = 30.0
"""Registrations expire after 5 s, looked at every second; a REGISTER that was late may make one more session."""


def measure(
    conditions: Conditions,
    calls: int,
    seed: int,
    *,
    jobs: int,
    progress: Callable[[Measured], None] = lambda measured: None,
) -> Measured:
    """Make so many calls, `CALLS_A_BATCH` at a time.

    Args:
        conditions: of the network.
        calls: how many, rounded up to whole batches.
        seed: the same seed gives the same times.
        jobs: processes to work in.
        progress: told after each batch.
    """
    measured = Measured(conditions)
    pieces = [(conditions, f"{seed} {batch}") for batch in range(-(-calls // CALLS_A_BATCH))]
    for part in in_processes(jobs, measure_batch, pieces):
        measured.add(part)
        progress(measured)
    return measured


def measure_batch(conditions: Conditions, seed: str) -> Measured:
    """One batch, in this process."""
    with logging_to(), tempfile.TemporaryDirectory(prefix="steadyline-") as folder:
        return run_in_virtual_time(_measure(conditions, seed, Path(folder) / "journal.sqlite"))


async def _measure(conditions: Conditions, seed: str, journal: Path) -> Measured:
    weather = Weather(random.Random(f"{conditions} {seed}"), conditions.lost, conditions.doubled, conditions.late)
    system = SimulatedSystem(journal, _config(), network=MemoryNetwork(LATENCY_S, weather.fate))
    measured = Measured(conditions)
    await system.start()
    await asyncio.sleep(1.0)
    before = remains(system)
    await asyncio.gather(*(_ring(system, measured) for _ in range(CALLS_A_BATCH)))
    left_at = asyncio.get_running_loop().time()
    for _ in range(round(LEAVE_WITHIN_S / POLL_S)):
        if remains(system) == before:
            break
        await asyncio.sleep(POLL_S)
    else:
        measured.left.append(f"sessions: {[name for name, one in system.running.items() if one.service.calls()]}")
    measured.gone_s.append(round(asyncio.get_running_loop().time() - left_at, 3))
    await system.close()
    return measured


async def _ring(system: SimulatedSystem, measured: Measured) -> None:
    """One call, from INVITE until it is answered and hung up."""
    loop = asyncio.get_running_loop()
    call, dialed_at = system.dial(), loop.time()
    while not call.is_answered and not call.closed.done():  # noqa: ASYNC110 - the line has no event for it
        await asyncio.sleep(POLL_S)
    if call.answered_at is None:
        measured.unanswered += 1
        return
    measured.ready_s.append(round(call.answered_at - dialed_at, 4))
    measured.registered_s.append(_polled_s(system, call))
    call.hang_up()


def _polled_s(system: SimulatedSystem, call: SimulatedCall) -> float:
    """How long inbound polled for this call."""
    gateway: list[dict[str, Any]] = system.running["gateway"].service.calls()
    call_id = next(entry["call_id"] for entry in gateway if entry["peer"] == call.peer)
    entries = system.running["inbound"].runtime.board.as_dicts()
    [polling] = [entry for entry in entries if entry["call_id"] == call_id and entry["state"] == "registered"]
    return round(float(polling["established_ms"]) / 1000, 4)


def _config() -> Config:
    config = drill_config()
    config.gateway.ring_timeout_s = RING_S
    config.llama.greeting = ""
    return config
