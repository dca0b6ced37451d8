"""What the routes ask: status ports, supervisor, journal, access. One for the whole console, at `app.state.sources`."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.requests import Request

from steadyline.config import Config
from steadyline.console.access import Access, Delays
from steadyline.console.settings_desk import SettingsDesk
from steadyline.console.watch import Watch
from steadyline.services.system_status import Answers
from steadyline.wire.operator_messages import ChildReply


@dataclass
class Sources:
    """Where the console has its knowledge from.

    Attributes:
        watch: all services' status, for all who look.
        ask_gateway: its status, once; None when it does not answer.
        ask_of_child: has the supervisor do (action, service); None when it does not answer.
        journal: the file.
        metrics_addresses: `service` and `url` of each /metrics.
        access, delays: who may.
        log: the console's.
        recordings: the folder of all calls' recordings.
        config: with which it was started.
        desk: the configuration file.
        ask_all: every service's status, and the supervisor's, with details, once.
    """

    watch: Watch
    ask_gateway: Callable[[], Awaitable[dict[str, Any] | None]]
    ask_of_child: Callable[[str, str], Awaitable[ChildReply | None]]
    journal: Path
    metrics_addresses: list[dict[str, str]]
    access: Access
    log: logging.Logger
    recordings: Path
    config: Config
    desk: SettingsDesk
    ask_all: Callable[[], Awaitable[Answers]]
    delays: Delays = field(default_factory=Delays)

    async def live_calls(self) -> frozenset[str]:
        """Uuids of the calls that the gateway has now; none when it does not answer."""
        status = await self.ask_gateway()
        return frozenset(str(call.get("call_uuid")) for call in (status["calls"] if status else []))


def sources_of(request: Request) -> Sources:
    """The console's, for a route."""
    sources: Sources = request.app.state.sources
    return sources
