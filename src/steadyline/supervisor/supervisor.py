"""Runs the services as child processes; what dies or freezes is started again, and never because of another's fate."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from steadyline.config import Config
from steadyline.errors import CannotRunError
from steadyline.link.runtime import Runtime
from steadyline.process_state import process_state
from steadyline.services.status_client import ask_all, ask_status, operator_seal, side_status_ports, status_ports
from steadyline.supervisor.child import Child, ChildState, RestartPolicy
from steadyline.supervisor.heartbeat import Heartbeat
from steadyline.supervisor.line_relay import KEPT_LINES, LineRelay
from steadyline.supervisor.service_process import ServiceProcess
from steadyline.supervisor.wishes import STRIKES, refusal_of
from steadyline.vigil import Patience, Vigil
from steadyline.wire.session import SessionTimes

READY_POLL_S = 0.2
CHECK_INTERVAL_S = 0.25
LAST_LINES_TIMEOUT_S = 1.0
"""What a process wrote is read so long after its end; a process that outlives it may hold its standard error open."""


class Supervisor:
    """The children of `steadyline up`; also a Service for its own status port.

    Args:
        runtime, config: surroundings.
        names: services to run; those of `side_status_ports` may fail without anything else being affected.
        arguments: command-line arguments that each service is given (configuration).
        pass_on: gets the lines that the services write to their standard error, as bytes; must not block.
    """

    def __init__(
        self,
        runtime: Runtime,
        config: Config,
        names: Sequence[str],
        arguments: Sequence[str],
        pass_on: Callable[[bytes], None],
    ) -> None:
        self._runtime = runtime
        self._config = config
        self._arguments = list(arguments)
        self._pass_on = pass_on
        self._children = {name: Child(name, _restart_policy(config), runtime.random) for name in names}
        self._last_lines = {name: deque[str](maxlen=KEPT_LINES) for name in names}
        self._processes: dict[str, ServiceProcess] = {}
        self._status_ports = {**status_ports(config), **side_status_ports(config)}
        self._keepers: dict[str, asyncio.Task[None]] = {}
        self._failed = asyncio.Event()

    @property
    def state(self) -> str:
        broken = [child.name for child in self._children.values() if child.is_fatal and self._is_needed(child.name)]
        return f"cannot run: {', '.join(broken)}" if broken else "ready"

    def calls(self) -> list[dict[str, Any]]:
        return []

    def details(self) -> dict[str, Any]:
        """For `steadyline status`."""
        return {"children": {name: self._details_of(child) for name, child in self._children.items()}}

    def _details_of(self, child: Child) -> dict[str, Any]:
        process = self._processes.get(child.name)
        return {
            "state": child.state.value,
            "restarts": child.restarts,
            "freezes": child.freezes,
            "pid": process.pid if process else None,
            "verdict": child.verdict if child.is_fatal else "",
            "last_lines": list(self._last_lines[child.name]) if child.is_fatal else [],
        }

    async def start(self) -> None:
        for name, child in self._children.items():
            self._keepers[name] = asyncio.ensure_future(self._keep(child))

    async def stop(self) -> None:
        """End the children: SIGTERM, and SIGKILL for what is still there after `supervisor.stop_timeout_s`."""
        for keeper in self._keepers.values():
            keeper.cancel()
        for child in self._children.values():
            child.stopped()
        running = {name: process for name, process in self._processes.items() if process.is_running}
        for process in running.values():
            process.terminate()
        if running:
            waits = [asyncio.ensure_future(process.wait()) for process in running.values()]
            await asyncio.wait(waits, timeout=self._config.supervisor.stop_timeout_s)
        for name, process in running.items():
            if process.is_running:
                self._runtime.log.warning("%s (pid %d) did not stop in time and is killed", name, process.pid)
                process.kill()
                await process.wait()
        await asyncio.gather(*(process.wait_log(LAST_LINES_TIMEOUT_S) for process in self._processes.values()))

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
                raise CannotRunError(f"{self.state}; {self._where_the_reason_stands()}")
            if not waiting:
                for child in filter(lambda child: self._is_needed(child.name), self._children.values()):
                    child.served()
                gateway = statuses["gateway"]
                return str(gateway["sip_uri"]) if gateway else ""
            if ", ".join(waiting) != shown:
                shown = ", ".join(waiting)
                progress(shown)
            await self._runtime.clock.sleep(READY_POLL_S)

    async def wait_side_service(self, name: str) -> bool:
        """Wait until a service that calls do not need is ready; False when it cannot run."""
        address, seal = (self._config.network.host, self._status_ports[name]), operator_seal(self._config)
        while not self._children[name].is_fatal:
            status = await ask_status(address, SessionTimes(), seal, details=False)
            if self._state_of(name, status) == "ready":
                self._children[name].served()
                return True
            await self._runtime.clock.sleep(READY_POLL_S)
        return False

    def ask_of_child(self, action: str, name: str) -> str:
        """An operator's wish; "" when it is done, else why not.

        Args:
            action: "restart"; "kill" (SIGKILL) and "freeze" (SIGSTOP) only where `console.drills` allows them.
            name: of a service.
        """
        child, process = self._children.get(name), self._processes.get(name)
        refusal = refusal_of(action, name, self._children, drills=self._config.console.drills)
        if refusal or child is None:
            return refusal
        if child.is_fatal and action == "restart":
            child.wanted_anew(self._runtime.clock.now())
            self._keepers[name] = asyncio.ensure_future(self._keep(child))
        elif child.state is not ChildState.RUNNING or process is None or not process.is_running:
            return f"{name} does not run ({child.state.value})"
        elif action == "restart":
            child.wanted_anew(self._runtime.clock.now())
            process.terminate()
        else:
            process.strike(STRIKES[action])
        self._runtime.log.warning("an operator's wish: %s %s", action, name)
        return ""

    def _is_needed(self, name: str) -> bool:
        """Calls need it."""
        return name not in side_status_ports(self._config)

    def _where_the_reason_stands(self) -> str:
        if any(child.has_spent_budget for child in self._children.values()):
            return "its last lines above say why"
        return 'the line above that begins with "steadyline:" says why'

    def _state_of(self, name: str, status: dict[str, Any] | None) -> str:
        """What a status port's answer means, which a service started by somebody else may have given."""
        process = self._processes.get(name)
        if status is None or process is None:
            return "starting"
        return str(status["state"]) if status["pid"] == process.pid else f"its ports are held by pid {status['pid']}"

    async def _keep(self, child: Child) -> None:
        """Run a child again and again."""
        clock, log = self._runtime.clock, self._runtime.log
        while child.state is ChildState.WAITING:
            await clock.sleep(max(0.0, child.start_at - clock.now()))
            try:
                await self._run(child)
            except OSError as error:
                child.failed_to_start(str(error), clock.now())
            if child.is_fatal:
                self._give_up(child)
            else:
                self._runtime.metrics.restarted(child.name)
                wait_s = max(0.0, child.start_at - clock.now())
                log.warning("%s %s; starting it again in %.1f s", child.name, child.ending, wait_s)

    async def _run(self, child: Child) -> None:
        """One run of a child, from its start to its end.

        Raises:
            OSError: it cannot be started.
        """
        clock = self._runtime.clock
        relay = LineRelay(self._pass_on, self._last_lines[child.name])
        process = self._processes[child.name] = await ServiceProcess.start(child.name, self._arguments, relay)
        child.started(clock.now())
        self._runtime.board.changed()
        watch = asyncio.ensure_future(self._watch(child, process))
        try:
            code = await process.wait()
        finally:
            watch.cancel()
        child.exited(code, clock.now())
        self._runtime.board.changed()
        if child.is_fatal:
            await process.wait_log(LAST_LINES_TIMEOUT_S)

    async def _watch(self, child: Child, process: ServiceProcess) -> None:
        """Kill a child that has frozen."""
        clock, settings = self._runtime.clock, self._config.supervisor
        patience = Patience(settings.stopped_after_s, settings.silent_after_s, settings.start_timeout_s)
        vigil = Vigil(clock.now(), patience, 2 * CHECK_INTERVAL_S)
        address = (self._config.network.host, self._status_ports[child.name])
        heartbeat = Heartbeat(self._runtime, address, 2 * settings.silent_after_s)
        heartbeat.start()
        try:
            while True:
                await clock.sleep(CHECK_INTERVAL_S)
                found = vigil.check(clock.now(), process_state(process.pid), heartbeat.heard_at)
                if found:
                    break
        finally:
            heartbeat.stop()
        self._runtime.log.error("%s (pid %d) %s: killing it and all that it started", child.name, process.pid, found)
        child.froze(found, heartbeat.heard_at)
        process.kill()

    def _give_up(self, child: Child) -> None:
        """Say why a child is not started again; before the system was ready, that ends all of it."""
        log = self._runtime.log
        if child.has_spent_budget:
            lines = "".join(f"\n    {line}" for line in self._last_lines[child.name])
            log.error("%s is FATAL and not started again: it %s. Its last lines:%s", child.name, child.verdict, lines)
        else:
            log.error("%s %s", child.name, child.verdict)
        if self._is_needed(child.name):
            self._failed.set()


def _restart_policy(config: Config) -> RestartPolicy:
    settings = config.supervisor
    return RestartPolicy(
        settings.restart_delay_s,
        settings.restart_max_delay_s,
        settings.stable_after_s,
        settings.restart_budget,
        settings.restart_window_s,
    )
