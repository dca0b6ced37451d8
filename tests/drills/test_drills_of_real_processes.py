"""Quick forms of the drills with real processes; `make drills` runs the whole ones.

No time is asserted: what counts is what the callers heard and what is left behind.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

DEADLOCK_S = 280.0
"""No test asserts speed; this only ends one that hangs."""

CELLS = [
    "inbound/speaking/kill",
    "whisper/transcribing/kill",
    "llama/playback/kill",
    "tts/first-clause/kill",
    "outbound/playback/kill",
    "two/llama+outbound/playback",
]


def drill(*arguments: str) -> tuple[int, dict[str, Any]]:
    """Run a drill as a user does; its status and what it printed with `--json`."""
    command = [sys.executable, "-m", "steadyline", "drill", *arguments, "--json"]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=DEADLOCK_S)
    return result.returncode, json.loads(result.stdout)


def test_every_word_is_heard_once_whoever_is_killed(tmp_path: Path) -> None:
    cells = [option for cell in CELLS for option in ("--cells", cell)]
    _, result = drill("kills", "--baseline", "3", "--lanes", "2", "--out", str(tmp_path), *cells)
    assert result == json.loads((tmp_path / "drill-kills.json").read_text())
    [run] = result["runs"]
    assert [one["name"] for one in run["outcomes"]] == CELLS
    for one in run["outcomes"]:
        assert one["passed"] and one["is_hit"], f"{one['name']}: {one['reason']}\n" + "\n".join(one["log"])
        assert all(victim["back_after_s"] > 0 for victim in one["victims"])
    page = (tmp_path / "drill-kills.html").read_text()
    assert page.count("<rect") == 50 and "5 of 5 cells" in page and "1 of 1 faults apart" in page


STARTS_A_SYSTEM = """
import asyncio, sys
from pathlib import Path
from steadyline.drills.real_system import RealSystem
from steadyline.drills.tone_engines import ENGINE_SETTINGS

async def main():
    system = RealSystem(Path(sys.argv[1]), ENGINE_SETTINGS)
    await system.start()
    print(*(await system.pids()).values(), flush=True)
    await asyncio.sleep(1000)

asyncio.run(main())
"""


def test_a_drill_that_is_killed_takes_its_system_along(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTS_A_SYSTEM, str(tmp_path)]
    drilling = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert drilling.stdout is not None
    pids = [int(pid) for pid in drilling.stdout.readline().split()]
    assert len(pids) == 7
    supervisor = psutil.Process(drilling.pid).children()[0].pid
    drilling.kill()
    drilling.communicate()
    _, alive = psutil.wait_procs([psutil.Process(pid) for pid in (supervisor, *pids) if psutil.pid_exists(pid)], 60)
    assert alive == []


def test_nothing_is_left_after_many_calls_and_kills(tmp_path: Path) -> None:
    options = ["--calls", "24", "--at-once", "3", "--kill-every", "6", "--out", str(tmp_path)]
    status, result = drill("soak", *options)
    assert result["faults"] == []
    assert (status, result["calls"], result["complete"]) == (0, 24, 24)
    assert sum(result["kills"].values()) == 4
    assert "24 of 24 calls complete" in (tmp_path / "drill-soak.html").read_text()
