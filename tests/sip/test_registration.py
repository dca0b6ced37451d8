"""Registration with a PBX (Kamailio, digest), and calls through it."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.e2e.pbx import PASSWORD, Pbx
from tests.e2e.softphone import Softphone
from tests.sip.agent_process import AgentProcess, free_block

from steadyline.sip.registration import retry_delay_s

StartAgent = Callable[..., AgentProcess]


@pytest.fixture
def pbx(tmp_path: Path) -> Iterator[Pbx]:
    pbx = Pbx(tmp_path / "pbx", free_block())
    yield pbx
    pbx.stop()


@pytest.mark.parametrize("transport", ["", ";transport=tcp"])
def test_a_call_through_the_pbx_reaches_us_again_after_its_restart(
    start_agent: StartAgent, pbx: Pbx, softphone: Softphone, tone_wav: Path, transport: str
) -> None:
    pbx.start()
    registrar = {"registrar": pbx.address + transport, "registrar_user": "bob", "registrar_password": PASSWORD}
    agent = start_agent(**registrar, register_interval_s=3)
    agent.expect("registration", state="registered")
    assert softphone.call(f"sip:bob@{pbx.address}", tone_wav, 2).established
    pbx.stop()
    pbx.start()
    pbx.wait_registered("bob")
    assert softphone.call(f"sip:bob@{pbx.address}", tone_wav, 2).established
    agent.expect("closed")
    agent.expect("closed")


def test_a_pbx_that_starts_later_is_found(start_agent: StartAgent, pbx: Pbx) -> None:
    registrar = {"registrar": pbx.address + ";transport=tcp", "registrar_user": "bob", "registrar_password": PASSWORD}
    agent = start_agent(**registrar)
    agent.expect("registration", state="failed: Connection refused [111]")
    pbx.start()
    agent.expect("registration", state="registered")
    assert agent.stop() == 0
    pbx.wait_for_log("REGISTERED bob expires=0")


@pytest.mark.parametrize("dead_s", [0.0, 2.0])
def test_the_agent_leaves_cleanly_when_the_pbx_is_dead(start_agent: StartAgent, pbx: Pbx, dead_s: float) -> None:
    """With an un-REGISTER and a renewal both unanswered, the stack aborts at exit (baresip 4.10)."""
    pbx.start()
    registrar = {"registrar": pbx.address, "registrar_user": "bob", "registrar_password": PASSWORD}
    agent = start_agent(**registrar, register_interval_s=2)
    agent.expect("registration", state="registered")
    pbx.stop()
    time.sleep(dead_s)
    assert agent.stop() == 0


def test_a_wrong_password_is_named(start_agent: StartAgent, pbx: Pbx) -> None:
    pbx.start()
    agent = start_agent(registrar=pbx.address, registrar_user="bob", registrar_password="wrong")
    agent.expect("registration", state="failed: 401 Unauthorized")


def test_the_delay_between_attempts_is_capped_and_long_after_a_rejection() -> None:
    assert [retry_delay_s(failures, rejected=False) for failures in range(1, 8)] == [1, 2, 4, 8, 16, 20, 20]
    assert retry_delay_s(1, rejected=True) == 20
