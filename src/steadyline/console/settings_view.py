"""What the Settings page shows. Pure; JSON comes out."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from steadyline.config import Config
from steadyline.console.offered_settings import GROUPS, OFFERED, UP, Offered, effect_of, readers_of, stale
from steadyline.console.setting_choices import choices_of, locked_voice
from steadyline.models.verification import ModelState
from steadyline.services.system_status import Answers

SUPERVISOR = "supervisor"
_DEFAULTS = Config()


@dataclass(frozen=True)
class Found:
    """What the configuration file says now.

    Attributes:
        place: the file, for people; "": there is to be none.
        version: of what it holds; "": it is not there yet.
        obstacle: why it cannot be written; "" when it can.
        problem: why it cannot be used; "" when it can.
        config: what it and the command line come to; None with a problem.
        written: settings that the file has.
        given: settings that the command line has.
        models: the registry's names to their state in the store.
        packages: of the voices' extras, those that are installed.
    """

    place: str
    version: str
    obstacle: str
    problem: str
    config: Config | None
    written: Collection[str]
    given: Collection[str]
    models: Mapping[str, ModelState]
    packages: Collection[str]


def settings_view(found: Found, running: Config, answers: Answers) -> dict[str, Any]:
    """The page's content.

    Args:
        found: the file.
        running: with which the console was started.
        answers: services, and the supervisor, to what they said on their status ports; None: nothing.
    """
    config = found.config
    settings_of = {
        UP if name == SUPERVISOR else name: status.get("settings") if status else None
        for name, status in answers.items()
    }
    old = {} if config is None else stale(config, running, settings_of)
    return {
        "file": {"path": found.place, "is_there": bool(found.version), "obstacle": found.obstacle},
        "version": found.version,
        "problem": found.problem,
        "groups": [] if config is None else _groups(found, config, running),
        "stale": [
            {"service": name, "settings": [OFFERED[one].label for one in settings], "effect": effect_of(name)}
            for name, settings in old.items()
            if name != UP
        ],
        "needs_up": [OFFERED[one].label for one in old.get(UP, [])],
        "can_restart": answers.get(SUPERVISOR) is not None,
        "waiting": [
            _waiting(name, "does not answer" if status is None else str(status["state"]))
            for name, status in answers.items()
            if name != SUPERVISOR and (status is None or status["state"] != "ready")
        ],
        "calls": len((answers.get("gateway") or {}).get("calls", [])),
    }


def _waiting(service: str, state: str) -> str:
    return state if state.startswith(f"{service}: ") else f"{service}: {state}"


def _groups(found: Found, config: Config, running: Config) -> list[dict[str, Any]]:
    return [
        {"title": title, "settings": [_setting(one, found, config, running) for one in group]}
        for title, group in GROUPS.items()
    ]


def _setting(setting: Offered, found: Found, config: Config, running: Config) -> dict[str, Any]:
    metadata = setting.field.metadata
    is_given = setting.name in found.given
    locked = (
        "given on the command line (--set), which wins over the file" if is_given else locked_voice(setting, config)
    )
    choices = choices_of(setting, config, found.models, found.packages) if setting.kind == "choice" else []
    return {
        "name": setting.name,
        "label": setting.label,
        "kind": setting.kind,
        "value": setting.value_in(config),
        "default": setting.value_in(_DEFAULTS),
        "hint": setting.hint,
        "low": metadata["low"],
        "high": metadata["high"],
        "max_chars": setting.max_chars,
        "choices": [asdict(choice) for choice in choices],
        "is_written": setting.name in found.written,
        "locked": locked,
        "readers": readers_of(setting, running),
    }
