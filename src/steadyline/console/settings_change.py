"""Judging what somebody wants to change on the Settings page, before anything is saved. Pure."""

import unicodedata
from collections.abc import Collection, Mapping
from typing import Any

from steadyline.config import Config
from steadyline.config_file import EXACT_IN_FLOAT, complaint_about
from steadyline.console.offered_settings import OFFERED, Offered
from steadyline.console.setting_choices import choices_of, language_obstacle, locked_voice
from steadyline.models.verification import ModelState

SHOWN_CHARS = 60


def changed_values(wanted: Mapping[str, Any], config: Config) -> dict[str, Any]:
    """What really changes, as the configuration has it: whole numbers where it wants fractions are made such."""
    values = {name: _converted(OFFERED[name], value) for name, value in wanted.items() if name in OFFERED}
    return {name: value for name, value in values.items() if value != OFFERED[name].value_in(config)}


def complaints_about(
    values: Mapping[str, Any],
    config: Config,
    models: Mapping[str, ModelState],
    packages: Collection[str],
    given: Collection[str],
) -> dict[str, str]:
    """What is wrong with new values, by setting; none when they may be saved.

    Args:
        values: of offered settings, by name.
        config: the present one.
        models, packages: as for `choices_of`.
        given: settings that were given on the command line.
    """
    found = {name: _complaint(OFFERED[name], value, config, models, packages, given) for name, value in values.items()}
    return {name: text for name, text in found.items() if text}


def complaints_together(values: Mapping[str, Any], changed: Config) -> dict[str, str]:
    """The same of what no single value shows, in the configuration as it would be."""
    concerned = [name for name in ("whisper.language", "whisper.model") if name in values]
    obstacle = language_obstacle(changed) if concerned else ""
    return {concerned[0]: f"{obstacle}: take another model, or English"} if obstacle else {}


def _complaint(
    setting: Offered,
    value: Any,
    config: Config,
    models: Mapping[str, ModelState],
    packages: Collection[str],
    given: Collection[str],
) -> str:
    if setting.name in given:
        return f"{setting.name} was given on the command line (--set), which wins over the file"
    complaint = complaint_about(setting.name, value) or locked_voice(setting, config)
    if complaint or setting.kind == "number":
        return complaint
    if setting.kind == "choice":
        return _wrong_choice(setting, str(value), config, models, packages)
    return _wrong_text(setting, str(value))


def _wrong_choice(
    setting: Offered, value: str, config: Config, models: Mapping[str, ModelState], packages: Collection[str]
) -> str:
    choices = {choice.value: choice for choice in choices_of(setting, config, models, packages)}
    if value not in choices:
        return f"{setting.name} is {value[:SHOWN_CHARS]!r}, expected one that the page offers; others go into the file"
    obstacle = choices[value].obstacle
    return f"{value} would not run: {obstacle}" if obstacle else ""


def _wrong_text(setting: Offered, text: str) -> str:
    if len(text) > setting.max_chars:
        return f"{setting.name} has {len(text)} characters, expected at most {setting.max_chars}"
    allowed = "\n\t" if setting.kind == "text" else ""
    strange = [sign for sign in text if unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") and sign not in allowed]
    if not strange:
        return ""
    lines = " and line breaks" if setting.kind == "text" else " on one line"
    return f"{setting.name} has the control character U+{ord(strange[0]):04X}, expected text{lines}"


def _converted(setting: Offered, value: Any) -> Any:
    if setting.field.type is float and type(value) is int and abs(value) <= EXACT_IN_FLOAT:
        return float(value)
    return value.replace("\r\n", "\n") if isinstance(value, str) else value
