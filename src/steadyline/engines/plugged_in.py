"""Engines from outside of Steadyline, which the configuration names as "module:Class"."""

import sys
from importlib import import_module
from typing import Any

from steadyline.errors import ModelError

MAKE_ENGINE = "steadyline.engines.plugged_in:make_engine"
"""`make_engine` as engines in child processes are named."""


def make_engine(path: str) -> Any:
    """The engine of that class, made without arguments.

    Args:
        path: "module:Class"; the module is installed, or its folder is in PYTHONPATH.

    Raises:
        ModelError: the module cannot be imported, or has no such class; the text names it.
    """
    module, _, name = path.partition(":")
    try:
        found = getattr(import_module(module), name, None)
    except Exception as error:  # whatever a stranger's module raises while it is imported, no restart mends it
        text = f"engine {path}: {module} cannot be imported by {sys.executable}: {error!r}"
        raise ModelError(f"{text}; install it there, or add its folder to PYTHONPATH") from error
    if not callable(found):
        raise ModelError(f"engine {path}: {module} has no class {name}; name one that it has")
    return found()
