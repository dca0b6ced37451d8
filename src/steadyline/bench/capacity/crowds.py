"""The processes that the callers live in, and what they cost."""

import asyncio
import json
import sys
from typing import Any

import psutil

from steadyline.errors import SteadylineError

PER_PROCESS = 40
"""Callers of one process: with 50 packets a second each way, a fifth of a core (measured)."""


class CrowdError(SteadylineError):
    """A process of callers has ended."""


class Crowds:
    """As many processes as there are calls for.

    Args:
        host, port: where to call.
    """

    def __init__(self, host: str, port: int) -> None:
        self._command = (sys.executable, "-m", "steadyline.bench.capacity.crowd", host, str(port))
        self._processes: list[asyncio.subprocess.Process] = []

    async def have(self, calls: int) -> tuple[int, int]:
        """Call until there are so many; how many are answered, and how many callers were refused or got no answer."""
        answered = refused = 0
        for place in range(-(-calls // PER_PROCESS)):
            if place == len(self._processes):
                pipe = asyncio.subprocess.PIPE
                self._processes.append(await asyncio.create_subprocess_exec(*self._command, stdin=pipe, stdout=pipe))
            done = await self._ask(place, {"calls": min(PER_PROCESS, calls - place * PER_PROCESS)})
            answered, refused = answered + done["answered"], refused + done["refused"]
        return answered, refused

    async def begin(self) -> None:
        """Count anew from now on."""
        for place in range(len(self._processes)):
            await self._ask(place, {"begin": True})

    async def reports(self) -> list[dict[str, Any]]:
        """What came since."""
        return [await self._ask(place, {"report": True}) for place in range(len(self._processes))]

    def cpu_s(self) -> float:
        """Processor time of all of them so far, seconds."""
        return sum(cpu_seconds(process.pid) for process in self._processes)

    async def end(self) -> None:
        """Let them hang up and end."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.close()
        for process in self._processes:
            await process.wait()

    async def _ask(self, place: int, order: dict[str, Any]) -> dict[str, Any]:
        process = self._processes[place]
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps(order).encode() + b"\n")
        line = await process.stdout.readline()
        if not line:
            raise CrowdError(f"a process of callers has ended with status {await process.wait()}")
        return dict(json.loads(line))


def cpu_seconds(pid: int) -> float:
    """Processor time (user and system) of a process and all below it so far, seconds; 0 when it is gone."""
    total = 0.0
    try:
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            times = one.cpu_times()
            total += times.user + times.system
    except psutil.NoSuchProcess:
        pass
    return total
