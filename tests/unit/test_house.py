"""What holds for every file of the repository: nothing of one machine in it, locks that can be trusted, files of a size."""

import re
import subprocess
import tomllib
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRACKED = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    if name and (ROOT / name).is_file()
]
LOCKS = ["requirements.lock", "requirements-dev.lock"]
PEER_LOCK = "benchmarks/requirements-peer.lock"
PYTHON_FILES = [file for file in TRACKED if file.suffix == ".py" and file.is_relative_to(ROOT / "src")]

# Written in pieces, that this file does not find itself.
REGISTRY_HOSTS = re.compile(
    "|".join(["pypi" + r"\.org", "python" + r"hosted\.org", "registry" + r"\.npmjs", "deb" + r"\.debian"])
)
MACHINE_PATHS = re.compile(r"(?<![\w./~-])/(?:work|root|home|Users)/[\w.-]+")

MAX_FILE_LINES = 300


def text_of(file: Path) -> str | None:
    """The file's text; None for recordings, models and other binary files."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


@pytest.mark.parametrize(
    ("pattern", "what"), [(REGISTRY_HOSTS, "a registry's host"), (MACHINE_PATHS, "a machine's path")]
)
def test_no_file_names(pattern: re.Pattern[str], what: str) -> None:
    found = [
        f"{file.relative_to(ROOT)}:{number}: {what}: {line.strip()[:100]}"
        for file in TRACKED
        for number, line in enumerate((text_of(file) or "").splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", [*LOCKS, PEER_LOCK])
def test_a_lock_file_has_hashes_and_no_place_to_fetch_from(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    for entry in re.split(r"\n(?=\S)", text.replace("\\\n", " ")):
        if not entry.startswith("#"):
            assert re.match(r"[\w.-]+==\S+ +(; .+ )?--hash=sha256:[0-9a-f]{64}", entry), entry.splitlines()[0]
    assert not re.search(r"--(?:extra-)?index-url|--find-links|--trusted-host|://", text)


def pins(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))


def test_both_locks_agree_and_hold_every_dependency() -> None:
    run, develop = (pins(name) for name in LOCKS)
    assert run.items() <= develop.items()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]

    def names(requirements: list[str]) -> set[str]:
        return {re.split(r"[^\w.-]", requirement)[0].lower().replace("_", "-") for requirement in requirements}

    assert names(project["dependencies"] + extras["piper"] + extras["kokoro"] + extras["webphone"]) <= run.keys()
    assert names(extras["dev"]) <= develop.keys()


def test_long_files_are_reported() -> None:
    for file in PYTHON_FILES:
        lines = len(file.read_text(encoding="utf-8").splitlines())
        if lines > MAX_FILE_LINES:
            warnings.warn(f"{file.relative_to(ROOT)} has {lines} lines: worth a second look", stacklevel=1)
