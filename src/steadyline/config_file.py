"""Reading and writing the configuration: TOML file, `--set`, checks that name key, file, line and what was expected."""

import json
import os
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import Field, fields
from difflib import get_close_matches
from math import isfinite
from pathlib import Path
from typing import Any

from steadyline.config import Config, sections
from steadyline.config_checks import check_together
from steadyline.errors import ConfigError

_TYPE_NAMES = {
    int: "a whole number",
    float: "a number",
    str: "a text in quotes",
    bool: "true or false",
    list[str]: "a list of texts",
}

_CLASS = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")

HIDDEN = "<hidden>"
EXACT_IN_FLOAT = 1 << 53
"""A whole number above it is none that a fraction can be meant by."""


def load_config(path: Path | None, settings: Iterable[str] = ()) -> Config:
    """The configuration from a file and `section.key=value` settings.

    Raises:
        ConfigError: unreadable or malformed file, unknown section or key, wrong type, value out of range.
    """
    if path is None:
        return config_of_text("", "", settings)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from error
    return config_of_text(text, str(path), settings)


def config_of_text(text: str, path: str, settings: Iterable[str] = ()) -> Config:
    """The configuration from what a file holds, or is to hold; `path` is for errors.

    Raises:
        ConfigError: as `load_config`.
    """
    config = Config()
    _apply_text(config, text, path)
    for setting in settings:
        _apply_setting(config, setting)
    check_together(config)
    return config


def complaint_about(name: str, value: Any) -> str:
    """What is wrong with a value of "section.key", with what was expected; "" when it may be set."""
    section, _, key = name.partition(".")
    try:
        _assign(Config(), section, key, value, "")
    except ConfigError as error:
        return str(error).removeprefix(": ")
    return ""


def default_config_path() -> Path:
    """The file that is read, if it is there, where none is named: `~/.config/steadyline/config.toml` (XDG)."""
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111 (no home is no error)
    return Path(home) / "steadyline" / "config.toml"


def config_arguments(path: Path | None, settings: Sequence[str]) -> list[str]:
    """The same configuration as command-line arguments for a child process."""
    arguments = ["--config", str(path)] if path is not None else []
    for text in settings:
        arguments += ["--set", text]
    return arguments


def render_config(config: Config, *, with_secrets: bool = True) -> str:
    """The configuration as a commented TOML file; without its secrets it is for the eye and not to be loaded."""
    lines: list[str] = []
    for name, section in sections(config).items():
        lines += [f"# {section.__doc__}", f"[{name}]"]
        for item in fields(section):
            value = getattr(section, item.name)
            shown = value if with_secrets else _shown(item, value)
            lines.append(f"{item.name} = {_toml(shown)}  # {_describe(item)}")
        lines.append("")
    return "\n".join(lines)


def _shown(item: Field[Any], value: Any) -> Any:
    """A value as anybody may see it; that a secret is not set may be seen."""
    return HIDDEN if item.metadata["secret"] and value != "" else value


def _toml(value: Any) -> str:
    # JSON's numbers, texts and lists are TOML's too, but for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _apply_text(config: Config, text: str, path: str) -> None:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from error
    for section, values in content.items():
        if not isinstance(values, dict):
            raise ConfigError(
                f"{path}, line {_line(text, None, section)}: {section}: keys stand in [sections], not outside"
            )
        for key, value in values.items():
            _assign(config, section, key, value, f"{path}, line {_line(text, section, key)}")
        if not values:
            _section(config, section, f"{path}, line {_line(text, section, None)}")


def _apply_setting(config: Config, text: str) -> None:
    name, equals, raw = text.partition("=")
    section, dot, key = name.strip().partition(".")
    if not equals or not dot:
        raise ConfigError(f"--set {text}: expected section.key=value, e.g. gateway.sip_port=5070")
    try:
        value = tomllib.loads(f"value = {raw}")["value"]
    except tomllib.TOMLDecodeError:
        value = raw
    item = _field(config, section, key, f"--set {text}")
    if item.type is str and not isinstance(value, str):
        value = raw
    if item.type == list[str] and isinstance(value, str):
        value = [part.strip() for part in value.split(",")]
    _assign(config, section, key, value, f"--set {text}")


def _section(config: Config, name: str, where: str) -> Any:
    known = sections(config)
    if name not in known:
        raise ConfigError(f"{where}: unknown section [{name}]{_hint(name, known)}")
    return known[name]


def _field(config: Config, section: str, key: str, where: str) -> Field[Any]:
    by_name = {item.name: item for item in fields(_section(config, section, where))}
    if key not in by_name:
        raise ConfigError(f"{where}: unknown key {section}.{key}{_hint(key, by_name)}")
    return by_name[key]


def _hint(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), 1)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(sorted(known))}"


def _assign(config: Config, section: str, key: str, value: Any, where: str) -> None:
    item = _field(config, section, key, where)
    if item.type is float and type(value) is int and abs(value) <= EXACT_IN_FLOAT:
        value = float(value)
    kind: Any = item.type
    matches = (
        isinstance(value, list) and all(isinstance(part, str) for part in value)
        if kind == list[str]
        else type(value) is kind
    )
    is_endless = isinstance(value, float) and not isfinite(value)
    if not matches or is_endless or not _is_choice(item, value):
        raise ConfigError(f"{where}: {section}.{key} is {_shown(item, value)!r}, expected {_expected(item)}")
    low, high = item.metadata["low"], item.metadata["high"]
    if (low is not None and value < low) or (high is not None and value > high):
        raise ConfigError(f"{where}: {section}.{key} is {_shown(item, value)!r}, expected {_expected(item)}")
    setattr(getattr(config, section), key, value)


def _is_choice(item: Field[Any], value: Any) -> bool:
    choices = item.metadata["choices"]
    return not choices or value in choices or (item.metadata["or_class"] and bool(_CLASS.fullmatch(value)))


def _choices(item: Field[Any]) -> str:
    return ", ".join(item.metadata["choices"]) + (" or module:Class" if item.metadata["or_class"] else "")


def _expected(item: Field[Any]) -> str:
    if item.metadata["choices"]:
        return f"one of {_choices(item)}"
    low, high = item.metadata["low"], item.metadata["high"]
    bounds = (f" from {low:g}" if low is not None else "") + (f" to {high:g}" if high is not None else "")
    kind: Any = item.type
    name = "a list of texts" if kind == list[str] else _TYPE_NAMES[kind]
    return f"{name}{bounds} ({item.metadata['text']})"


def _describe(item: Field[Any]) -> str:
    return str(item.metadata["text"]) + (f": {_choices(item)}" if item.metadata["choices"] else "")


def _line(text: str, section: str | None, key: str | None) -> int:
    """Line of a key in a TOML text, for messages: good enough for files that people write."""
    current: str | None = None
    name = re.escape(key or "")
    inside = re.compile(rf"\s*[\"']?{name}[\"']?\s*[.=]")
    above = re.compile(
        rf"\s*{re.escape(section or '')}\s*(\.\s*|=.*\b){name}\s*="
    )  # section.key = 1, section = {key = 1}
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\s*([^\]]+?)\s*\]", line)
        if header:
            current = header[1]
            if key is None and current == section:
                return number
        elif key is not None and (inside if current == section else above).match(line):
            return number
    return 1
