"""Drills that compute in several processes leave none of them behind."""

import subprocess
import sys
import time
from pathlib import Path

import psutil

WORKS_FOR_LONG = """
import time
from pathlib import Path
from steadyline.drills.processes import in_processes
if __name__ == "__main__":
    print("begun", flush=True)
    for _ in in_processes(2, time.sleep, [(600,), (600,)]):
        pass
"""
DEADLOCK_S = 30


def test_whoever_ends_a_drill_ends_its_processes(tmp_path: Path) -> None:
    script = tmp_path / "works.py"
    script.write_text(WORKS_FOR_LONG)
    drill = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE)
    try:
        deadline = time.monotonic() + DEADLOCK_S
        workers: list[psutil.Process] = []
        while len(workers) < 2 and time.monotonic() < deadline:
            time.sleep(0.2)
            workers = [one for one in psutil.Process(drill.pid).children() if "spawn_main" in " ".join(one.cmdline())]
        assert len(workers) == 2
        time.sleep(2)
    finally:
        drill.kill()
        drill.wait()
    _, alive = psutil.wait_procs(workers, timeout=DEADLOCK_S)
    assert not alive
