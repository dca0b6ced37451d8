"""What is left in a simulated system: equal before and after a call, the call left nothing behind."""

import asyncio
from typing import Any

from steadyline.drills.simulated_system import STANDBY, SimulatedSystem

FIRST_EPHEMERAL_PORT = 32_768


def registrations(system: SimulatedSystem) -> int:
    """How many calls are registered with whisper and the TTS services."""
    names = [name for name in ("whisper", "tts", STANDBY) if name in system.running]
    services: list[Any] = [system.running[name].service for name in names]
    return sum(len(service._table) for service in services)


def remains(system: SimulatedSystem) -> dict[str, Any]:
    """All that a call could leave behind; what is equal before and after left nothing."""
    left = system.left_of_calls()
    llama: Any = system.running["llama"].service
    for entry in left.values():
        entry["ports"] = [port if port < FIRST_EPHEMERAL_PORT else "ephemeral" for port in entry["ports"]]
    return {
        **left,
        "registrations": registrations(system),
        "free slots": sorted(llama._free_slots),
        "all tasks": sorted(task.get_name().split("-")[0] for task in asyncio.all_tasks()),
        "listeners": sorted(system.network.listeners),
        "udp ports": len(system.network.datagram_ports),
    }
