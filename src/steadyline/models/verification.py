"""Is a model in the store still what the registry says? Hashed once in full, then recognised by size and time."""

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from steadyline.models.registry import Model, ModelFile

RECORD_NAME = ".verified.json"
"""In the model's directory: file name → size, modification time and sha256 when it was last hashed."""

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class ModelState:
    """What the store holds of one model.

    Attributes:
        state: `"ok"`, `"missing"` (a file is not there) or `"changed"` (a file has another sha256).
        detail: for people; which file, what was found and what was expected. Empty when ok.
    """

    model: Model
    directory: Path
    state: Literal["ok", "missing", "changed"]
    detail: str = ""


def verify(model: Model, directory: Path, *, rehash: bool = False) -> ModelState:
    """Compare the files in `directory` with the registry.

    A file whose size and modification time are those of the last full hash is not read again, so that a second start
    costs microseconds.

    Args:
        rehash: read every file in full all the same.
    """
    known = {} if rehash else _read_record(directory)
    record: dict[str, dict[str, Any]] = {}
    for file in model.files:
        path = directory / file.name
        if not path.is_file():
            return ModelState(model, directory, "missing", f"{path} is not there")
        entry = _entry(path, known.get(file.name))
        if entry["sha256"] != file.sha256:
            return ModelState(model, directory, "changed", _difference(path, file, entry))
        record[file.name] = entry
    if record != known:
        _write_record(directory, record)
    return ModelState(model, directory, "ok")


def sha256_of(path: Path) -> str:
    """Return the file's sha256 as lower-case hex, reading it block by block."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _entry(path: Path, known: object) -> dict[str, Any]:
    status = path.stat()
    now = {"size_bytes": status.st_size, "mtime_ns": status.st_mtime_ns}
    if isinstance(known, dict) and {**known, **now} == known and isinstance(known.get("sha256"), str):
        return dict(known)
    return {**now, "sha256": sha256_of(path)}


def _difference(path: Path, file: ModelFile, entry: dict[str, Any]) -> str:
    return (
        f"{path} has sha256 {entry['sha256']} ({entry['size_bytes']} bytes), "
        f"expected {file.sha256} ({file.size_bytes} bytes)"
    )


def _read_record(directory: Path) -> dict[str, Any]:
    try:
        record = json.loads((directory / RECORD_NAME).read_text())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _write_record(directory: Path, record: dict[str, dict[str, Any]]) -> None:
    # A store that only others may write (a shared, read-only one) is hashed at every start, and that is all.
    with suppress(OSError):
        draft = directory / f"{RECORD_NAME}.new"
        draft.write_text(json.dumps(record, indent=1) + "\n")
        draft.replace(directory / RECORD_NAME)
