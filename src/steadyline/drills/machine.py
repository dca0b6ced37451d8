"""Where and of what something was measured: without it a number means nothing."""

import platform
import re
import subprocess
from pathlib import Path
from typing import Any

import psutil

SOURCES = Path(__file__).parents[1]


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


def commit() -> str:
    """The commit that is measured, with "+" when the sources differ from it; "unknown" outside of a checkout."""
    name = _git("rev-parse", "--short=12", "HEAD")
    return f"{name}+" if _git("status", "--porcelain", "--", ".") else name


def _cpu_model() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.processor() or "unknown"


def _git(*arguments: str) -> str:
    try:
        return subprocess.run(
            ["git", *arguments], cwd=SOURCES, capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
