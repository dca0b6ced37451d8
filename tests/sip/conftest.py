"""Fixtures for calls between real SIP stacks on loopback."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.softphone import Softphone, write_certificate, write_tone
from tests.sip.agent_process import AgentProcess, free_block
from tests.sip.raw_caller import RawCaller

TONE_HZ = 600.0


@pytest.fixture(scope="session")
def tone_wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One and a half seconds of 600 Hz."""
    return write_tone(tmp_path_factory.mktemp("tone") / "tone.wav", TONE_HZ, 1.5)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_certificate(tmp_path_factory.mktemp("tls") / "agent.pem")


@pytest.fixture
def softphone(tmp_path: Path) -> Iterator[Softphone]:
    base = free_block()
    phone = Softphone(tmp_path / "phone", base, base + 20)
    yield phone
    phone.kill()


@pytest.fixture(scope="session")
def shared_echo_agent() -> Iterator[AgentProcess]:
    agent = AgentProcess()
    yield agent
    assert agent.stop() == 0


@pytest.fixture
def echo_agent(shared_echo_agent: AgentProcess) -> AgentProcess:
    """An echo agent with default settings, the same one for all tests."""
    shared_echo_agent.forget()
    return shared_echo_agent


@pytest.fixture
def start_agent() -> Iterator[Callable[..., AgentProcess]]:
    """Starts agents and stops them in the end; each must leave without an error."""
    agents: list[AgentProcess] = []

    def start(mode: str = "echo", **settings: Any) -> AgentProcess:
        agents.append(AgentProcess(mode, **settings))
        return agents[-1]

    yield start
    assert [agent.stop() for agent in agents] == [0] * len(agents)


@pytest.fixture
def sipp(tmp_path: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Runs a SIPp scenario against a port; SIPp ends with an error on any message that is not in the scenario."""

    def run(scenario: str, port: int, calls: int = 1) -> "subprocess.CompletedProcess[str]":
        base = free_block()
        source = ["-sn", "uac"] if scenario == "uac" else ["-sf", str(Path(__file__).parent / "scenarios" / scenario)]
        ports = ["-i", "127.0.0.1", "-p", str(base), "-mp", str(base + 20)]
        limits = ["-m", str(calls), "-l", str(calls), "-d", "800", "-timeout", "15", "-timeout_error"]
        command = ["sipp", f"127.0.0.1:{port}", *source, *ports, *limits, "-nostdin", "-trace_err"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=30)

    return run


@pytest.fixture
def raw_caller() -> Iterator[Callable[[int], RawCaller]]:
    """Makes callers by hand for an agent's port."""
    callers: list[RawCaller] = []

    def make(agent_port: int) -> RawCaller:
        callers.append(RawCaller(agent_port, free_block()))
        return callers[-1]

    yield make
    for caller in callers:
        caller.close()
