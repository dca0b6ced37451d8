"""Running one service as a process: logging, signals, status port, engine, clean shutdown."""

import asyncio
import ctypes
import logging
import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeAlias

import uvloop

from steadyline.clock import ProcessClock
from steadyline.config import Config, marks
from steadyline.errors import SteadylineError
from steadyline.link.network import TcpNetwork
from steadyline.link.runtime import Runtime
from steadyline.log import start_logging
from steadyline.retry import RetryPolicy
from steadyline.services.assembly import Assembled, assemble
from steadyline.services.engine_host import EngineHost
from steadyline.services.link_security import link_security
from steadyline.services.metrics_server import MetricsServer
from steadyline.services.port_holder import port_holder_named
from steadyline.services.recording import call_recorder
from steadyline.services.status_server import StatusServer
from steadyline.services.systemd import systemd
from steadyline.wire.registration import RegisterCadence
from steadyline.wire.session import SessionTimes

SUPERVISOR_VARIABLE = "STEADYLINE_SUPERVISOR"
"""Set by `steadyline up` to its pid: the service then ends when the supervisor does."""
PR_SET_PDEATHSIG = 1
STOP_TIMEOUT_S = 3.0
Assembler: TypeAlias = Callable[[str, Config, Runtime], Assembled]


def run_service(name: str, config: Config, assembler: Assembler = assemble) -> int:
    """Run a service until SIGTERM or Ctrl-C.

    Args:
        name, config: which one, and its settings.
        assembler: makes it.

    Returns:
        0 after a clean stop.

    Raises:
        SteadylineError: a model or a port is missing; the text says what to do.
    """
    log = start_logging(name, config.log.level, config.log.style)
    _follow_supervisor()
    runtime = service_runtime(name, config, log)
    runtime.recorder = call_recorder(name, config, runtime)
    try:
        with port_holder_named(config):
            uvloop.run(_serve(assembler, name, config, runtime))
    finally:
        runtime.recorder.close()
    return 0


def service_runtime(name: str, config: Config, log: logging.Logger) -> Runtime:
    """The real surroundings of a service.

    Raises:
        ConfigError: the shared secret's file cannot be used.
    """
    role = "tts" if name in ("piper", "kokoro") else name
    connections, retry, register = config.connections, config.retry, config.register
    clock = ProcessClock()
    return Runtime(
        role,
        clock,
        TcpNetwork(),
        time.time_ns() // 1_000_000,
        random.random,
        log,
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
        name,
        security=link_security(config, clock),
    )


async def _serve(assembler: Assembler, name: str, config: Config, runtime: Runtime) -> None:
    assembled = assembler(name, config, runtime)
    status = StatusServer(runtime, name, assembled.service, marks(config))
    metrics = MetricsServer(runtime, lambda: assembled.service.state)
    stopping, manager = asyncio.Event(), systemd()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    await status.start((config.network.host, assembled.status_port))
    metrics.start((config.network.host, assembled.metrics_port))
    try:
        await assembled.service.start()
        runtime.log.info("%s started", name)
        manager.up(runtime.clock)
        await _until(stopping, assembled)
    finally:
        manager.stopping()
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await assembled.service.stop()
        status.stop()
        metrics.stop()
        if assembled.host is not None:
            assembled.host.close()
        runtime.log.info("%s stopped", name)
    if assembled.host is not None and assembled.host.waiting_for:
        # A thread that is loading an engine cannot be interrupted, and Python would wait for it.
        os._exit(0)


async def _until(stopping: asyncio.Event, assembled: Assembled) -> None:
    """Load the engine and wait for the signal.

    Raises:
        SteadylineError: the engine cannot be loaded, or died: the service ends, and is started again with a new one.
    """
    if assembled.host is None:
        await stopping.wait()
        return
    stopped = asyncio.ensure_future(stopping.wait())
    running = asyncio.ensure_future(_run_engine(assembled.host))
    await asyncio.wait({stopped, running}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if running.done():
        await running
    running.cancel()


async def _run_engine(host: EngineHost[Any]) -> None:
    """Load an engine; ends only with an error."""
    try:
        await host.start()
    except SteadylineError:
        raise
    except Exception as error:  # whatever a library raises ends the service with a line, not a trace
        raise SteadylineError(f"the engine cannot be loaded: {error!r}") from error
    raise await host.wait_died()


def _follow_supervisor() -> None:
    """Ask the kernel for SIGTERM when the supervisor dies (Linux, prctl(2)), so that nothing is left behind."""
    parent = os.environ.get(SUPERVISOR_VARIABLE, "")
    if not parent.isdigit():
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):
        os.kill(os.getpid(), signal.SIGTERM)
