"""What a service says it runs on: the same for the same models and settings, and no secret in it."""

from pathlib import Path

import pytest

from steadyline.config import Config, sections
from steadyline.models.registry import MODELS
from steadyline.services.origin import service_origin, settings_hashes, system_origin


def test_a_service_names_the_models_that_it_loads_by_their_hash() -> None:
    config = Config()
    [llama] = MODELS[config.llama.model].files
    assert service_origin("llama", config).models == {"llama.model": f"{config.llama.model} sha256:{llama.sha256[:16]}"}
    assert set(service_origin("whisper", config).models) == {"whisper.model"}
    assert set(service_origin("piper", config).models) == {"piper.model"}
    assert set(service_origin("kokoro", config).models) == {"kokoro.model", "kokoro.voices"}
    assert service_origin("gateway", config).models == {}
    assert set(system_origin(config).models) == {"whisper.model", "llama.model", "piper.model"}


def test_engines_from_outside_and_servers_are_named() -> None:
    config = Config()
    config.whisper.engine = config.tts.engine = config.standby.engine = "module:Class"
    config.llama.engine, config.llama.url_model = "openai", "large"
    assert system_origin(config).models == {
        "whisper.engine": "module:Class",
        "llama.url_model": "large",
        "tts.engine": "module:Class",
    }
    assert service_origin("standby", config).models == {"standby.engine": "module:Class"}


def test_a_file_of_ones_own_is_another_when_it_was_changed(tmp_path: Path) -> None:
    config, path = Config(), tmp_path / "own.gguf"
    config.llama.model = str(path)
    assert service_origin("llama", config).models["llama.model"] == f"{path} (not there)"
    path.write_bytes(b"one")
    first = service_origin("llama", config).models["llama.model"]
    assert "3 bytes of 20" in first and service_origin("llama", config).models["llama.model"] == first
    path.write_bytes(b"other")
    assert service_origin("llama", config).models["llama.model"] != first


def test_a_model_of_many_files_and_one_of_a_hub_are_named(tmp_path: Path) -> None:
    config = Config()
    config.whisper.model, config.llama.model = str(tmp_path), "hub:owner/name/file.gguf"
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"xx")
    models = system_origin(config).models
    assert "4 bytes of" in models["whisper.model"] and models["llama.model"] == "hub:owner/name/file.gguf"


def test_a_setting_changes_the_hash_of_its_section_alone() -> None:
    config = Config()
    before = settings_hashes(config)
    assert set(before) == set(sections(config)) and before == settings_hashes(Config())
    config.inbound.end_silence_ms += 1
    after = settings_hashes(config)
    assert {name for name in before if before[name] != after[name]} == {"inbound"}


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [("pbx", "password", "1234"), ("llama", "api_key", "sk-1"), ("llama", "port", 9), ("gateway", "rtp_port_low", 9)],
)
def test_neither_secrets_nor_ports_are_in_a_hash(section: str, key: str, value: object) -> None:
    config = Config()
    setattr(sections(config)[section], key, value)
    assert settings_hashes(config) == settings_hashes(Config())
