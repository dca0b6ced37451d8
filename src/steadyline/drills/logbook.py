"""What drill engines tell of their work: lines in a file of the drill's folder, with times on the machine's one clock.

The engines run in processes of their own that are killed at any moment, so a line is written at once, by one call.
"""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER_VARIABLE = "STEADYLINE_DRILL"
"""Environment variable: the folder of the drill that a process belongs to."""
FILE_NAME = "engines.jsonl"


@dataclass(frozen=True)
class Entry:
    """One line.

    Attributes:
        at: `time.monotonic()`, which is the same for all processes of a machine (Linux, clock_gettime(2)).
        event: past-tense noun or participle, e.g. "transcription begun".
        facts: what else was written.
    """

    at: float
    event: str
    facts: dict[str, Any]


class Logbook:
    """The writing side, in an engine; without a drill it writes nothing.

    Args:
        folder: the drill's; None takes it from the environment.
    """

    def __init__(self, folder: Path | None = None) -> None:
        named = folder or os.environ.get(FOLDER_VARIABLE)
        self._path = Path(named) / FILE_NAME if named else None

    def note(self, event: str, **facts: object) -> None:
        """Write a line: it is in the file when this returns, whatever happens to the process."""
        if self._path is None:
            return
        line = json.dumps({"at": time.monotonic(), "event": event, **facts}) + "\n"
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)


class LogbookReader:
    """The reading side, in the drill.

    Attributes:
        entries: everything that was read so far, in order.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._offset = 0
        self.entries: list[Entry] = []

    def read(self) -> list[Entry]:
        """The entries that were written since the last call."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                content = file.read()
        except FileNotFoundError:
            return []
        whole = content[: content.rfind(b"\n") + 1]
        self._offset += len(whole)
        new = [_entry(json.loads(line)) for line in whole.splitlines()]
        self.entries += new
        return new


def _entry(line: dict[str, Any]) -> Entry:
    return Entry(line.pop("at"), line.pop("event"), line)
