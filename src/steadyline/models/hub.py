"""A model from a model hub: `hub:owner/name` for a repository, `hub:owner/name/file` for one file of it.

There is no sha256 to hold it to: the user names it, the hub's client vouches for the transfer.
"""

from pathlib import Path

from steadyline.errors import ModelError

HUB_PREFIX = "hub:"


def resolve_from_hub(spec: str, store: Path) -> Path:
    """Return the repository's directory (or the file) in the store, downloading it the first time.

    Raises:
        ModelError: the name is malformed, the hub could not be reached or knows no such thing.
    """
    owner, _, rest = spec.removeprefix(HUB_PREFIX).partition("/")
    name, _, member = rest.partition("/")
    if not owner or not name or ".." in spec:
        raise ModelError(f"model {spec!r}: expected {HUB_PREFIX}owner/name or {HUB_PREFIX}owner/name/file")
    directory = store / "hub" / owner / name
    # A download that was cut short leaves files behind; the mark says that it came to its end.
    mark = directory / f".complete-{member.replace('/', '-') or 'all'}"
    if not mark.exists():
        _download(spec, f"{owner}/{name}", member, directory)
        directory.mkdir(parents=True, exist_ok=True)
        mark.touch()
    path = directory / member
    if not path.exists():
        raise ModelError(f"model {spec!r}: {path} is not there; check the file's name, or remove {mark} to fetch again")
    return path


def _download(spec: str, repository: str, member: str, directory: Path) -> None:
    # Imported here: it takes a third of a second, and only those who name a hub need it.
    import huggingface_hub

    try:
        huggingface_hub.snapshot_download(repository, local_dir=directory, allow_patterns=[member] if member else None)
    except Exception as error:
        # The client raises its own errors, those of its transport and OSError; all mean that the model is not here.
        raise ModelError(
            f"model {spec!r}: the model hub did not give it: {error}; "
            "check the name and the network, or give the path of a file of your own"
        ) from error
