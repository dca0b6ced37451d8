"""How many calls there are, may be, and were refused: in the status, the metrics and the log."""

import logging
from pathlib import Path

import pytest
from tests.services.scenes import SimulatedSystem, answer_to, answered, ask, play, started, until

from steadyline.commands.status_table import table
from steadyline.services.system_status import overview


def sample(system: SimulatedSystem, name: str, **labels: str) -> float | None:
    registry = system.running["gateway"].runtime.metrics.registry
    return registry.get_sample_value(f"steadyline_{name}", {"service": "gateway", **labels})


def shown(system: SimulatedSystem) -> str:
    """The last line of `steadyline status`."""
    answers = {
        name: {
            "pid": 1,
            "state": running.service.state,
            "uptime_s": 1.0,
            "resources": {},
            "faults": [],
            "connections": [],
            "calls": running.service.calls(),
            **(running.service.details() if name == "gateway" else {}),  # type: ignore[attr-defined]
        }
        for name, running in system.running.items()
    }
    return table(overview(answers, None)).splitlines()[-1]


def test_calls_their_limit_and_those_that_were_refused_are_told(
    journal: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        assert (sample(system, "calls"), sample(system, "calls_limit")) == (0, 4)
        call = await answered(system)
        assert sample(system, "calls") == 1
        with caplog.at_level(logging.WARNING, "steadyline.gateway"):
            for number in range(30):
                system.lines["gateway"].refuse(f"sip:late{number}@elsewhere")
        lines = [record.getMessage() for record in caplog.records if "is refused" in record.getMessage()]
        assert lines[0] == "a call from sip:late0@elsewhere is refused: 4 calls, gateway.max_calls, are under way"
        assert len(lines) == 10, "a flood does not fill the log"
        assert sample(system, "calls_refused_total", reason="full") == 30
        assert shown(system) == "1 of 4 calls; 30 refused since the gateway's start"
        assert await ask(call, "alpha") == answer_to("alpha")
        call.hang_up()
        await until(lambda: sample(system, "calls") == 0)

    play(scene, journal)


def test_a_call_that_rings_in_vain_counts_as_refused_too(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await system.start("gateway", "inbound", "outbound")
        call = system.dial()
        await until(call.closed.done)
        assert call.closed.result() == "486 Busy Here"
        assert sample(system, "calls_refused_total", reason="not_ready") == 1
        assert sample(system, "calls") == 0

    play(scene, journal)
