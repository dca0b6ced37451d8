"""The store: the directory that holds fetched models, and how a model named in the configuration is found there."""

import os
from pathlib import Path

from steadyline.errors import ModelError
from steadyline.models.hub import HUB_PREFIX, resolve_from_hub
from steadyline.models.registry import MODELS, Model
from steadyline.models.verification import ModelState, verify


def default_store() -> Path:
    """Return `$STEADYLINE_MODELS`, else `$XDG_DATA_HOME/steadyline/models`, else `~/.local/share/steadyline/models`."""
    own = os.environ.get("STEADYLINE_MODELS")
    if own:
        return Path(own).expanduser()
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "steadyline" / "models"


def resolve(spec: str, store: Path) -> Path:
    """Find the model that the configuration names.

    Args:
        spec: one of
            a name of the registry, which must have been fetched: its directory, every file verified;
            a path to a file or directory of the user's own: used as it is;
            `hub:owner/name` or `hub:owner/name/file`: a model hub's repository or one file of it, downloaded into the
            store on first use and not asked for again.
        store: directory of models.

    Raises:
        ModelError: nothing of that name is there, or it has changed; the text names the command that mends it.
    """
    if spec.startswith(HUB_PREFIX):
        return resolve_from_hub(spec, store)
    if spec in MODELS:
        state = verify(MODELS[spec], store / spec)
        if state.state != "ok":
            raise ModelError(f"model {spec} is {state.state}: {state.detail}; run: steadyline models fetch {spec}")
        return state.directory
    path = Path(spec).expanduser()
    if path.exists():
        return path
    raise ModelError(
        f"model {spec!r}: neither a known name ({', '.join(MODELS)}) nor a path that exists; give one of these, "
        f"a path, or {HUB_PREFIX}owner/name. A known name is fetched with: steadyline models fetch NAME"
    )


def resolve_file(spec: str, store: Path, suffix: str) -> Path:
    """Find the one file with `suffix` (such as `".gguf"`) of the model that the configuration names.

    Args:
        spec: as for `resolve`; a directory must hold exactly one file with the suffix.

    Raises:
        ModelError: as for `resolve`, or the directory holds none or several of them.
    """
    path = resolve(spec, store)
    if path.is_file():
        return path
    found = sorted(path.glob(f"*{suffix}"))
    if len(found) != 1:
        names = ", ".join(file.name for file in found) or "none"
        raise ModelError(f"model {spec!r}: {path} must hold one file *{suffix}, found {names}; name the file itself")
    return found[0]


def check(store: Path, *, rehash: bool = False) -> list[ModelState]:
    """Return the state of every model of the registry, in its order.

    Args:
        rehash: read all files in full even where size and time are those of the last time.
    """
    return [verify(model, store / model.name, rehash=rehash) for model in MODELS.values()]


def glance(store: Path) -> list[ModelState]:
    """As `check`, but by the presence and size of the files alone: nothing of them is read."""
    return [_glance(model, store / model.name) for model in MODELS.values()]


def _glance(model: Model, directory: Path) -> ModelState:
    for file in model.files:
        path = directory / file.name
        if not path.is_file():
            return ModelState(model, directory, "missing", f"{path} is not there")
        size_bytes = path.stat().st_size
        if size_bytes != file.size_bytes:
            return ModelState(model, directory, "changed", f"{path} has {size_bytes} bytes, expected {file.size_bytes}")
    return ModelState(model, directory, "ok")
