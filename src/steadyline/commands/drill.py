"""`steadyline drill …`: what each drill is, and where its command is; a drill is imported when it is asked for."""

import argparse
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

DRILLS = {
    "kills": "kill and freeze every service at every moment of a real call; count the words that the caller heard",
    "soak": "many calls with random kills; compare descriptors, threads, memory, ports and slots with the start",
    "start-orders": "start the processes in every order; measure how long after the last start a call is ready",
    "loss": "lose, double and delay REGISTER and BYE; compare the time to connect with what the cadence predicts",
    "simulate": "random histories of the whole system in virtual time; print the shortest that fails",
}
"""Names and what they do. `steadyline.commands.drill_<name>` has `add_arguments(parser)` and `run(namespace, path, settings)`."""


def add_drill_arguments(name: str, parser: argparse.ArgumentParser) -> None:
    """Give a drill's parser its options."""
    _module(name).add_arguments(parser)


def run_drill(name: str, namespace: argparse.Namespace, path: Path | None, settings: Sequence[str]) -> int:
    """Run a drill; its exit status.

    Args:
        name: of `DRILLS`.
        namespace: the drill's own options.
        path, settings: configuration file and `section.key=value` for the systems that are drilled.
    """
    return int(_module(name).run(namespace, path, settings))


def _module(name: str) -> ModuleType:
    return import_module(f"steadyline.commands.drill_{name.replace('-', '_')}")
