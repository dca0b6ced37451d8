"""Registering with a PBX and being called through it, with digest, and again after the PBX was restarted."""

import time
from pathlib import Path

import pytest
from tests.e2e.pbx import PASSWORD, Pbx
from tests.e2e.questions import CAPITAL
from tests.e2e.system import System
from tests.e2e.test_many_calls import check_answers

REGISTER_DEADLINE_S = 60.0


def wait_registered(system: System) -> None:
    deadline = time.monotonic() + REGISTER_DEADLINE_S
    while True:
        gateway = system.status()["services"][0]
        if gateway["pbx_registration"] == "registered":
            return
        assert time.monotonic() < deadline, gateway
        time.sleep(0.5)


@pytest.mark.e2e
def test_called_through_a_pbx_before_and_after_its_restart(tmp_path: Path, pbx: Pbx) -> None:
    settings = [f"pbx.server={pbx.address}", "pbx.user=agent", f"pbx.password={PASSWORD}", "pbx.register_interval_s=5"]
    with System(tmp_path / "system", *settings) as system:
        wait_registered(system)
        target = ("--target", f"sip:agent@{pbx.address}")
        check_answers(system.call(CAPITAL.path, out=tmp_path / "before", more=target), [CAPITAL])
        pbx.stop()
        pbx.start()
        pbx.wait_registered("agent")
        check_answers(system.call(CAPITAL.path, out=tmp_path / "after", more=target), [CAPITAL])
