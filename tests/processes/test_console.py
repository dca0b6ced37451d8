"""The console of a real system: there when the line is, of no harm when it is not."""

import http.client
import json
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.processes.real_system import DEADLOCK_S, RealSystem, steadyline, wait_until, with_settings

from steadyline.config_file import load_config
from steadyline.services.status_client import side_status_ports

HOST = "127.0.0.1"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSystem]:
    """One system for the tests that leave it as they found it."""
    running = RealSystem(tmp_path_factory.mktemp("system"), "console.enabled=true", "console.drills=true")
    try:
        running.wait_line("ready ")
        running.wait_line("console http://")
        yield running
    finally:
        running.destroy()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., RealSystem]]:
    """Starts systems that are gone after the test."""
    started: list[RealSystem] = []

    def begin(*settings: str) -> RealSystem:
        started.append(RealSystem(tmp_path, *settings))
        return started[-1]

    yield begin
    for one in started:
        one.destroy()


def console_port(system: RealSystem) -> int:
    return load_config(None, system.settings).console.port


def consoles(system: RealSystem) -> list[int]:
    """Pids of the consoles that run."""
    found = []
    for process in system.descendants():
        with suppress(psutil.Error):
            found += [process.pid] if "console" in process.cmdline() else []
    return found


def ask(
    system: RealSystem, method: str, path: str, content: dict[str, Any] | None = None
) -> tuple[int, dict[str, Any]]:
    port = console_port(system)
    connection = http.client.HTTPConnection(HOST, port, timeout=DEADLOCK_S)
    try:
        connection.request(method, path, json.dumps(content or {}), {"origin": f"http://{HOST}:{port}"})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def looked(system: RealSystem) -> Iterator[dict[str, Any]]:
    """What the Line page gets, one after another."""
    connection = http.client.HTTPConnection(HOST, console_port(system), timeout=DEADLOCK_S)
    connection.request("GET", "/api/line")
    response = connection.getresponse()
    try:
        while line := response.readline():
            if line.startswith(b"data: "):
                yield json.loads(line[6:])
    finally:
        connection.close()


def word(view: dict[str, Any], service: str) -> str:
    return next(str(box["word"]) for box in view["boxes"] if box["service"] == service)


def test_the_line_is_shown_as_status_has_it(system: RealSystem) -> None:
    views = (view for view in looked(system) if not any(box["is_asked"] for box in view["boxes"]) and view["actions"])
    view = next(view for view in views if word(view, "whisper") == "ready")
    assert {box["service"]: box["word"] for box in view["boxes"]} == {
        service["name"]: service["state"] for service in system.call_services()
    }
    [ready] = [line for line in system.lines if line.startswith("ready ")]
    assert view["sip_uri"] == ready.split()[1] and view["actions"] == ["restart", "kill", "freeze"]


@pytest.mark.parametrize("action", ["restart", "kill", "freeze"])
def test_what_is_struck_is_shown_gone_and_back(system: RealSystem, action: str) -> None:
    before = system.children()["outbound"].pid
    views = looked(system)
    next(view for view in views if word(view, "outbound") == "ready")
    assert ask(system, "POST", f"/api/services/outbound/{action}") == (200, {})
    next(view for view in views if word(view, "outbound") != "ready")
    next(view for view in views if word(view, "outbound") == "ready")
    views.close()  # type: ignore[attr-defined]
    assert system.children()["outbound"].pid != before


def test_a_service_that_is_not_known_is_refused(system: RealSystem) -> None:
    status, content = ask(system, "POST", "/api/services/sshd/restart")
    assert status == 409 and "expected one of gateway" in content["error"]


def test_what_is_saved_is_in_force_when_those_who_read_it_are_started_again(
    start: Callable[..., RealSystem], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("STEADYLINE_CONFIG")
    running = start("console.enabled=true")
    running.wait_line("console http://")
    before = {name: process.pid for name, process in running.children().items()}
    view = ask(running, "GET", "/api/settings")[1]
    assert view["file"] == {"path": str(tmp_path / "steadyline" / "config.toml"), "is_there": False, "obstacle": ""}
    wanted = {"version": view["version"], "values": {"llama.greeting": "Good day.", "whisper.language": "de"}}
    status, view = ask(running, "POST", "/api/settings", wanted)
    assert status == 200 and view["file"]["is_there"] and view["can_restart"]
    old = [one["service"] for one in view["stale"]]
    assert sorted(old) == ["inbound", "llama", "piper", "whisper"]
    for name in old:
        assert ask(running, "POST", f"/api/services/{name}/restart") == (200, {})

    def is_in_force() -> bool:
        view = ask(running, "GET", "/api/settings")[1]
        return not view["stale"] and not view["waiting"]

    wait_until(is_in_force, "everybody with what was saved")
    after = {name: process.pid for name, process in running.children().items()}
    assert {name for name in after if after[name] != before[name]} == set(old)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_console_that_dies_or_freezes_comes_back_and_nobody_else_notices(
    system: RealSystem, number: signal.Signals
) -> None:
    others = {name: process.pid for name, process in system.children().items()}
    [pid] = consoles(system)
    os.kill(pid, number)

    def is_back() -> bool:
        try:
            return consoles(system) not in ([], [pid]) and ask(system, "GET", "/api/calls")[0] == 200
        except OSError:
            return False

    wait_until(is_back, "another console")
    assert {name: process.pid for name, process in system.children().items()} == others


def test_a_taken_port_is_told_and_calls_are_taken_without_it(start: Callable[..., RealSystem]) -> None:
    with socket.create_server((HOST, 0)) as holder:
        running = start("console.enabled=true", f"console.port={holder.getsockname()[1]}")
        running.wait_line("ready ")
        running.wait_line("console is not available")
        assert f"TCP port {holder.getsockname()[1]}" in running.output and "console.port" in running.output
        assert {service["state"] for service in running.call_services()} == {"ready"}
        [console] = [service for service in running.status()["services"] if service["beside"]]
        assert console["name"] == "console" and console["state"] != "ready"
        assert steadyline(*with_settings(running.settings), "status").returncode == 0


def test_it_can_be_left_out(start: Callable[..., RealSystem]) -> None:
    running = start("console.enabled=false")
    running.wait_line("ready ")
    assert consoles(running) == []
    assert side_status_ports(load_config(None, running.settings)) == {}


def test_beyond_the_loopback_it_does_not_start_without_a_password(tmp_path: Path) -> None:
    running = RealSystem(tmp_path, "console.enabled=true", "console.host=0.0.0.0")
    try:
        running.process.wait(DEADLOCK_S)
        assert running.process.returncode == 2
        wait_until(lambda: "console.password_file" in running.output, "the reason")
    finally:
        running.destroy()
