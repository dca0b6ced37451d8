"""The whole system in one event loop, in memory and virtual time: real services on fake engines and a fake line.

Run it inside `steadyline.link.virtual_time.run_in_virtual_time`. Any service can be started, stopped (as by SIGTERM), killed
(as by SIGKILL), frozen (as by SIGSTOP), replaced and started anew, in any order and at any moment.
"""

import asyncio
import itertools
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any

from steadyline.calls.journal import Journal
from steadyline.config import Config
from steadyline.drills.simulated_call import SimulatedCall
from steadyline.drills.simulated_engines import SimulatedEngines, drill_phrases
from steadyline.drills.simulated_line import SimulatedLine
from steadyline.drills.simulated_process import SimulatedProcess, note_tasks
from steadyline.drills.simulated_workers import SimulatedDisk, SimulatedWorkers, engine_sleep
from steadyline.engines.vad_energy import EnergyVad
from steadyline.link.memory import MemoryNetwork
from steadyline.link.runtime import Runtime
from steadyline.recorder.recorder import Recorder
from steadyline.retry import RetryPolicy
from steadyline.services.engine_host import SPECULATIVE_PLACES, EngineHost
from steadyline.services.gateway import GatewayService
from steadyline.services.inbound import DetectorPool, FreshDetectors, inbound_service
from steadyline.services.journal_access import JournalAccess
from steadyline.services.line import Line, LineCall
from steadyline.services.link_security import link_security
from steadyline.services.llama import LlamaService
from steadyline.services.outbound import outbound_service
from steadyline.services.service import Service
from steadyline.services.tts import TtsService
from steadyline.services.whisper import WhisperService
from steadyline.wire.registration import RegisterCadence
from steadyline.wire.session import SessionTimes

SERVICES = ("gateway", "inbound", "outbound", "whisper", "llama", "tts")
STANDBY = "standby"
"""One more service, where the configuration names a standby."""


def drill_config() -> Config:
    """The default configuration with a greeting, an apology and a farewell that fake engines can speak."""
    config = Config()
    config.llama.greeting, config.llama.apology, config.llama.farewell = "Hello caller.", "Sorry later.", "Later."
    return config


@dataclass
class RunningService:
    """A service that was started: its process, its surroundings and its body."""

    process: SimulatedProcess
    runtime: Runtime
    service: Service
    host: EngineHost[Any] | None = None
    workers: SimulatedWorkers | None = None
    journals: list[Journal] = field(default_factory=list)

    def left_of_calls(self) -> dict[str, Any]:
        """What a service has that belongs to calls, and how many tasks, timers and connections it has."""
        return {
            "calls": self.service.calls(),
            "connections": [entry for entry in self.runtime.board.as_dicts() if entry["call_id"]],
            "ports": sorted(port.port for port in self.process.ports),
            "transports": len(self.process.transports),
            "timers": len(self.process.timers),
            "tasks": sorted(task.get_name() for task in self.process.tasks if not task.done()),
        }


