"""The shared secret's file: what is read, and what people are told when it is wrong; the secret itself is never shown."""

import os
import re
from pathlib import Path

import pytest

from steadyline.cli import main
from steadyline.errors import ConfigError
from steadyline.secret_file import read_secret

SECRET = "a secret of these tests"


def file(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    path = folder / "secret"
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_the_content_without_white_space_around_it(tmp_path: Path, mode: int) -> None:
    assert read_secret(str(file(tmp_path, b"\n 16 bytes or more \r\n", mode))) == b"16 bytes or more"


def test_no_name_is_no_secret() -> None:
    assert read_secret("") == b""


def test_the_home_folder_may_be_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    file(tmp_path, SECRET.encode())
    assert read_secret("~/secret") == SECRET.encode()


def test_the_command_that_the_errors_name_makes_a_good_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_secret(str(file(tmp_path, b"short")))
    (tmp_path / "secret").unlink()
    (command,) = re.findall(r"\(umask .*\)$", str(caught.value))
    assert os.system(command) == 0
    assert len(read_secret(str(tmp_path / "secret"))) == 44


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        (b"", 0o600, ["holds 0 bytes", "at least 16"]),
        (b" 15 bytes of it \n", 0o600, ["holds 14 bytes", "at least 16"]),
        (b"x" * 5000, 0o600, ["more than 4096 bytes"]),
        (SECRET.encode(), 0o640, ["mode 0640", "chmod 600"]),
        (SECRET.encode(), 0o604, ["mode 0604", "chmod 600"]),
        (SECRET.encode(), 0o777, ["mode 0777", "chmod 600"]),
    ],
)
def test_a_file_that_will_not_do_is_told_with_what_is_wrong(
    tmp_path: Path, content: bytes, mode: int, words: list[str]
) -> None:
    path = file(tmp_path, content, mode)
    with pytest.raises(ConfigError) as caught:
        read_secret(str(path))
    assert [word for word in ["network.secret_file", str(path), *words] if word not in str(caught.value)] == []
    assert SECRET not in str(caught.value) and caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("name", "words"), [("nothing", "No such file"), ("folder", "is no file"), ("pipe", "is no file")]
)
def test_what_is_no_file_is_told(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(ConfigError, match=words):
        read_secret(str(tmp_path / name))


@pytest.mark.parametrize("more", [[], ["--secrets"]])
def test_config_show_names_the_file_and_never_prints_what_is_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    path = file(tmp_path, SECRET.encode())
    assert main(["--set", f"network.secret_file={path}", "config", "show", *more]) == 0
    shown = capsys.readouterr()
    assert str(path) in shown.out and SECRET not in shown.out + shown.err


@pytest.mark.parametrize("command", ["up", "whisper", "status", "doctor"])
def test_a_command_that_needs_the_secret_ends_with_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    path = file(tmp_path, SECRET.encode(), 0o644)
    assert main(["--set", f"network.secret_file={path}", command]) == 2
    shown = capsys.readouterr()
    last = shown.err.splitlines()[-1]
    assert last.startswith(f"steadyline: network.secret_file, {path}: has mode 0644") and SECRET not in shown.err
