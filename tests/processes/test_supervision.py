"""What `steadyline up` does about services that freeze or fail again and again; the others never notice."""

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
from tests.processes.odd_voices import FIRST_TIME_FILE
from tests.processes.real_system import DEADLOCK_S, RealSystem, is_alive, steadyline, wait_until, with_settings

from steadyline.supervisor.free_ports import free_port_settings

ROOT = Path(__file__).parents[2]
SERVICES = {"gateway", "inbound", "whisper", "llama", "piper", "outbound"}
VOICES = "tests.processes.odd_voices"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSystem]:
    """One system for the tests that leave it whole."""
    # With a real language model: its engine has a process of its own.
    running = RealSystem(tmp_path_factory.mktemp("system"), "llama.engine=llamacpp")
    try:
        running.wait_line("ready ")
        yield running
    finally:
        running.destroy()


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., RealSystem]]:
    """Starts systems that find the odd voices and are gone after the test."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=":")
    monkeypatch.setenv(FIRST_TIME_FILE, str(tmp_path / "first-time"))
    started: list[RealSystem] = []

    def begin(*settings: str) -> RealSystem:
        started.append(RealSystem(tmp_path, *settings))
        return started[-1]

    yield begin
    for one in started:
        one.destroy()


def freezes(system: RealSystem) -> dict[str, int]:
    return {one["name"]: one["freezes"] for one in system.status()["services"]}


def wait_replaced(system: RealSystem, name: str, old: psutil.Process) -> float:
    """Wait until a service is ready in a new process; how long that took, in seconds."""

    def is_back() -> bool:
        [service] = [one for one in system.status()["services"] if one["name"] == name]
        return service["state"] == "ready" and service["pid"] != old.pid

    return wait_until(is_back, f"{name} is back")


@pytest.mark.parametrize("name", ["outbound", "whisper"])
def test_a_stopped_service_is_killed_and_started_again_with_its_engine(system: RealSystem, name: str) -> None:
    before, counted = system.children(), freezes(system)
    family = [before[name], *before[name].children(recursive=True)]
    assert (len(family) > 1) == (name == "whisper")
    before[name].send_signal(signal.SIGSTOP)
    print(f"{name}, stopped, was ready again after {wait_replaced(system, name, before[name]):.1f} s")
    assert [process for process in family if is_alive(process)] == []
    after = system.children()
    assert {one for one in SERVICES if after[one] != before[one]} == {name}
    assert freezes(system) == {**counted, name: counted[name] + 1}
    text = rf"ERROR supervisor {name} \(pid {before[name].pid}\) was stopped \(state T\) for [\d.]+ s: killing it"
    assert len(re.findall(text, system.output)) == 1
    shown = steadyline(*with_settings(system.settings), "status").stdout
    [line] = [line for line in shown.splitlines() if line.startswith(f"{name} ")]
    assert "(1 frozen)" in line


@pytest.mark.parametrize("name", ["whisper", "llama"])
def test_a_stopped_engine_is_replaced_together_with_its_service(system: RealSystem, name: str) -> None:
    before, counted = system.children(), freezes(system)
    [engine] = before[name].children()
    engine.send_signal(signal.SIGSTOP)
    print(f"{name}, its engine stopped, was ready again after {wait_replaced(system, name, before[name]):.1f} s")
    assert not is_alive(engine)
    after = system.children()
    assert {one for one in SERVICES if after[one] != before[one]} == {name}
    assert freezes(system) == {**counted, name: counted[name] + 1}
    assert "steadyline: the engine's process was stopped (state T) for" in system.output


def test_a_supervisor_that_was_stopped_itself_kills_nobody(system: RealSystem) -> None:
    before = {name: process.pid for name, process in system.children().items()}
    system.process.send_signal(signal.SIGSTOP)
    # Longer than any service may be silent; there is nothing to be seen meanwhile.
    with pytest.raises(psutil.TimeoutExpired):
        psutil.Process(system.process.pid).wait(6.0)
    system.process.send_signal(signal.SIGCONT)
    wait_until(lambda: all(one["restarts"] is not None for one in system.status()["services"]), "it goes on")
    assert {name: process.pid for name, process in system.children().items()} == before


def test_the_lines_of_every_service_come_through(system: RealSystem) -> None:
    for name in SERVICES:
        pattern = rf"^\d{{4}}-\d\d-\d\d [\d:.]+ INFO {name} {name} started$"
        starts = [line for line in system.lines if re.match(pattern, line)]
        restarts = [line for line in system.lines if f"supervisor {name} " in line and "starting it again" in line]
        assert len(starts) == len(restarts) + 1, system.output


def test_a_service_that_runs_but_does_not_answer_is_killed_too(start: Callable[..., RealSystem]) -> None:
    system = start(f"tts.engine={VOICES}:HangingVoice")
    system.wait_line("ready ")
    # Its event loop wakes every 5 ms to ask for the lock: on a busy machine it may be seen waiting for a core just then.
    found = r"ERROR supervisor tts \(pid \d+\) ran \(state [SR]\) but did not answer for [\d.]+ s"
    assert re.search(found, system.output), system.output
    assert freezes(system)["tts"] == 1


def test_a_service_that_fails_again_and_again_is_given_up_and_the_others_go_on(
    start: Callable[..., RealSystem],
) -> None:
    system = start("supervisor.restart_budget=1", "supervisor.stable_after_s=3600", "supervisor.restart_window_s=3600")
    system.wait_line("ready ")
    before = system.children()
    for _ in range(2):
        children = system.children()
        children["outbound"].kill()
        wait_until(lambda: not is_alive(children["outbound"]), "outbound is dead")  # noqa: B023
        if "FATAL" not in system.output:
            wait_until(lambda: "FATAL" in system.output or answers(system, "outbound"), "it is back or given up")
    [line] = [line for line in system.lines if "FATAL" in line]
    verdict = "failed 2 times within 3600 s of running; killed by signal 9"
    assert line.endswith(f"outbound is FATAL and not started again: it {verdict}. Its last lines:")
    told = system.lines[system.lines.index(line) + 1]
    assert told.startswith("    ") and "outbound" in told
    by_name = {service["name"]: service for service in system.status()["services"]}
    outbound = by_name["outbound"]
    assert (outbound["state"], outbound["restarts"]) == (f"FATAL: {verdict}", 1)
    assert any(line.endswith("INFO outbound outbound started") for line in outbound["last_lines"])
    shown = steadyline(*with_settings(system.settings), "status")
    assert shown.returncode == 1 and outbound["last_lines"][0] in shown.stdout
    after = {name: service["pid"] for name, service in by_name.items() if name != "outbound"}
    assert after == {name: process.pid for name, process in before.items() if name != "outbound"}
    assert by_name["whisper"]["state"] == "ready"
    system.end(signal.SIGTERM)
    assert system.process.returncode == 0


def answers(system: RealSystem, name: str) -> bool:
    return any(one["name"] == name and one["uptime_s"] is not None for one in system.status()["services"])


def test_before_it_was_ever_ready_a_service_that_is_given_up_ends_all_of_it(start: Callable[..., RealSystem]) -> None:
    system = start(f"tts.engine={VOICES}:CrashingVoice", "supervisor.restart_budget=1")
    children: set[psutil.Process] = set()
    wait_until(lambda: children.update(system.descendants()) or "FATAL" in system.output, "it is given up")
    assert system.process.wait(DEADLOCK_S) == 2
    wait_until(lambda: "cannot run" in system.output, "the reason was printed")
    assert [process for process in children if is_alive(process)] == []
    assert system.lines[-1] == "steadyline: cannot run: tts; its last lines above say why"
    assert system.lines.count("❌ this voice is broken") == 2
    assert system.lines.count("    ❌ this voice is broken") == 2


def test_a_service_under_systemd_says_when_it_is_up_alive_and_stopping(tmp_path: Path) -> None:
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(tmp_path / "notify"))
    manager.settimeout(DEADLOCK_S)
    told = iter(lambda: manager.recv(100).decode(), "")
    environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "300000"}
    command = [sys.executable, "-m", "steadyline", *with_settings(free_port_settings()), "outbound"]
    process = subprocess.Popen(command, env={**os.environ, **environment}, stderr=subprocess.DEVNULL)
    try:
        assert [next(told) for _ in range(4)] == ["READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]
        process.send_signal(signal.SIGTERM)
        assert next(text for text in told if text != "WATCHDOG=1") == "STOPPING=1"
        assert process.wait(DEADLOCK_S) == 0
    finally:
        process.kill()
        process.wait(DEADLOCK_S)
        manager.close()
