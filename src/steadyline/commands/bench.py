"""`steadyline bench …`: what each benchmark is, and where its command is; one is imported when it is asked for."""

import argparse
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

BENCHES = {
    "capacity": "more and more callers who talk and listen, until somebody waits too long or sounds bad",
    "endpointing": "recordings of callers: how many turns are cut before their end, and how long the others wait",
}
"""Names and what they do. `steadyline.commands.bench_<name>` has `add_arguments(parser)` and `run(namespace, path, settings)`."""


def add_bench_arguments(name: str, parser: argparse.ArgumentParser) -> None:
    """Give a benchmark's parser its options."""
    _module(name).add_arguments(parser)


def run_bench(name: str, namespace: argparse.Namespace, path: Path | None, settings: Sequence[str]) -> int:
    """Run a benchmark; its exit status.

    Args:
        name: of `BENCHES`.
        namespace: its own options.
        path, settings: configuration file and `section.key=value` of what is measured.
    """
    return int(_module(name).run(namespace, path, settings))


def _module(name: str) -> ModuleType:
    return import_module(f"steadyline.commands.bench_{name.replace('-', '_')}")
