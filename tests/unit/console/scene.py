"""A console on a journal of its own, with services that say what a test wants, and a browser that is none."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from steadyline.calls.journal import Journal
from steadyline.config import Config
from steadyline.console.access import Access
from steadyline.console.service import console_app
from steadyline.console.settings_desk import SettingsDesk
from steadyline.console.sources import Sources
from steadyline.console.watch import Watch
from steadyline.services.system_status import Answers
from steadyline.wire.operator_messages import ChildReply

ADDRESS = "http://127.0.0.1:8060"
ORIGIN = {"origin": ADDRESS}
PASSWORD = "correct horse battery"


@dataclass
class Scene:
    """What the console asks, to be changed by a test.

    Attributes:
        gateway: its status; None: it does not answer.
        wishes: what the supervisor was asked for.
        reply: what it answers; None: nothing.
        answers: what all say of themselves, when asked for details.
        given: `--set` of the command line.
        has_place: there is a place for a configuration file.
    """

    folder: Path
    gateway: dict[str, Any] | None = None
    wishes: list[tuple[str, str]] = field(default_factory=list)
    reply: ChildReply | None = field(default_factory=lambda: ChildReply(True, ""))
    answers: Answers = field(default_factory=dict)
    given: list[str] = field(default_factory=list)
    has_place: bool = True

    @property
    def config_file(self) -> Path:
        return self.folder / "config.toml"

    @property
    def journal(self) -> Path:
        return self.folder / "journal.sqlite"

    @property
    def recordings(self) -> Path:
        return self.folder / "recordings"

    def browser(self, *, password: str = "", host: str = "127.0.0.1", names: tuple[str, ...] = ()) -> TestClient:
        """Somebody who looks at it; follows no redirect."""
        config = Config()
        config.console.host, config.console.names = host, list(names)

        async def ask_gateway() -> dict[str, Any] | None:
            return self.gateway

        async def ask_of_child(action: str, service: str) -> ChildReply | None:
            self.wishes.append((action, service))
            return self.reply

        async def ask_all() -> Answers:
            return self.answers

        log = logging.getLogger("steadyline")
        sources = Sources(
            Watch({}, dict),
            ask_gateway,
            ask_of_child,
            self.journal,
            [{"service": "gateway", "url": "http://127.0.0.1:8061/metrics"}],
            Access(password.encode(), 3600.0),
            log,
            self.recordings,
            config,
            SettingsDesk(self.config_file if self.has_place else None, self.given, log),
            ask_all,
        )
        return TestClient(console_app(config, sources), base_url=ADDRESS, follow_redirects=False)

    def with_call(self, call_uuid: str = "call-1", at: float = 1000.0, **texts: str) -> None:
        """One call with a greeting and one turn."""
        said = {"peer": "sip:alice@example.com", "question": "What is it?", "answer": "It is this.", **texts}
        with Journal(self.journal) as journal:
            journal.call_started(call_uuid, 66, "sip-call-id", said["peer"], "PCMU", at)
            journal.call_answered(call_uuid, at + 1, "PCMU")
            journal.clause_written(call_uuid, 0, 0, "Hello.", at + 0.5)
            journal.clause_heard(call_uuid, 0, 0, 8000, 8000)
            journal.turn_heard(call_uuid, 1, 32_000, 64_000, said["question"], "en", at + 5.6)
            journal.clause_written(call_uuid, 1, 0, said["answer"], at + 5.9)
            journal.answer_finished(call_uuid, 1, 1, at + 6)
            for name, ms in (("transcription", 200.0), ("first_clause", 250.0), ("first_audio", 1100.0)):
                journal.turn_timing(call_uuid, 1, name, ms)
            journal.event(call_uuid, "gateway", "digit", {"digit": "5"}, at + 7)
            journal.call_ended(call_uuid, at + 10, "caller hung up")


def status(
    state: str = "ready", *connections: Mapping[str, Any], calls: tuple[dict[str, Any], ...] = ()
) -> dict[str, Any]:
    """What a service says of itself."""
    return {
        "pid": 1,
        "state": state,
        "uptime_s": 3.2,
        "faults": [],
        "connections": list(connections),
        "calls": list(calls),
    }


def connection(name: str, state: str, call_id: int = 66, side: str = "dials", **figures: Any) -> dict[str, Any]:
    """One connection as a service tells it."""
    unknown: dict[str, Any] = dict.fromkeys(("established_ms", "round_trip_ms", "gap_ms"))
    known = {"attempts": 1, "losses": 0, "last_error": "", **unknown, **figures}
    return {"name": name, "state": state, "call_id": call_id, "side": side, **known}
