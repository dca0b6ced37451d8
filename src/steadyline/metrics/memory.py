"""How much memory this process has in use, as the kernel counts it: proc_pid_statm(5)."""

import os
from pathlib import Path

_STATM = Path("/proc/self/statm")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def resident_memory_bytes() -> float:
    """Resident memory of this process; NaN where the kernel does not tell."""
    try:
        return float(_STATM.read_text().split()[1]) * _PAGE_BYTES
    except (OSError, IndexError, ValueError):
        return float("nan")
