"""`steadyline up` in the foreground: all services, `ready` with the address, Ctrl-C ends all of it."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Awaitable, Callable, Sequence

from steadyline.clock import LoopClock
from steadyline.config import Config, marks
from steadyline.link.network import TcpNetwork
from steadyline.link.runtime import Runtime
from steadyline.log import start_logging
from steadyline.services.link_security import link_security
from steadyline.services.metrics_server import MetricsServer
from steadyline.services.pages import side_pages
from steadyline.services.port_holder import port_holder_named
from steadyline.services.status_server import StatusServer
from steadyline.services.systemd import systemd
from steadyline.supervisor.log_writer import LogWriter
from steadyline.supervisor.supervisor import Supervisor

STANDARD_ERROR = 2
LAST_WORDS_TIMEOUT_S = 2.0
"""The log of a system that ends is waited for so long, if nobody takes it."""


def service_names(config: Config) -> tuple[str, ...]:
    """The services that `up` runs: every one, the configured voice, the standby if there is one, those beside them last."""
    standby = ("standby",) if config.standby.engine else ()
    return ("gateway", "inbound", "outbound", "whisper", "llama", config.tts.service, *standby, *side_pages(config))


async def run_system(
    config: Config,
    arguments: Sequence[str],
    progress: Callable[[str], None],
    body: Callable[[str], Awaitable[None]],
) -> None:
    """Bring the system up, run `body(sip_uri)`, take the system down; SIGTERM and Ctrl-C end it early.

    Raises:
        PortTakenError: the supervisor's status port is taken, most likely by another `steadyline up`.
        CannotRunError: a service cannot run at all.
        ConfigError: the shared secret's file cannot be used.
    """
    clock = LoopClock()
    security = link_security(config, clock)
    writer = LogWriter(STANDARD_ERROR)
    log = start_logging("supervisor", config.log.level, config.log.style, writer)
    epoch = time.time_ns() // 1_000_000
    runtime = Runtime("supervisor", clock, TcpNetwork(), epoch, random.random, log, security=security)
    supervisor = Supervisor(runtime, config, service_names(config), arguments, writer.put)
    status = StatusServer(runtime, "supervisor", supervisor, marks(config), with_children=False)
    manager = systemd()
    metrics = MetricsServer(runtime, lambda: supervisor.state)
    stopping = _interrupted_by_signals()
    announcing: list[asyncio.Future[None]] = []
    try:
        with port_holder_named(config):
            await status.start((config.network.host, config.supervisor.status_port))
            metrics.start((config.network.host, config.supervisor.metrics_port))
        await supervisor.start()
        started_at = runtime.clock.now()
        uri = await supervisor.wait_ready(progress)
        progress(f"ready {uri} after {runtime.clock.now() - started_at:.1f} s (pid {os.getpid()})")
        manager.up(runtime.clock)
        announcing = [
            asyncio.ensure_future(_announce(supervisor, name, page, progress))
            for name, page in side_pages(config).items()
        ]
        await body(uri)
    except asyncio.CancelledError:
        if not stopping.is_set():
            raise
    finally:
        progress("stopping")
        manager.stopping()
        for one in announcing:
            one.cancel()
        await supervisor.stop()
        status.stop()
        metrics.stop()
        # Waits for whoever reads the log, when nothing else is left to do on this loop.
        writer.close(LAST_WORDS_TIMEOUT_S)


async def _announce(supervisor: Supervisor, name: str, page: str, progress: Callable[[str], None]) -> None:
    """Say where a page is, once it is there; calls are taken meanwhile."""
    if await supervisor.wait_side_service(name):
        progress(f"{name} {page}")
    else:
        progress(f"{name} is not available; its lines above say why, calls are taken without it")


def _interrupted_by_signals() -> asyncio.Event:
    """Have SIGTERM and Ctrl-C cancel this task; the event says that they have."""
    main = asyncio.current_task()
    assert main is not None
    stopping = asyncio.Event()

    def interrupt() -> None:
        # Once: a second Ctrl-C must not interrupt the taking down.
        if not stopping.is_set():
            stopping.set()
            main.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, interrupt)
    return stopping
