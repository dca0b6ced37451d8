"""Random orders with real processes and a real SIP call, which rings from the moment at which the gateway is there.

A start counts from when the service is up: its ports open, its engine loaded. How long Python takes to begin is the machine's.
"""

import asyncio
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

from steadyline.drills.caller import caller_settings
from steadyline.drills.hand_started import HandStartedSystem
from steadyline.drills.start_orders.orders import PROCESSES, Start, StartsReport, random_delays
from steadyline.sip import SipUserAgent

RING_S = 180.0
"""Longer than seven starts take on a machine that is busy."""
REAL_BOUND_S = 1.2


async def run_real_orders(
    count: int, seed: int, progress: Callable[[StartsReport], None] = lambda report: None
) -> StartsReport:
    """Start real systems in random orders, with random delays of 0 to 3 s, one after another.

    Args:
        count: how many.
        seed: of the orders and delays.

    Raises:
        DrillError: a service does not come up.
    """
    chance = random.Random(f"real start orders {seed}")
    loop, report = asyncio.get_running_loop(), StartsReport(REAL_BOUND_S)
    begun_at = loop.time()
    agent = await SipUserAgent.start(caller_settings(1))
    try:
        for _ in range(count):
            order = tuple(chance.sample(PROCESSES, len(PROCESSES)))
            report.starts.append(await start_for_real(agent, order, random_delays(order, seed)))
            report.took_s = loop.time() - begun_at
            progress(report)
    finally:
        await agent.close()
    return report


async def start_for_real(agent: SipUserAgent, order: tuple[str, ...], delays_s: tuple[float, ...]) -> Start:
    """Start one system; ready is when the call was answered.

    Raises:
        DrillError: a service does not come up.
        ConnectionError: the call was refused.
    """
    with tempfile.TemporaryDirectory(prefix="steadyline-") as folder:
        system = HandStartedSystem(Path(folder), f"gateway.ring_timeout_s={RING_S}")
        answering: asyncio.Task[float] | None = None
        try:
            for name, delay_s in zip(order, (*delays_s, 0.0), strict=True):
                await system.start(name)
                if name == "gateway":
                    answering = asyncio.create_task(_answered_at(agent, system), name="ring")
                await asyncio.sleep(delay_s)
            assert answering is not None
            answered_at = await answering
            await system.wait_up(PROCESSES)
        finally:
            if answering is not None:
                answering.cancel()
            await system.stop()
    return Start(order, delays_s, round(max(0.0, answered_at - max(system.up_at.values())), 3))


async def _answered_at(agent: SipUserAgent, system: HandStartedSystem) -> float:
    await system.wait_up(["gateway"])
    call = await agent.dial(system.uri)
    await call.wait_established(RING_S)
    answered_at = asyncio.get_running_loop().time()
    await call.hangup()
    return answered_at