class SimulatedSystem:
    """Gateway, inbound, outbound, whisper, llama and tts.

    Attributes:
        network: the host's ports.
        running: the services that run, by name.
        ghosts: services that were replaced and not killed.
        lines: each gateway's line, by its name.

    Args:
        journal_path: the SQLite file.
        config, engines: what they run with.
        network: with latency and losses of your choice.
        seed: of the jitter in the back-off, and of the disk's.
        disk_s: how long a write to the journal takes at most, before and again after it is done.
        recorder: makes the recorder of a process; None: nothing is recorded.
        detectors: inbound's; None: by level.
    """

    def __init__(
        self,
        journal_path: Path,
        config: Config | None = None,
        engines: SimulatedEngines | None = None,
        network: MemoryNetwork | None = None,
        seed: int = 0,
        disk_s: float = 0.0,
        recorder: Callable[[Runtime], Recorder] | None = None,
        detectors: DetectorPool | None = None,
    ) -> None:
        self.journal_path = journal_path
        self.config = config or drill_config()
        self.engines = engines or SimulatedEngines()
        self.network = network or MemoryNetwork(latency_s=0.001)
        self.running: dict[str, RunningService] = {}
        self.ghosts: list[RunningService] = []
        self.lines: dict[str, SimulatedLine] = {}
        self.goes_first: deque[bool] = deque(maxlen=1)
        self._gateway_configs: dict[str, Config] = {}
        self._random = random.Random(seed)
        self._disk_s = disk_s
        self._recorder = recorder
        self._detectors = detectors or FreshDetectors(EnergyVad)
        self._call_numbers = itertools.count(1)
        self._epoch = 0
        note_tasks()

    @property
    def services(self) -> tuple[str, ...]:
        """The services that the configuration wants."""
        return (*SERVICES, *((STANDBY,) if self.config.standby.engine else ()))

    async def start(self, *names: str) -> None:
        """Start services (all that the configuration wants when none is named), one after another and without a pause.

        Raises:
            PortTakenError: a port that a service needs is in use.
        """
        for name in names or self.services:
            await self._start(name)

    async def start_gateway(self, name: str, config: Config) -> None:
        """Start a further gateway under a name and a configuration of its own; `lines[name]` is its line then."""
        self._gateway_configs[name] = config
        await self._start(name)

    async def stop(self, name: str) -> None:
        """End a service as SIGTERM does: it lets go of everything by itself. Calls go on, unless it is the gateway."""
        running = self.running.pop(name)
        await running.service.stop()
        running.process.kill()

    def kill(self, name: str) -> None:
        """End a service as SIGKILL does."""
        self._kill(self.running.pop(name))
        if name in self.lines:
            self.lines[name].lose("gateway died")

    async def replace(self, name: str) -> None:
        """Freeze a service, if it is not frozen, and start another in its place, which gets its ports: as when its host
        vanishes from the network for a while. The first becomes a ghost, and may be thawed.
        """
        ghost = self.running.pop(name)
        ghost.process.freeze()
        ghost.process.lose_ports()
        self.ghosts.append(ghost)
        await self._start(name)

    def lay_ghosts(self) -> None:
        """Kill the ghosts."""
        while self.ghosts:
            self._kill(self.ghosts.pop())

    async def close(self) -> None:
        """Stop everything."""
        self.lay_ghosts()
        for name in list(self.running):
            await self.stop(name)

    def dial(self, rate_hz: int = 8_000, *, is_acknowledged: bool = True) -> SimulatedCall:
        """A caller dials; the call rings. Arguments as of `SimulatedLine.dial`.

        Raises:
            ConnectionRefusedError: no gateway runs.
        """
        if "gateway" not in self.running:
            raise ConnectionRefusedError("no gateway runs")
        return self.lines["gateway"].dial(rate_hz, is_acknowledged=is_acknowledged)

    def left_of_calls(self) -> dict[str, dict[str, Any]]:
        """What each service has; after a call it must be what it was before."""
        return {name: self.running[name].left_of_calls() for name in sorted(self.running)}

    def _kill(self, running: RunningService) -> None:
        running.process.kill()
        running.runtime.recorder = Recorder()  # who is dead records nothing, not even that the line is gone
        for journal in running.journals:
            journal.close()

    async def _start(self, name: str) -> None:
        process = SimulatedProcess(name, self.network)
        running = process.run(self._make, name, process)
        self.running[name] = running
        try:
            await process.run(lambda: asyncio.ensure_future(running.service.start()))
        except Exception:
            self.kill(name)
            raise
        if running.host is not None:
            process.run(lambda host: asyncio.ensure_future(host.start()), running.host)

    def _make(self, name: str, process: SimulatedProcess) -> RunningService:
        runtime = self._runtime(name, process)
        makers: dict[str, Callable[[Runtime, SimulatedProcess], RunningService]] = {
            "gateway": self._gateway,
            "inbound": lambda runtime, process: RunningService(
                process, runtime, inbound_service(runtime, self.config, self._detectors)
            ),
            "outbound": lambda runtime, process: RunningService(
                process, runtime, outbound_service(runtime, self.config, drill_phrases())
            ),
            "whisper": self._whisper,
            "llama": self._llama,
            "tts": self._tts,
            STANDBY: self._tts,
        }
        return makers["gateway" if name in self._gateway_configs else name](runtime, process)

    def _runtime(self, name: str, process: SimulatedProcess) -> Runtime:
        self._epoch += 1
        connections, retry, register = self.config.connections, self.config.retry, self.config.register
        runtime = Runtime(
            name,
            process.clock,
            process.network,
            self._epoch,
            self._random.random,
            logging.getLogger(f"steadyline.{name}"),
            SessionTimes(connections.hello_timeout_s, connections.ping_interval_s, connections.lost_after_s),
            RetryPolicy(
                retry.attempts,
                retry.fast_attempts,
                retry.fast_delay_s,
                retry.slow_delay_s,
                retry.backoff_factor,
                retry.backoff_max_s,
            ),
            RegisterCadence(register.fast_interval_s, register.fast_period_s, register.slow_interval_s),
            register.expiry_s,
            security=link_security(self.config, process.clock),
        )
        if self._recorder is not None:
            runtime.recorder = self._recorder(runtime)
        return runtime

    def _gateway(self, runtime: Runtime, process: SimulatedProcess) -> RunningService:
        def open_line(on_incoming: Callable[[LineCall], None]) -> Awaitable[Line]:
            async def opened() -> Line:
                self.lines[process.name] = SimulatedLine(process, on_incoming, self._call_numbers)
                return self.lines[process.name]

            return opened()

        journals: list[Journal] = []
        config = self._gateway_configs.get(process.name, self.config)
        service = GatewayService(runtime, config, open_line, self._journal(runtime, journals), self.goes_first.append)
        return RunningService(process, runtime, service, journals=journals)

    def _whisper(self, runtime: Runtime, process: SimulatedProcess) -> RunningService:
        host, workers = self._host("whisper", self.engines.recognizer, self.config.whisper.workers, runtime)
        return RunningService(process, runtime, WhisperService(runtime, self.config, host), host, workers)

    def _llama(self, runtime: Runtime, process: SimulatedProcess) -> RunningService:
        slots, journals = self.config.gateway.max_calls, list[Journal]()
        host, workers = self._host("llama", self.engines.model, slots, runtime, self.config.llama.lead_s)
        service = LlamaService(runtime, self.config, host, self._journal(runtime, journals), slots)
        return RunningService(process, runtime, service, host, workers, journals)

    def _tts(self, runtime: Runtime, process: SimulatedProcess) -> RunningService:
        host, workers = self._host(runtime.role, self.engines.synthesizer, self.config.tts.workers, runtime)
        place = self.config.standby if runtime.role == STANDBY else self.config.tts
        return RunningService(process, runtime, TtsService(runtime, self.config, host, place), host, workers)

    def _host(
        self, name: str, make: Callable[[], Any], places: int, runtime: Runtime, lead_s: float = inf
    ) -> tuple[EngineHost[Any], SimulatedWorkers]:
        def load() -> Any:
            engine_sleep(self.engines.load_s)
            return make()

        workers = SimulatedWorkers(places + SPECULATIVE_PLACES)
        return EngineHost(name, load, workers, runtime, places=places, lead_s=lead_s), workers

    def _journal(self, runtime: Runtime, journals: list[Journal]) -> JournalAccess:
        def open_journal() -> Journal:
            journal = Journal(self.journal_path)
            journals.append(journal)
            return journal

        return JournalAccess(open_journal, SimulatedDisk(self._disk_s, self._random.random), runtime)
