"""Runs the services as child processes; what dies is started again, and never because of another's death."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from steadyline.clock import Clock
from steadyline.config import Config
from steadyline.errors import CannotRunError
from steadyline.link.runtime import Runtime
from steadyline.services.process import SUPERVISOR_VARIABLE
from steadyline.services.status_client import ask_all
from steadyline.supervisor.child import Child, ChildState, RestartPolicy

READY_POLL_S = 0.2


class Supervisor:
    """The children of `steadyline up`; also a Service for its own status port.

    Args:
        runtime, config: surroundings.
        names: services to run.
        arguments: command-line arguments that each service is given (configuration).
    """

    def __init__(self, runtime: Runtime, config: Config, names: Sequence[str], arguments: Sequence[str]) -> None:
        self._runtime = runtime
        self._config = config
        self._arguments = list(arguments)
        supervisor = config.supervisor
        policy = RestartPolicy(supervisor.restart_delay_s, supervisor.restart_max_delay_s, supervisor.stable_after_s)
        self._children = {name: Child(name, policy) for name in names}
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._failed = asyncio.Event()

    @property
    def state(self) -> str:
        broken = [child.name for child in self._children.values() if child.state is ChildState.FATAL]
        return f"cannot run: {', '.join(broken)}" if broken else "ready"

    def calls(self) -> list[dict[str, Any]]:
        return []

    def details(self) -> dict[str, Any]:
        """For `steadyline status`."""
        children = {
            name: {
                "state": child.state.value,
                "restarts": child.restarts,
                "pid": process.pid if (process := self._processes.get(name)) else None,
            }
            for name, child in self._children.items()
        }
        return {"children": children}

    async def start(self) -> None:
        self._keepers = [asyncio.ensure_future(self._keep(child)) for child in self._children.values()]

    async def stop(self) -> None:
        """End the children: SIGTERM, and SIGKILL for what is still there after `supervisor.stop_timeout_s`."""
        for keeper in self._keepers:
            keeper.cancel()
        for child in self._children.values():
            child.stopped()
        running = {name: process for name, process in self._processes.items() if process.returncode is None}
        for process in running.values():
            _signal(process, signal.SIGTERM)
        late = set[Any]()
        if running:
            waits = [asyncio.ensure_future(process.wait()) for process in running.values()]
            _, late = await asyncio.wait(waits, timeout=self._config.supervisor.stop_timeout_s)
        for name, process in running.items():
            if late and process.returncode is None:
                self._runtime.log.warning("%s (pid %d) did not stop in time and is killed", name, process.pid)
                _signal(process, signal.SIGKILL)
                await process.wait()

    async def wait_ready(self, progress: Callable[[str], None]) -> str:
        """Wait until every service is ready; returns the SIP address.

        Raises:
            CannotRunError: a service cannot run at all.
        """
        shown = ""
        while True:
            statuses = await ask_all(self._config)
            states = {name: self._state_of(name, status) for name, status in statuses.items()}
            waiting = [f"{name}: {state}" for name, state in states.items() if state != "ready"]
            if self._failed.is_set():
                raise CannotRunError(f'{self.state}; the line above that begins with "steadyline:" says why')
            if not waiting:
                for child in self._children.values():
                    child.served()
                gateway = statuses["gateway"]
                return str(gateway["sip_uri"]) if gateway else ""
            if ", ".join(waiting) != shown:
                shown = ", ".join(waiting)
                progress(shown)
            await self._runtime.clock.sleep(READY_POLL_S)

    def _state_of(self, name: str, status: dict[str, Any] | None) -> str:
        """What a status port's answer means, which a service started by somebody else may have given."""
        process = self._processes.get(name)
        if status is None or process is None:
            return "starting"
        return str(status["state"]) if status["pid"] == process.pid else f"its ports are held by pid {status['pid']}"

    async def _keep(self, child: Child) -> None:
        """Run a child again and again."""
        clock: Clock = self._runtime.clock
        environment = {**os.environ, SUPERVISOR_VARIABLE: str(os.getpid())}
        while child.state is ChildState.WAITING:
            await clock.sleep(max(0.0, child.start_at - clock.now()))
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "steadyline",
                child.name,
                *self._arguments,
                stdin=asyncio.subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            )
            self._processes[child.name] = process
            child.started(clock.now())
            code = await process.wait()
            child.exited(code, clock.now())
            how = f"killed by signal {-code}" if code < 0 else f"ended with status {code}"
            if child.is_fatal:
                self._runtime.log.error("%s %s and cannot run like this", child.name, how)
                self._failed.set()
            else:
                wait_s = max(0.0, child.start_at - clock.now())
                self._runtime.log.warning("%s %s; starting it again in %.1f s", child.name, how, wait_s)


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(number)
