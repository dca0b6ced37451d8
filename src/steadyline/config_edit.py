"""Changing a configuration file: some keys get new values, and all else in it stays as somebody wrote it."""

import hashlib
import os
import stat
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from steadyline.errors import ConfigError

NEW_FILE_MODE = 0o600
"""It may come to hold a password."""
NEW_FOLDER_MODE = 0o700


def with_values(text: str, values: Mapping[str, Any]) -> str:
    """A TOML text with some keys set; comments, order and white space stay.

    Args:
        text: the file's; "" for a new one.
        values: "section.key" to numbers, texts, booleans or lists of texts.

    Raises:
        ConfigError: it is no TOML, or written in a way in which a key cannot be set without harm to others.
    """
    refused = f"set {', '.join(values)} by hand: it cannot be set in a file that is written like this"
    try:
        whole = text if not text or text.endswith("\n") else f"{text}\n"
        wanted, document = tomllib.loads(whole), tomlkit.parse(whole)
        for name, value in values.items():
            section, _, key = name.partition(".")
            if section not in document:
                if text:
                    document.add(tomlkit.nl())
                document[section] = tomlkit.table()
            document[section][key] = _item(value)
            wanted.setdefault(section, {})[key] = value
        changed = tomlkit.dumps(document)
        is_as_wanted = tomllib.loads(changed) == wanted
    except (ValueError, TypeError, AttributeError, TOMLKitError) as error:
        raise ConfigError(f"{refused} ({error})") from error
    if not is_as_wanted:
        raise ConfigError(refused)
    return changed


def change_config(path: Path, values: Mapping[str, Any]) -> None:
    """Set keys in a file that is there.

    Raises:
        ConfigError: it cannot be read or written, or it is written in a way in which a key cannot be set.
    """
    try:
        text = path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {', '.join(values)} cannot be written: {error}") from error
    write_config(path, with_values(text, values))


def version_of(content: bytes | None) -> str:
    """A name for what a file holds; "" for None, no file."""
    return "" if content is None else hashlib.sha256(content).hexdigest()


def obstacle_of(path: Path) -> str:
    """Why a file cannot be written by us, for people; "" when it can. One that is not there wants a folder that can be."""
    real = _real(path)
    try:
        status = real.stat()
    except FileNotFoundError:
        folder = next(parent for parent in real.parents if parent.exists())
        return "" if os.access(folder, os.W_OK | os.X_OK) else f"{folder} may not be written to"
    except OSError as error:
        return f"{path}: {error.strerror}"
    if not stat.S_ISREG(status.st_mode):
        return f"{path} is no file"
    if not os.access(real, os.W_OK):
        return f"{path} may not be written to"
    if not os.access(real.parent, os.W_OK | os.X_OK):
        return f"{real.parent}, its folder, may not be written to, so it cannot be replaced in one go"
    if os.geteuid() not in (0, status.st_uid):
        return f"{path} belongs to somebody else"
    return ""


def write_config(path: Path, text: str) -> None:
    """Write a file whole: whoever reads it meanwhile finds the former or the new one. Mode, owner and group stay.

    A new one is for its owner alone. Where `path` is a symbolic link, what it points to is replaced.

    Raises:
        ConfigError: it cannot be written.
    """
    real = _real(path)
    try:
        real.parent.mkdir(NEW_FOLDER_MODE, parents=True, exist_ok=True)
        _replace(real, text, real.stat() if real.exists() else None)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error


def _item(value: Any) -> Any:
    # A text of several lines is one that people read, and write on in the file.
    if isinstance(value, str) and "\n" in value and not value.startswith("\n"):
        return tomlkit.string(value, multiline=True)
    return tomlkit.item(value)


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path.expanduser()))


def _replace(path: Path, text: str, former: os.stat_result | None) -> None:
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
        draft = Path(file.name)
        try:
            file.write(text.encode())
            file.flush()
            _like(file.fileno(), former)
            os.fsync(file.fileno())
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _like(descriptor: int, former: os.stat_result | None) -> None:
    ours = os.fstat(descriptor)
    if former is None:
        os.fchmod(descriptor, NEW_FILE_MODE)
        return
    if (ours.st_uid, ours.st_gid) != (former.st_uid, former.st_gid):
        os.fchown(descriptor, former.st_uid, former.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(former.st_mode))
