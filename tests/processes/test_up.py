"""`steadyline up` as a whole: ready, watched, healed, taken down, and nothing left behind."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from tests.processes.real_system import (
    DEADLOCK_S,
    RealSystem,
    is_alive,
    steadyline,
    wait_until,
    with_settings,
)

SERVICES = {"gateway", "inbound", "whisper", "llama", "piper", "outbound"}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSystem]:
    """One system for the tests that leave it as they found it."""
    running = RealSystem(tmp_path_factory.mktemp("system"), "webphone.enabled=true")
    try:
        running.wait_line("ready ")
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


def test_ready_is_printed_with_the_sip_address(system: RealSystem) -> None:
    [ready] = [line for line in system.lines if line.startswith("ready ")]
    [port] = [text.partition("=")[2] for text in system.settings if text.startswith("gateway.sip_port=")]
    assert re.match(rf"ready sip:steadyline@127\.0\.0\.1:{port} after [\d.]+ s", ready)
    print(ready)


def test_status_tells_services_and_control_connections(system: RealSystem) -> None:
    content = system.status()
    assert content.keys() == {"services", "connections", "calls"}
    assert [service["name"] for service in content["services"]][-1] == "webphone"
    services = [service for service in content["services"] if not service["beside"]]
    assert {service["name"] for service in services} == SERVICES
    children = {process.pid for process in system.descendants()}
    for service in services:
        assert {"name", "pid", "state", "restarts", "uptime_s"} <= service.keys()
        assert (service["state"], service["restarts"]) == ("ready", 0)
        assert service["pid"] in children and service["uptime_s"] > 0
    for connection in content["connections"]:
        wanted = {"number", "name", "call_id", "state", "attempts", "established_ms", "last_error"}
        assert wanted <= connection.keys()
        assert (connection["number"], connection["call_id"], connection["state"]) == (0, 0, "open")
        assert connection["attempts"] >= 1 and connection["established_ms"] > 0
    assert {connection["name"] for connection in content["connections"]} == {"inbound → gateway", "outbound → gateway"}
    assert content["calls"] == []


def test_status_for_people_has_a_line_for_each(system: RealSystem) -> None:
    result = steadyline(*with_settings(system.settings), "status")
    assert result.returncode == 0
    assert [line.split()[0] for line in result.stdout.splitlines()[1:7]] == [
        "gateway",
        "inbound",
        "whisper",
        "llama",
        "piper",
        "outbound",
    ]


def test_status_shows_a_call_and_all_its_connections(system: RealSystem, tmp_path: Path) -> None:
    uri = next(line for line in system.lines if line.startswith("ready ")).split()[1]
    arguments = [*with_settings(system.settings), "call", "--target", uri, "--out", str(tmp_path), "--hold", "60"]
    caller = subprocess.Popen(
        [sys.executable, "-m", "steadyline", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        # 5 is made on the first clause, the greeting.
        wait_until(lambda: open_connections(system) >= {0, 1, 2, 3, 4, 5}, "all connections of the call are open")
        content = system.status()
    finally:
        caller.send_signal(signal.SIGINT)
        caller.wait(DEADLOCK_S)
    [call] = content["calls"]
    assert {"call_id", "peer", "codec", "started", "turns"} <= call.keys()
    assert call["call_id"] % 2 == 0 and call["codec"] and "caller" in call["peer"] and call["turns"] == 0
    of_call = [connection for connection in content["connections"] if connection["call_id"] == call["call_id"]]
    assert {connection["number"] for connection in of_call} == {0, 1, 2, 3, 4, 5}
    wait_until(lambda: system.status()["calls"] == [], "the call is over")
    assert {connection["call_id"] for connection in system.status()["connections"]} == {0}


def open_connections(system: RealSystem) -> set[int]:
    content = system.status()
    good = ("open", "registered")
    return {one["number"] for one in content["connections"] if one["call_id"] and one["state"] in good}


def test_two_systems_side_by_side_do_not_disturb_each_other(
    system: RealSystem, start: Callable[..., RealSystem]
) -> None:
    before = {name: process.pid for name, process in system.children().items()}
    second = start()
    second.wait_line("ready ")
    theirs = second.children()
    assert {process.pid for process in theirs.values()}.isdisjoint(before.values())
    took_s = second.end(signal.SIGINT)
    print(f"Ctrl-C to the end of everything: {took_s:.2f} s")
    assert second.process.returncode == 0, second.output
    assert [name for name, process in theirs.items() if is_alive(process)] == []
    assert {name: process.pid for name, process in system.children().items()} == before
    assert {service["state"] for service in system.call_services()} == {"ready"}


def test_a_second_system_on_the_same_ports_says_who_has_them(system: RealSystem) -> None:
    result = steadyline(*with_settings(system.settings), "up")
    assert result.returncode == 2
    last = result.stderr.splitlines()[-1]
    assert "supervisor.status_port" in last and f"(pid {system.process.pid})" in last
    assert {service["state"] for service in system.call_services()} == {"ready"}


def test_the_doctor_knows_its_own_system(system: RealSystem) -> None:
    result = steadyline(*with_settings([*system.settings, "llama.url=http://127.0.0.1:9/v1"]), "doctor", "--json")
    content = json.loads(result.stdout)
    by_check = {finding["check"]: finding for finding in content["findings"]}
    assert by_check["ports"]["severity"] == "ok" and "runs already" in by_check["ports"]["text"]
    assert by_check["round trip"]["severity"] == "ok" and "heard" in by_check["round trip"]["text"]
    assert by_check["language model"]["severity"] == "error" and "llama.url" in by_check["language model"]["mend"]
    assert (result.returncode, content["can_run"]) == (1, False)
    assert "checking: round trip" in result.stderr
    print(by_check["round trip"]["text"])


def test_a_killed_child_is_started_again_and_the_others_go_on(system: RealSystem) -> None:
    before = system.children()
    before["whisper"].kill()
    took_s = wait_until(
        lambda: states(system)["whisper"] == ("ready", 1) and system.children()["whisper"] != before["whisper"],
        "whisper is back",
    )
    print(f"killed whisper was ready again after {took_s:.1f} s")
    after = system.children()
    assert {name for name in SERVICES if after[name] != before[name]} == {"whisper"}
    assert {state for state, _ in states(system).values()} == {"ready"}
    assert any("whisper killed by signal 9" in line for line in system.lines)


def states(system: RealSystem) -> dict[str, tuple[str, int]]:
    return {one["name"]: (one["state"], one["restarts"]) for one in system.call_services()}


def test_sigterm_ends_all_of_it(system: RealSystem) -> None:
    """The last test with this system."""
    children = system.descendants()
    assert len(children) >= len(SERVICES)
    took_s = system.end(signal.SIGTERM)
    print(f"SIGTERM to the end of everything: {took_s:.2f} s")
    assert system.process.returncode == 0
    assert [process for process in children if is_alive(process)] == []
    assert not any("did not stop in time" in line for line in system.lines), system.output
    assert not any("Traceback" in line for line in system.lines), system.output
    assert [f"{name} stopped" for name in SERVICES if f"{name} stopped" not in system.output] == []


def test_ctrl_c_twice_while_it_is_starting_leaves_nothing_behind(start: Callable[..., RealSystem]) -> None:
    system = start()
    wait_until(lambda: len(system.descendants()) >= len(SERVICES), "the services were started")
    children = system.descendants()
    system.process.send_signal(signal.SIGINT)
    took_s = system.end(signal.SIGINT)
    print(f"Ctrl-C during the start to the end of everything: {took_s:.2f} s")
    assert system.process.returncode == 0, system.output
    assert [process for process in children if is_alive(process)] == []
    assert "Traceback" not in system.output


def test_kill_9_of_the_supervisor_leaves_no_child_behind(start: Callable[..., RealSystem]) -> None:
    system = start()
    wait_until(lambda: "started" in system.output, "some serve already, others load")
    children = system.descendants()
    assert len(children) >= len(SERVICES)
    os.kill(system.process.pid, signal.SIGKILL)
    try:
        took_s = wait_until(lambda: not any(map(is_alive, children)), "all children are gone")
    finally:
        for process in filter(is_alive, children):
            process.kill()
    print(f"kill -9 of the supervisor to the end of its children: {took_s:.2f} s")


def test_a_service_that_was_orphaned_before_it_looked_ends_by_itself(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait(DEADLOCK_S)
    arguments = with_settings([f"journal.path={tmp_path / 'journal.sqlite'}"])
    result = steadyline(*arguments, "outbound", STEADYLINE_SUPERVISOR=str(gone.pid))
    assert result.returncode == -signal.SIGTERM
    assert not psutil.pid_exists(gone.pid) or not is_alive(psutil.Process(gone.pid))


def test_a_telephone_in_the_browser_that_cannot_run_is_told_and_keeps_nobody_from_running(
    start: Callable[..., RealSystem],
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        system = start("webphone.enabled=true", f"webphone.port={port}")
        system.wait_line("ready ")
        assert set(system.children()) == SERVICES
        wait_until(
            lambda: f"port {port} is taken by" in system.output or f"{port} on 127.0.0.1" in system.output, "why"
        )
        assert "set another webphone.port" in system.output
    assert not any(line.startswith("webphone http") for line in system.lines)


def test_the_page_of_the_telephone_in_the_browser_is_printed(system: RealSystem) -> None:
    wait_until(lambda: any(line.startswith("webphone http://127.0.0.1:") for line in system.lines), "its page")
