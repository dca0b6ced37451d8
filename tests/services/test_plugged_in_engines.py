"""Engines of one's own by one line of configuration, put together as the services do it."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from steadyline.cli import main
from steadyline.config import Config
from steadyline.config_file import load_config
from steadyline.engines.llm import Message
from steadyline.errors import ConfigError, ModelError
from steadyline.link.memory import MemoryNetwork
from steadyline.services.assembly import assemble
from steadyline.services.ports import configured_ports
from steadyline.services.process import service_runtime
from steadyline.services.status_client import status_ports
from steadyline.supervisor.free_ports import free_port_settings
from steadyline.supervisor.up import service_names

T = TypeVar("T")
KEYS = {"whisper": "whisper.engine", "llama": "llama.engine", "tts": "tts.engine"}


def configured(tmp_path: Path, *settings: str) -> Config:
    return load_config(None, [f"journal.path={tmp_path / 'journal.sqlite'}", *settings])


def at_work(name: str, config: Config, work: Callable[[Any], T]) -> T:
    """The result of `work(engine)` with the engine that the service has."""

    async def run() -> T:
        runtime = service_runtime(name, config, logging.getLogger("steadyline.tests"))
        runtime.network = MemoryNetwork()
        host = assemble(name, config, runtime).host
        assert host is not None
        try:
            await host.start()
            return await host.run(work)
        finally:
            host.close()

    return asyncio.run(run())


def test_a_recogniser_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    config = configured(tmp_path, "whisper.engine=tests.engines.own_engines:LoudnessRecognizer", "whisper.model=/none")
    samples = np.array([0.0, 0.25, -0.5], np.float32)
    text, pid = at_work("whisper", config, lambda engine: engine.transcribe(samples).text).split()
    assert text == "0.50"
    assert not Path(f"/proc/{pid}").exists(), "it has ended with its service"


def test_a_language_model_answers(tmp_path: Path) -> None:
    config = configured(tmp_path, "llama.engine=tests.engines.own_engines:ParrotModel", "llama.model=/none")
    pieces: list[str] = []

    def work(engine: Any) -> tuple[int, int]:
        question = [Message("user", "who is there")]
        engine.prefill(question, 0)
        engine.stream(
            question, slot=0, max_tokens=9, temperature=0.0, stop=(), on_text=lambda text: bool(pieces.append(text))
        )
        engine.release(0)
        return engine.count_tokens(question), engine.context_tokens

    assert at_work("llama", config, work) == (3, 1000)
    assert "".join(pieces) == "who is there "


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("nowhere_to_be_found:Voice", ["nowhere_to_be_found cannot be imported", "PYTHONPATH"]),
        ("tests.engines.own_engines:Nobody", ["tests.engines.own_engines has no class Nobody"]),
    ],
)
def test_an_engine_that_is_not_there_is_named(tmp_path: Path, name: str, path: str, words: list[str]) -> None:
    config = configured(tmp_path, f"{KEYS[name]}={path}")
    if name == "whisper":
        config.whisper.model = "/none"
    with pytest.raises(ModelError) as caught:
        at_work(name, config, lambda engine: None)
    assert [word for word in [path, *words] if word not in str(caught.value)] == []
    assert caught.value.exit_code == 2


def test_the_service_ends_with_status_2_then(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = [*free_port_settings(), "tts.engine=nowhere_to_be_found:Voice", f"journal.path={tmp_path / 'j.sqlite'}"]
    assert main([part for setting in settings for part in ("--set", setting)] + ["tts"]) == 2
    assert "nowhere_to_be_found cannot be imported" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("value", ["tone", "tone:", ":Voice", "a b:Voice", "a:b:c", "a..b:Voice", "1a:Voice", "a:B()"])
@pytest.mark.parametrize("key", KEYS.values())
def test_what_is_neither_a_choice_nor_a_class_is_refused(key: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"{key} is .*expected one of .* or module:Class"):
        load_config(None, [f"{key}={value}"])


def test_a_voice_of_ones_own_is_the_service_tts_on_the_voices_ports() -> None:
    config = load_config(None, ["tts.engine=examples.tone_engine:ToneSynthesizer"])
    assert {"tts"} == set(service_names(config)) & {"tts", "piper", "kokoro"}
    assert status_ports(config)["tts"] == config.tts.status_port
    keys = {port.key for port in configured_ports(config) if port.service == "tts"}
    assert keys == {"tts.port", "tts.register_port", "tts.status_port", "tts.metrics_port"}
    assert service_runtime("tts", config, logging.getLogger("steadyline.tests")).role == "tts"


def test_the_tts_service_wants_a_class(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tts"]) == 2
    assert "run: steadyline piper" in capsys.readouterr().err
