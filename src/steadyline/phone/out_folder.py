"""The folder of `--out`: looked at before anything is done whose result would go there."""

import os
from pathlib import Path

from steadyline.errors import SteadylineError


def writable_folder(folder: Path) -> Path:
    """The folder, made if absent.

    Raises:
        SteadylineError: it cannot be made, or nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SteadylineError(f"--out {folder}: cannot be made: {error.strerror}; name a folder of yours") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SteadylineError(f"--out {folder}: nothing can be written there; name a folder of yours")
    return folder
