"""The configuration file as the Settings page reads and writes it. Blocks: to be called in a thread."""

import logging
import tomllib
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

from steadyline.config import Config
from steadyline.config_edit import obstacle_of, version_of, with_values, write_config
from steadyline.config_file import config_of_text
from steadyline.console.setting_choices import VOICE_ENGINES, models_of
from steadyline.console.settings_change import changed_values, complaints_about, complaints_together
from steadyline.console.settings_view import Found
from steadyline.errors import ConfigError, SteadylineError
from steadyline.models.registry import MODELS
from steadyline.models.store import glance
from steadyline.models.verification import ModelState, verify
from steadyline.services.assembly import model_store
from steadyline.services.phrases import load_phrases
from steadyline.services.turn_ending import load_turn_words

NO_FILE = "STEADYLINE_CONFIG is empty, so no file is read: start Steadyline with --config FILE"
HEAD = "# Settings of Steadyline that are not its defaults; `steadyline config show` lists all. The console changes some.\n"
_MODULES = {"piper": "piper", "kokoro": "kokoro_onnx"}
_ALSO_READ: Mapping[str, Callable[[Config, logging.Logger], object]] = {
    "llama.language": load_phrases,
    "whisper.language": lambda config, _: load_turn_words(config),
}
"""What services read from disk by such a setting, and cannot start without."""


class FileChangedError(ConfigError):
    """The file is another one than the page was made of."""


class WrongValuesError(ConfigError):
    """Some values may not be saved.

    Attributes:
        complaints: settings to what is wrong, for people.
    """

    def __init__(self, complaints: dict[str, str]) -> None:
        super().__init__("; ".join(complaints.values()))
        self.complaints = complaints


class SettingsDesk:
    """Reads and writes the file.

    Args:
        path: where it is, or would be; None: there is to be none.
        settings: `--set` of the command line, which win over the file.
        log: the console's.
    """

    def __init__(self, path: Path | None, settings: Sequence[str], log: logging.Logger) -> None:
        self._path = path
        self._settings = list(settings)
        self._log = log
        self._lock = Lock()

    def look(self) -> Found:
        """What the file says now."""
        try:
            return self._found(self._content())
        except OSError as error:
            problem = f"{self._path}: cannot be read: {error.strerror}"
            return Found(str(self._path), "", "", problem, None, (), (), {}, ())

    def save(self, version: str, wanted: Mapping[str, Any]) -> list[str]:
        """Set some values, all of them or none; returns the names of those that were others before.

        Args:
            version: of the file that they were chosen by.
            wanted: offered settings, by name.

        Raises:
            FileChangedError: the file is another one by now.
            WrongValuesError: a value may not be.
            ConfigError: the file cannot be used, or not be written.
        """
        with self._lock:
            try:
                content = self._content()
                self._check_version(content, version)
                found = self._found(content)
                if found.config is None or self._path is None or found.obstacle:
                    raise ConfigError(found.problem or found.obstacle)
                values = changed_values(wanted, found.config)
                if not values:
                    return []
                text = self._checked_text(content, found, found.config, values)
                self._check_version(self._content(), version)
            except OSError as error:
                raise ConfigError(f"{self._path}: cannot be read: {error.strerror}") from error
            write_config(self._path, text)
            return list(values)

    def _check_version(self, content: bytes | None, version: str) -> None:
        if version_of(content) != version:
            raise FileChangedError("the configuration file was changed by somebody else since this page read it")

    def _checked_text(self, content: bytes | None, found: Found, config: Config, values: Mapping[str, Any]) -> str:
        """The file as it is to be.

        Raises:
            WrongValuesError, ConfigError: as `save`.
        """
        store = model_store(config)
        read = {name: verify(MODELS[name], store / name) for name in models_of(values, config)}
        complaints = complaints_about(values, config, {**found.models, **read}, found.packages, found.given)
        if complaints:
            raise WrongValuesError(complaints)
        text = with_values(HEAD if content is None else content.decode(), values)
        changed = config_of_text(text, found.place, self._settings)
        complaints = complaints_together(values, changed)
        for name, also_read in _ALSO_READ.items():
            if name in values:
                try:
                    also_read(changed, self._log)
                except SteadylineError as error:
                    complaints[name] = str(error)
        if complaints:
            raise WrongValuesError(complaints)
        return text

    def _content(self) -> bytes | None:
        """The file's bytes; None when it is not there."""
        try:
            return None if self._path is None else self._path.read_bytes()
        except FileNotFoundError:
            return None

    def _found(self, content: bytes | None) -> Found:
        given = [setting.partition("=")[0].strip() for setting in self._settings]
        packages = [name for name in VOICE_ENGINES if find_spec(_MODULES[name])]
        place = "" if self._path is None else str(self._path.absolute())
        obstacle = NO_FILE if self._path is None else obstacle_of(self._path)
        problem, config, written = "", None, list[str]()
        models: dict[str, ModelState] = {}
        try:
            text = (content or b"").decode()
            config = config_of_text(text, place, self._settings)
            written = [f"{section}.{key}" for section, values in tomllib.loads(text).items() for key in values]
            models = {state.model.name: state for state in glance(model_store(config))}
        except (ConfigError, UnicodeDecodeError) as error:
            problem = str(error)
        return Found(place, version_of(content), obstacle, problem, config, written, given, models, packages)
