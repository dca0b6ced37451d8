"""How much the services of a simulated system keep for calls: every outbox and queue that hangs on a service."""

import asyncio
from collections.abc import Iterator
from typing import Any

from steadyline.drills.simulated_system import SimulatedSystem
from steadyline.wire.outbox import Outbox

DEPTH = 4
MAX_QUEUED = 500
"""More messages than this in a queue of one call are a backlog that nothing bounds: a history is too short for them."""


def unbounded(system: SimulatedSystem) -> list[str]:
    """What is kept beyond its bounds, in words; empty when all is well."""
    found = []
    for name, running in system.running.items():
        for owner, kept in _kept(running.service):
            # The gateway keeps the last minute of the caller's audio, silence included, and drops what is older.
            if isinstance(kept, Outbox) and (kept.size > kept._limit or (kept.dropped and name != "gateway")):
                found.append(f"{name}: {owner} keeps {kept!r}")
            elif isinstance(kept, asyncio.Queue) and kept.qsize() > MAX_QUEUED:
                found.append(f"{name}: {owner} has {kept.qsize()} messages waiting")
    return found


def uncommitted(system: SimulatedSystem, live_calls: int) -> list[str]:
    """What is still kept, beside the caller's own audio, when every answer has been heard: nothing may be.

    A service that has calls beside those that live is not looked at: it will give them up.
    """
    found = []
    for name in ("inbound", "whisper", "llama"):
        if len(system.running[name].service.calls()) == live_calls:
            for owner, kept in _kept(system.running[name].service):
                # How many clauses the last answer has is kept until the next one has begun to be complete.
                if isinstance(kept, Outbox) and len(kept) > (name == "llama"):
                    found.append(f"{name}: {owner} still keeps {kept!r}")
    return found


def _kept(service: object) -> Iterator[tuple[str, Any]]:
    """The outboxes and queues that can be reached from a service's attributes, each with its attribute's name."""
    seen: set[int] = set()
    level: list[tuple[str, object]] = [(type(service).__name__, service)]
    for _ in range(DEPTH):
        following: list[tuple[str, object]] = []
        for owner, item in level:
            if id(item) in seen:
                continue
            seen.add(id(item))
            if isinstance(item, Outbox | asyncio.Queue):
                yield owner, item
            elif isinstance(item, dict):
                following += [(owner, value) for value in item.values()]
            elif type(item).__module__.startswith("steadyline.services"):
                following += [(f"{type(item).__name__}.{key}", value) for key, value in vars(item).items()]
        level = following
