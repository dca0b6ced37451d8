"""`steadyline models`: what it shows, and its status for scripts."""

import json
from pathlib import Path

import pytest

from steadyline.cli import main
from steadyline.commands.models import default_names
from steadyline.config import Config
from steadyline.models.registry import MODELS


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STEADYLINE_MODELS", str(tmp_path))
    return tmp_path


def test_list_shows_every_known_model_with_its_licence(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.split()[0] for line in lines] == list(MODELS)
    assert all("missing" in line and MODELS[line.split()[0]].licence in line for line in lines)


def test_list_for_programs(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["store"] == str(store)
    rows = {row["name"]: row for row in content["models"]}
    assert rows.keys() == MODELS.keys()
    assert {name for name, row in rows.items() if row["needed"]} == set(default_names(Config()))
    assert {row["state"] for row in rows.values()} == {"missing"}


def test_check_fails_while_a_needed_model_is_missing_or_any_has_changed(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "check"]) == 1
    nothing_needed = ["--set", "llama.engine=openai", "--set", "whisper.model=/tmp", "--set", "piper.model=/tmp"]
    assert main([*nothing_needed, "models", "check"]) == 0
    model = MODELS["piper-en_US-joe-medium"]
    (store / model.name).mkdir()
    for file in model.files:
        (store / model.name / file.name).write_text("something else")
    capsys.readouterr()
    assert main([*nothing_needed, "models", "check"]) == 1
    [line] = [line for line in capsys.readouterr().out.splitlines() if "changed" in line]
    assert "expected" in line and model.files[0].name in line


def test_the_default_set_follows_the_configuration() -> None:
    config = Config()
    assert default_names(config) == ["whisper-base", "smollm2-135m-instruct-q4_1", "piper-en_US-joe-medium"]
    config.tts.engine, config.llama.engine, config.whisper.model = "kokoro", "openai", "hub:owner/whisper"
    assert default_names(config) == ["kokoro-82m-int8", "kokoro-voices"]
    config.standby.engine = "piper"
    assert default_names(config) == ["piper-en_US-joe-medium", "kokoro-82m-int8", "kokoro-voices"]
