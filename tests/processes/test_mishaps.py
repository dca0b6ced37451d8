"""What bad input gets from real processes: the reason, what to do, status 2, and no process that stays."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.processes.real_system import DEADLOCK_S, RealSystem, is_alive, steadyline, wait_until, with_settings

from steadyline.config import Config
from steadyline.models.store import default_store, resolve_file
from steadyline.supervisor.free_ports import free_port_settings


@pytest.fixture
def taken() -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process that listens on a TCP port: itself and the port."""
    code = "import socket, sys; held = socket.create_server(('127.0.0.1', 0)); print(held.getsockname()[1], flush=True)"
    process = subprocess.Popen(
        [sys.executable, "-c", f"{code}; sys.stdin.read()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    yield process, int(process.stdout.readline())
    process.kill()
    process.communicate()


def test_a_wrong_config_file_is_told_with_key_file_line_and_what_was_expected(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[network]\n\n[gateway]\nsip_port = 'five'\n")
    result = steadyline("--config", str(path), "up")
    assert result.returncode == 2
    assert result.stdout == ""
    [line] = result.stderr.splitlines()
    expected = f"steadyline: {path}, line 4: gateway.sip_port is 'five', expected a whole number from 1 to 65535"
    assert line.startswith(expected)


@pytest.mark.parametrize(("content", "why"), [(b"GIF89a nothing to hear", "is no audio"), (b"", "the file is empty")])
def test_an_audio_file_that_is_none_is_named_with_the_reason(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "question.wav"
    path.write_bytes(content)
    result = steadyline(
        "call", "--target", "sip:nobody@127.0.0.1:9", "--say", str(path), "--out", str(tmp_path / "out")
    )
    assert result.returncode == 2
    assert result.stdout == ""
    [line] = result.stderr.splitlines()
    assert line.startswith(f"steadyline: {path}: {why}")


def test_a_service_without_its_model_names_the_command_that_fetches_it(tmp_path: Path) -> None:
    settings = with_settings([*free_port_settings(), f"models.store={tmp_path}"])
    result = steadyline(*settings, "whisper")
    assert result.returncode == 2
    assert "whisper-base is missing" in result.stderr
    assert result.stderr.splitlines()[-1].endswith("run: steadyline models fetch whisper-base")


def ended(system: RealSystem) -> str:
    """Its output, once it has ended by itself with status 2 and none of its processes is left."""
    seen: set[psutil.Process] = set()
    try:
        until = time.monotonic() + DEADLOCK_S
        while system.process.poll() is None and time.monotonic() < until:
            seen.update(system.descendants())
            time.sleep(0.05)
        assert system.process.poll() == 2, system.output
        assert [process for process in seen if is_alive(process)] == []
        return system.output
    finally:
        system.destroy()


def test_up_ends_when_a_model_is_missing(tmp_path: Path) -> None:
    # The voice's is there: of two that are missing, the one that is found out first ends it.
    voice = resolve_file(Config().piper.model, default_store(), ".onnx")
    output = ended(
        RealSystem(tmp_path, "whisper.model=whisper-base", f"models.store={tmp_path}", f"piper.model={voice}")
    )
    assert "run: steadyline models fetch whisper-base" in output
    assert "cannot run: " in output.splitlines()[-1]
    assert output.count("run: steadyline models fetch whisper-base") == 1


def test_up_ends_when_a_services_port_is_taken(tmp_path: Path, taken: tuple[subprocess.Popen[str], int]) -> None:
    process, port = taken
    output = ended(RealSystem(tmp_path, f"outbound.status_port={port}"))
    assert f"(pid {process.pid})" in output and "outbound.status_port" in output
    assert "cannot run: outbound" in output.splitlines()[-1]


@pytest.mark.parametrize(
    ("service", "key"),
    [("gateway", "gateway.sip_port"), ("gateway", "gateway.processor_port"), ("llama", "llama.port")],
)
def test_a_taken_port_is_told_with_its_key_and_its_process(
    service: str, key: str, tmp_path: Path, taken: tuple[subprocess.Popen[str], int]
) -> None:
    process, port = taken
    settings = [*free_port_settings(), f"journal.path={tmp_path / 'journal.sqlite'}", "llama.engine=openai"]
    result = steadyline(*with_settings([*settings, f"{key}={port}"]), service)
    assert result.returncode == 2
    last = result.stderr.splitlines()[-1]
    assert last.startswith("steadyline: ") and last.endswith(f"end that process, or set another {key}")
    assert f"TCP port {port} is taken by python" in last and f"(pid {process.pid})" in last


def test_a_taken_registration_port_is_told_too(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        result = steadyline(*with_settings([*free_port_settings(), f"whisper.register_port={port}"]), "whisper")
    assert result.returncode == 2
    assert f"UDP port {port} is taken by " in result.stderr and "whisper.register_port" in result.stderr


def test_a_service_alone_ends_with_ctrl_c_and_gives_its_ports_back(tmp_path: Path) -> None:
    settings = with_settings([*free_port_settings(), "llama.engine=openai", f"journal.path={tmp_path / 'j.sqlite'}"])
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-m", "steadyline", *settings, "llama"], stderr=subprocess.PIPE, text=True
        )
        try:
            assert process.stderr is not None
            wait_until(lambda: "llama is loaded" in process.stderr.readline(), "llama is loaded")  # noqa: B023
            process.send_signal(signal.SIGINT)
            assert process.wait(DEADLOCK_S) == 0
        finally:
            process.kill()
            process.communicate()


def test_status_of_a_system_that_is_not_there(tmp_path: Path) -> None:
    result = steadyline(*with_settings(free_port_settings()), "status")
    assert result.returncode == 1
    assert result.stdout.count("does not answer") == 8
    assert result.stdout.count("no call needs it") == 2
    assert result.stderr == ""
