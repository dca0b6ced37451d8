"""Which model a name in the configuration stands for, in a line that is the same only for the same model."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from steadyline.models.hub import HUB_PREFIX
from steadyline.models.registry import MODELS

DIGITS = 16
"""Of a hash that is to be compared by people, too."""


def model_identity(spec: str) -> str:
    """Of a known model its name and sha256, which was verified before it was loaded; of several files, that of their hashes.

    A path of the user's own is not read: its size and when it was changed last stand for it. Of a hub's model the name is
    all that is known.
    """
    if spec.startswith(HUB_PREFIX):
        return spec
    if spec in MODELS:
        hashes = sorted(file.sha256 for file in MODELS[spec].files)
        whole = hashes[0] if len(hashes) == 1 else hashlib.sha256(" ".join(hashes).encode()).hexdigest()
        return f"{spec} sha256:{whole[:DIGITS]}"
    files = [path for path in _files(Path(spec).expanduser()) if path.is_file()]
    if not files:
        return f"{spec} (not there)"
    status = [path.stat() for path in files]
    changed = datetime.fromtimestamp(max(one.st_mtime for one in status), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{spec} {sum(one.st_size for one in status)} bytes of {changed}"


def _files(path: Path) -> list[Path]:
    return sorted(path.iterdir()) if path.is_dir() else [path]
