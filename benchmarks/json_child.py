"""A Python process that talks in lines of JSON and ends when its standard input is closed."""

import json
import os
import subprocess
import threading
from typing import Any, Self

from benchmarks.machine import ROOT
from benchmarks.system import BenchmarkError

STOP_DEADLINE_S = 20.0


class JsonChild:
    """A process that runs while the `with` block does.

    Args:
        python: the interpreter.
        module: what `-m` runs; it finds this repository's packages.
        arguments: its command line.
    """

    def __init__(self, python: str, module: str, *arguments: str) -> None:
        self._module = module
        self._command = [python, "-m", module, *arguments]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._process.communicate(timeout=STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def tell(self, request: dict[str, Any]) -> None:
        """Write a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()

    def rest(self, deadline_s: float) -> dict[str, Any]:
        """What it says when its standard input is closed."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.stdin = None
        return self.line(deadline_s)

    def line(self, deadline_s: float) -> dict[str, Any]:
        """What it says next.

        Raises:
            BenchmarkError: it ended, or said nothing within the deadline and was killed.
        """
        assert self._process.stdout is not None
        deadline = threading.Timer(deadline_s, self._process.kill)
        deadline.start()
        try:
            text = self._process.stdout.readline()
        finally:
            deadline.cancel()
        if not text:
            raise BenchmarkError(f"python -m {self._module} said nothing within {deadline_s:g} s, or ended")
        return dict(json.loads(text))
