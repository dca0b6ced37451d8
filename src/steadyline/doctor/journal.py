"""The journal: can it be written, is what is there sound, is there room?"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from steadyline.calls.database import Database, JournalError
from steadyline.config import Config
from steadyline.doctor.finding import Finding, from_error

LITTLE_BYTES = 1_000_000_000
NOTHING_BYTES = 20_000_000


def check_journal(config: Config, running: Mapping[int, str]) -> list[Finding]:
    """Without a journal calls go on, but a service that dies takes its part of the conversation along."""
    path = Path(config.journal.path).expanduser().absolute()
    mend = "set journal.path to a file in a folder that can be written"
    place = path if path.exists() else next(folder for folder in path.parents if folder.exists())
    if path.is_dir():
        return [Finding("journal", "error", f"{path} is a folder", mend)]
    if not os.access(place, os.W_OK) or (place != path and not place.is_dir()):
        return [Finding("journal", "error", f"{path} cannot be written: {place} is not writable", mend)]
    if place == path:
        try:
            Database(path, read_only=True).close()
        except JournalError as error:
            return [from_error("journal", error)]
    free = shutil.disk_usage(place).free
    text = f"{path}, {free / 1e9:.1f} GB free"
    if free < LITTLE_BYTES:
        return [Finding("journal", "error" if free < NOTHING_BYTES else "warning", text, "free some space there")]
    return [Finding("journal", "ok", text if place == path else f"{text}; it is made with the first call")]
