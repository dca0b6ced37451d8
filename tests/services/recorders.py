"""Recorders for simulated systems."""

from collections.abc import Callable
from pathlib import Path

from steadyline.link.runtime import Runtime
from steadyline.recorder.recorder import Recorder, What
from steadyline.recorder.writing import Writing


class Recorders:
    """The recorders of a simulated system; they write when they are closed."""

    def __init__(self, directory: Path, what: What | None = None) -> None:
        self.directory = directory
        self.what = what or What()
        self.writings: list[Writing] = []
        self.dropped: list[str] = []

    def __call__(self, runtime: Runtime) -> Recorder:
        drop: Callable[[], None] = lambda: self.dropped.append(runtime.role)  # noqa: E731
        writing = Writing(runtime.log, drop, has_thread=False)
        self.writings.append(writing)
        return Recorder(runtime.role, runtime.epoch, self.directory, runtime.clock.wall, writing, self.what)

    def close(self) -> None:
        for writing in self.writings:
            writing.close()
