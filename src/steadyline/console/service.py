"""The console as a process: assembled from the configuration, served by uvicorn beside its status port."""

import asyncio
import functools
import logging
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.types import ASGIApp

from steadyline.config import Config, sections
from steadyline.connections import CONNECTIONS
from steadyline.console.access import Access
from steadyline.console.guard import Guard
from steadyline.console.line_view import line_view
from steadyline.console.picture import picture
from steadyline.console.routes import ROUTES
from steadyline.console.settings_desk import SettingsDesk
from steadyline.console.settings_view import SUPERVISOR
from steadyline.console.sources import Sources
from steadyline.console.watch import Follow, Watch
from steadyline.link.network import Address
from steadyline.link.runtime import Runtime
from steadyline.link.security import Seal
from steadyline.secret_file import read_secret
from steadyline.services.assembly import Assembled
from steadyline.services.pages import webphone_page
from steadyline.services.process import run_service
from steadyline.services.recording import recordings_directory
from steadyline.services.status_client import ask_of_child, ask_status, operator_seal, status_ports
from steadyline.services.status_follower import StatusFollower
from steadyline.services.system_status import Answers
from steadyline.web.server import WebServer
from steadyline.wire.session import SessionTimes

NICENESS = 5
"""Whoever floods the console takes no processor time from what paces calls, and no more than a voice from their engines."""
MAX_CONNECTIONS = 100
ANSWER_WITHIN_S = 0.8
"""A sound service answers in milliseconds; one that is silent for so long is shown as silent."""
MIN_PASSWORD_BYTES = 8


def run_console(config: Config, path: Path | None, settings: Sequence[str]) -> int:
    """Run the console until SIGTERM or Ctrl-C.

    Args:
        config: what the file and the command line come to.
        path, settings: the file, there or not yet (None: there is to be none), and `--set` of the command line.

    Raises:
        ConfigError: the password's or the secret's file cannot be used.
        PortTakenError: a port is in use.
    """
    os.nice(NICENESS)
    return run_service("console", config, functools.partial(assemble_console, path, settings))


def assemble_console(
    path: Path | None, settings: Sequence[str], name: str, config: Config, runtime: Runtime
) -> Assembled:
    """The console as a service.

    Raises:
        ConfigError: the password's or the secret's file cannot be used.
    """
    sources = console_sources(config, SettingsDesk(path, settings, runtime.log), runtime.log)
    service = ConsoleService(console_app(config, sources), sources.watch, config.console.host, config.console.port)
    return Assembled(service, config.console.status_port, metrics_port=config.console.metrics_port)


def console_app(config: Config, sources: Sources) -> ASGIApp:
    """The ASGI application with its guard around it."""
    app = Starlette(routes=ROUTES)
    app.state.sources = sources
    return Guard(app, sources.access, config.console.host, config.console.names)


def console_sources(config: Config, desk: SettingsDesk, log: logging.Logger) -> Sources:
    """What the console asks.

    Raises:
        ConfigError: the password's or the secret's file cannot be used.
    """
    password = read_secret(config.console.password_file, "console.password_file", MIN_PASSWORD_BYTES)
    seal, host = operator_seal(config), config.network.host
    times = SessionTimes(hello_timeout_s=ANSWER_WITHIN_S, lost_after_s=ANSWER_WITHIN_S)
    ports = {**status_ports(config), SUPERVISOR: config.supervisor.status_port}
    follows = {name: _following((host, port), times, seal) for name, port in ports.items()}
    asks = {name: functools.partial(ask_status, (host, port), times, seal) for name, port in ports.items()}
    return Sources(
        Watch(follows, functools.partial(_line_view, config)),
        functools.partial(ask_status, (host, ports["gateway"]), times, seal, details=False),
        functools.partial(ask_of_child, (host, config.supervisor.status_port), times, seal),
        Path(config.journal.path).expanduser(),
        _metrics_addresses(config),
        Access(password, config.console.session_h * 3600),
        log,
        recordings_directory(config),
        config,
        desk,
        functools.partial(_all_answers, asks),
    )


def _following(address: Address, times: SessionTimes, seal: Seal) -> Follow:
    return lambda told: StatusFollower(address, times, seal, told).run()


async def _all_answers(asks: Mapping[str, Callable[[], Awaitable[dict[str, Any] | None]]]) -> Answers:
    answers = await asyncio.gather(*(ask() for ask in asks.values()))
    return dict(zip(asks, answers, strict=True))


def _line_view(config: Config, answers: Answers, asked: Set[str]) -> dict[str, Any]:
    services = {name: status for name, status in answers.items() if name != SUPERVISOR}
    roles = {"tts" if name == config.tts.service else name: name for name in services}
    drawn = picture(CONNECTIONS, roles)
    phone = webphone_page(config) if config.webphone.enabled else ""
    return line_view(services, answers[SUPERVISOR], drawn, drills=config.console.drills, phone=phone, asked=asked)


def _metrics_addresses(config: Config) -> list[dict[str, str]]:
    ports = {
        name: section.metrics_port for name, section in sections(config).items() if hasattr(section, "metrics_port")
    }
    if not config.standby.engine:
        del ports["standby"]
    return [
        {"service": name, "url": f"http://{config.network.host}:{port}/metrics"} for name, port in ports.items() if port
    ]


class ConsoleService:
    """Listens for browsers; a Service.

    Args:
        app: what they get.
        watch: is stopped with it.
        host, port: where.
    """

    def __init__(self, app: ASGIApp, watch: Watch, host: str, port: int) -> None:
        self._watch = watch
        self._address = (host, port)
        self._server = WebServer(app, MAX_CONNECTIONS)

    @property
    def state(self) -> str:
        return "ready" if self._server.is_ready else "starting"

    def calls(self) -> list[dict[str, Any]]:
        return []

    async def start(self) -> None:
        self._server.start(self._address)

    async def stop(self) -> None:
        self._watch.stop()
        await self._server.stop()
