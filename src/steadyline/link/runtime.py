"""What a service's body is given: time, a network, workers, a logger and the numbers people can tune."""

import asyncio
import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, TypeVar

from steadyline.clock import Clock
from steadyline.link.faults import Faults
from steadyline.link.flood_log import FloodLog
from steadyline.link.network import Network
from steadyline.link.security import Seal, Security
from steadyline.link.status import StatusBoard
from steadyline.metrics import Metrics
from steadyline.recorder.recorder import Recorder
from steadyline.retry import RetryPolicy
from steadyline.wire.registration import RegisterCadence
from steadyline.wire.session import SessionTimes

T = TypeVar("T")


class Workers(Protocol):
    """Where blocking work is done (model inference, disk), so that the event loop never is."""

    async def run(self, function: Callable[..., T], /, *args: Any) -> T:
        """The result of `function(*args)`; its exceptions come through."""

    def close(self) -> None:
        """Take no more work."""


class ThreadWorkers:
    """Real workers: `count` threads, all started at once so that their number never changes afterwards.

    Args:
        count: how many.
        name: what the threads are called.
        nice: Linux nice value of these threads and of those that they start, 0 to 19; the others stay at 0.
    """

    def __init__(self, count: int, name: str, nice: int = 0) -> None:
        self._executor = ThreadPoolExecutor(count, name, initializer=_yield_to_others, initargs=(nice,))
        everybody = threading.Barrier(count)
        for started in [self._executor.submit(everybody.wait) for _ in range(count)]:
            started.result()

    async def run(self, function: Callable[..., T], /, *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, function, *args)

    def close(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)


def _yield_to_others(nice: int) -> None:
    """In Linux a nice value belongs to a thread, not to a process (sched(7))."""
    if nice:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)


@dataclass
class Runtime:
    """A process's surroundings.

    Attributes:
        role: the service's role, e.g. "whisper".
        clock, network: time and the way to others.
        epoch: grows with every start of a process of this role; fences what came before.
        random: floats in [0, 1) for jitter.
        log: the service's logger.
        times, retry, cadence: see their classes.
        registration_expiry_s: a registration without renewal and connection is forgotten after this.
        name: the service's name, as people start it, e.g. "piper" (whose role is "tts"); empty: its role.
        metrics: what this process measures of itself.
        board: the connections that this process dials, polls or accepts.
        faults: what is out of order in this process although calls go on.
        security: the shared secret, and limits for strangers.
        recorder: writes down what passes in calls.
    """

    role: str
    clock: Clock
    network: Network
    epoch: int
    random: Callable[[], float]
    log: logging.Logger
    times: SessionTimes = field(default_factory=SessionTimes)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    cadence: RegisterCadence = field(default_factory=RegisterCadence)
    registration_expiry_s: float = 5.0
    name: str = ""
    security: Security = field(default_factory=Security)
    recorder: Recorder = field(default_factory=Recorder)
    metrics: Metrics = field(init=False)
    board: StatusBoard = field(init=False)
    faults: Faults = field(init=False)

    def __post_init__(self) -> None:
        self.metrics = Metrics(self.name or self.role)
        self.board = StatusBoard(self.clock, self.metrics)
        self.faults = Faults(self.clock, self.log, self.metrics)

    @cached_property
    def flood_log(self) -> FloodLog:
        """For lines that strangers cause, all of this process's together."""
        return FloodLog(self.log, self.clock)

    @property
    def seal(self) -> Seal:
        """Signs and judges what this process says and is told first."""
        return Seal(self.clock, self.security)
