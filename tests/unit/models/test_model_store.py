"""What the configuration may name as a model, and what happens to it in the store."""

import hashlib
import os
import sys
import types
from pathlib import Path

import pytest

from steadyline.errors import ModelError
from steadyline.models import store as store_module
from steadyline.models import verification
from steadyline.models.registry import Model, ModelFile
from steadyline.models.store import check, default_store, resolve, resolve_file

CONTENT = b"weights"
MODEL = Model("tiny", "llm", (ModelFile("tiny.gguf", 7, hashlib.sha256(CONTENT).hexdigest(), ()),), "MIT", "test")


@pytest.fixture
def fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(store_module, "MODELS", {"tiny": MODEL})
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "tiny.gguf").write_bytes(CONTENT)
    return tmp_path


def test_a_fetched_model_resolves_to_its_directory_and_file(fetched: Path) -> None:
    assert resolve("tiny", fetched) == fetched / "tiny"
    assert resolve_file("tiny", fetched, ".gguf") == fetched / "tiny" / "tiny.gguf"
    assert [state.state for state in check(fetched)] == ["ok"]


def test_a_verified_model_is_not_read_in_full_again(fetched: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve("tiny", fetched)
    monkeypatch.setattr(verification, "sha256_of", lambda path: pytest.fail(f"read {path} again"))
    assert resolve("tiny", fetched) == fetched / "tiny"


def test_a_changed_file_is_refused_with_both_hashes_and_the_command(fetched: Path) -> None:
    resolve("tiny", fetched)
    (fetched / "tiny" / "tiny.gguf").write_bytes(b"wEights")
    with pytest.raises(ModelError) as refused:
        resolve("tiny", fetched)
    found = hashlib.sha256(b"wEights").hexdigest()
    assert found in str(refused.value) and MODEL.files[0].sha256 in str(refused.value)
    assert "steadyline models fetch tiny" in str(refused.value)
    assert [state.state for state in check(fetched)] == ["changed"]


def test_a_change_that_keeps_size_and_time_is_found_by_a_full_check(fetched: Path) -> None:
    path = fetched / "tiny" / "tiny.gguf"
    resolve("tiny", fetched)
    times = path.stat()
    path.write_bytes(b"wEights")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert [state.state for state in check(fetched)] == ["ok"]
    assert [state.state for state in check(fetched, rehash=True)] == ["changed"]


def test_a_garbled_record_only_means_hashing_again(fetched: Path) -> None:
    for garbage in ("", "[]", '{"tiny.gguf": 3}', '{"tiny.gguf": {"sha256": null}}', "\x00"):
        (fetched / "tiny" / verification.RECORD_NAME).write_text(garbage)
        assert resolve("tiny", fetched) == fetched / "tiny"


def test_a_missing_model_names_the_command(fetched: Path) -> None:
    (fetched / "tiny" / "tiny.gguf").unlink()
    with pytest.raises(ModelError, match=r"missing.*steadyline models fetch tiny"):
        resolve("tiny", fetched)


def test_a_path_of_the_users_own_is_used_as_it_is(tmp_path: Path) -> None:
    own = tmp_path / "mine.gguf"
    own.write_bytes(b"anything")
    assert resolve(str(own), tmp_path / "store") == own
    assert resolve_file(str(own), tmp_path / "store", ".gguf") == own
    assert resolve_file(str(tmp_path), tmp_path / "store", ".gguf") == own


def test_a_directory_with_several_candidates_asks_for_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").touch()
    (tmp_path / "b.gguf").touch()
    with pytest.raises(ModelError, match=r"a\.gguf, b\.gguf"):
        resolve_file(str(tmp_path), tmp_path, ".gguf")


def test_something_that_is_nowhere_names_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no-such-thing.*whisper-base.*hub:owner/name"):
        resolve("no-such-thing", tmp_path)


def test_the_default_store_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/ada")
    monkeypatch.delenv("STEADYLINE_MODELS", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert default_store() == Path("/ada/.local/share/steadyline/models")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert default_store() == Path("/data/steadyline/models")
    monkeypatch.setenv("STEADYLINE_MODELS", "/models")
    assert default_store() == Path("/models")


class _Hub(types.ModuleType):
    """Stands in for the hub's client: what would be downloaded is written, or the download breaks off."""

    def __init__(self, broken: bool = False) -> None:
        super().__init__("huggingface_hub")
        self.asked: list[tuple[str, object]] = []
        self.broken = broken

    def snapshot_download(self, repository: str, local_dir: Path, allow_patterns: object) -> None:
        self.asked.append((repository, allow_patterns))
        local_dir.mkdir(parents=True, exist_ok=True)
        (local_dir / "model.gguf").touch()
        if self.broken:
            raise ConnectionError("network is unreachable")


def test_a_hub_model_is_downloaded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = _Hub()
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
    for _ in range(2):
        assert resolve("hub:ada/engine", tmp_path) == tmp_path / "hub" / "ada" / "engine"
        assert resolve("hub:ada/engine/model.gguf", tmp_path) == tmp_path / "hub" / "ada" / "engine" / "model.gguf"
    assert hub.asked == [("ada/engine", None), ("ada/engine", ["model.gguf"])]


def test_a_hub_download_that_broke_off_is_an_error_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = _Hub(broken=True)
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
    for _ in range(2):
        with pytest.raises(ModelError, match=r"hub:ada/engine.*network is unreachable"):
            resolve("hub:ada/engine", tmp_path)
    assert len(hub.asked) == 2


@pytest.mark.parametrize("spec", ["hub:", "hub:ada", "hub:/engine", "hub:ada/../../etc"])
def test_a_malformed_hub_name_says_what_was_expected(spec: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="expected hub:owner/name"):
        resolve(spec, tmp_path)
