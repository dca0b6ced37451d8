"""Where the settings of a command come from: the options `--config` and `--set`, a variable, or the usual file."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from steadyline.config import Config
from steadyline.config_file import default_config_path, load_config

CONFIG_VARIABLE = "STEADYLINE_CONFIG"


def add_config_options(parser: argparse.ArgumentParser, *, is_main: bool) -> None:
    """`--config` and `--set` stand before or after the command; both places add up."""
    suffix = "" if is_main else "_of_command"
    parser.add_argument(
        "--config",
        dest=f"config{suffix}",
        type=Path,
        metavar="FILE",
        help=f"TOML file of settings (default: ${CONFIG_VARIABLE}, else ~/.config/steadyline/config.toml if there is one)",
    )
    parser.add_argument(
        "--set",
        dest=f"set{suffix}",
        action="append",
        default=[],
        metavar="SECTION.KEY=VALUE",
        help="one setting for this run; may be given again",
    )


def config_source(namespace: argparse.Namespace) -> tuple[Path | None, list[str]]:
    """The file, if there is one, and the settings over it."""
    path = namespace.config_of_command or namespace.config
    if path is None:
        place = config_place()
        # A file that is named must be there; the usual one need not.
        path = place if place and (CONFIG_VARIABLE in os.environ or os.access(place, os.F_OK)) else None
    return path, [*namespace.set, *namespace.set_of_command]


def config_place() -> Path | None:
    """Where the file is looked for when no option names one; None where an empty variable says that there is none."""
    variable = os.environ.get(CONFIG_VARIABLE)
    if variable is None:
        return default_config_path()
    return Path(variable) if variable else None


def config_of(namespace: argparse.Namespace, more: Sequence[str] = ()) -> Config:
    """What is in force for a command; `more` are settings over all others.

    Raises:
        ConfigError: something in it cannot be used.
    """
    path, settings = config_source(namespace)
    return load_config(path, [*settings, *more])
