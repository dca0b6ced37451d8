"""How busy the machine is that something is measured on, and where the repository is."""

from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
QUIET_PERCENT = 10.0
"""A machine that is busier than this before a measurement begins is used by somebody else."""
WATCH_S = 3.0


def busy_percent() -> float:
    """How busy all cores together are while nothing is measured, watched for 3 s."""
    return psutil.cpu_percent(interval=WATCH_S)
