"""Writes the limit that was found into a configuration file, and leaves everything else in it as it is."""

import os
import re
import tempfile
import tomllib
from pathlib import Path

from steadyline.errors import ConfigError

_SECTION = re.compile(r"^[ \t]*\[gateway\][ \t]*(#.*)?$", re.MULTILINE)
_ANY_SECTION = re.compile(r"^[ \t]*\[", re.MULTILINE)
_KEY = re.compile(r"^([ \t]*max_calls[ \t]*=[ \t]*)[^#\n]*?([ \t]*(?:#.*)?)$", re.MULTILINE)


def with_limit(text: str, max_calls: int) -> str:
    """A TOML text with `gateway.max_calls` set; comments, order and white space stay.

    Raises:
        ConfigError: the text is written in a way (an inline table, a dotted key) in which the key cannot be found.
    """
    section = _SECTION.search(text)
    if section is None:
        changed = f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}\n[gateway]\nmax_calls = {max_calls}\n"
    else:
        following = _ANY_SECTION.search(text, section.end())
        end = following.start() if following else len(text)
        body = text[section.end() : end]
        set_body, found = _KEY.subn(rf"\g<1>{max_calls}\g<2>", body, count=1)
        changed = text[: section.end()] + (set_body if found else f"\nmax_calls = {max_calls}{body}") + text[end:]
    _check(text, changed, max_calls)
    return changed


def write_limit(path: Path, max_calls: int) -> None:
    """Set `gateway.max_calls` in a configuration file; whoever reads it meanwhile finds the former or the new one, whole.

    Raises:
        ConfigError: it cannot be read or written, or it is written in a way in which the key cannot be found.
    """
    try:
        changed = with_limit(path.read_text(encoding="utf-8"), max_calls)
        mode = path.stat().st_mode
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            file.write(changed)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).chmod(mode)
        Path(file.name).replace(path)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: gateway.max_calls cannot be written: {error}") from error


def _check(text: str, changed: str, max_calls: int) -> None:
    """Nothing but the key has changed."""
    refused = "set gateway.max_calls by hand: it cannot be found in a file that is written like this"
    try:
        before, after = tomllib.loads(text), tomllib.loads(changed)
        before.setdefault("gateway", {})["max_calls"] = max_calls
    except (tomllib.TOMLDecodeError, TypeError) as error:
        raise ConfigError(f"{refused} ({error})") from error
    if after != before:
        raise ConfigError(refused)
