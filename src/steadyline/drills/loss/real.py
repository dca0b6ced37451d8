"""Real processes and real SIP calls, REGISTER and BYE through a UDP proxy of our own."""

import asyncio
import random
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from steadyline.drills.caller import caller_settings
from steadyline.drills.hand_started import HandStartedSystem
from steadyline.drills.loss.measurement import Conditions, Measured
from steadyline.drills.loss.proxy import UdpProxy
from steadyline.drills.weather import Weather
from steadyline.services.status_client import ask_all
from steadyline.sip import SipCall, SipUserAgent

RING_S = 110.0
"""Shorter than the SIP stack's own patience of 120 s. With 90 % lost, one call in 90,000 takes longer."""
POLL_S = 0.05
LEAVE_WITHIN_S = 30.0
SERVICES = ("gateway", "inbound", "outbound", "whisper", "llama", "tts")


async def measure_for_real(
    all_conditions: Sequence[Conditions], calls: int, seed: int, progress: Callable[[Measured], None]
) -> list[Measured]:
    """Make `calls` calls at once under each of the conditions, on one system.

    Raises:
        DrillError: a service did not come up.
    """
    weather = Weather(random.Random(f"real {seed}"))
    agent = await SipUserAgent.start(caller_settings(calls))
    with tempfile.TemporaryDirectory(prefix="steadyline-") as folder:
        system = HandStartedSystem(
            Path(folder),
            *(f"gateway.ring_timeout_s={RING_S}", f"gateway.max_calls={calls}", "gateway.call_id_rest_s=0"),
            "llama.greeting=",
        )
        proxies: list[UdpProxy] = []
        try:
            await _start(system, weather, proxies)
            measured = []
            for conditions in all_conditions:
                weather.set(conditions.lost, conditions.doubled, conditions.late)
                measured.append(await _measure(system, agent, conditions, calls))
                progress(measured[-1])
            return measured
        finally:
            await agent.close()
            await system.stop()
            for proxy in proxies:
                proxy.close()


async def _start(system: HandStartedSystem, weather: Weather, proxies: list[UdpProxy]) -> None:
    """All services; those that register do so with the proxies."""
    host, config = system.config.network.host, system.config
    for port in (config.whisper.register_port, config.tts.register_port):
        proxies.append(await UdpProxy.open((host, port), weather))
    to_proxies = {
        "inbound": [f"whisper.register_port={proxies[0].port}"],
        "outbound": [f"tts.register_port={proxies[1].port}", "standby.engine="],
        "llama": ["standby.engine="],
    }
    for name in SERVICES:
        await system.start(name, *to_proxies.get(name, []))
    await system.wait_up(SERVICES)


async def _measure(system: HandStartedSystem, agent: SipUserAgent, conditions: Conditions, calls: int) -> Measured:
    measured, loop = Measured(conditions), asyncio.get_running_loop()
    rung = await asyncio.gather(*(_ring(system, agent, measured) for _ in range(calls)))
    measured.registered_s = await _polled_s(system)
    await asyncio.gather(*(call.hangup() for call in rung if call is not None))
    left_at = loop.time()
    while left := await _left(system):
        if loop.time() - left_at > LEAVE_WITHIN_S:
            measured.left.append(left)
            break
        await asyncio.sleep(POLL_S)
    measured.gone_s.append(round(loop.time() - left_at, 3))
    return measured


async def _ring(system: HandStartedSystem, agent: SipUserAgent, measured: Measured) -> SipCall | None:
    """One call, until it is answered; None if it is not."""
    loop = asyncio.get_running_loop()
    dialed_at = loop.time()
    call = await agent.dial(system.uri)
    try:
        await call.wait_established(RING_S + 5.0)
    except ConnectionError:
        measured.unanswered += 1
        return None
    measured.ready_s.append(round(loop.time() - dialed_at, 3))
    return call


async def _polled_s(system: HandStartedSystem) -> list[float]:
    """For each call that is answered how long inbound polled whisper."""
    inbound = (await ask_all(system.config, ("inbound",)))["inbound"]
    polled = (
        [one for one in inbound["connections"] if one["number"] == 1 and one["state"] == "registered"]
        if inbound
        else []
    )
    return [one["established_ms"] / 1000 for one in polled]


async def _left(system: HandStartedSystem) -> str:
    """Which services still have calls, in words; "" when none has."""
    answers = await ask_all(system.config, SERVICES)
    return ", ".join(name for name, answer in answers.items() if answer is None or answer["calls"])
