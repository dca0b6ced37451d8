"""Where and of what something was measured: without it a number means nothing."""

import platform
import re
import subprocess
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[1]
QUIET_PERCENT = 10.0
"""A machine that is busier than this before a measurement begins is used by somebody else."""
WATCH_S = 3.0


def describe_machine() -> dict[str, Any]:
    """CPU model, cores, memory, kernel and Python; nothing that tells whose machine it is."""
    return {
        "cpu": _cpu_model(),
        "cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
    }


def busy_percent() -> float:
    """How busy all cores together are while nothing is measured, watched for 3 s."""
    return psutil.cpu_percent(interval=WATCH_S)


def commit() -> str:
    """The commit that is measured; with "+" when the sources differ from it."""
    name = _git("rev-parse", "--short=12", "HEAD")
    return f"{name}+" if _git("status", "--porcelain", "--", "src") else name


def _cpu_model() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.processor() or "unknown"


def _git(*arguments: str) -> str:
    try:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
