"""Processor, memory and clock."""

import os
import platform
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from steadyline.config import Config
from steadyline.doctor.finding import Finding

NEEDED_BYTES = 1_500_000_000
"""The whole system with the default models (docs/benchmarks.md)."""
OLDEST_SANE_UNIX_S = 1_735_689_600
"""2025-01-01: a clock that shows less was never set."""
CPUINFO = Path("/proc/cpuinfo")
CGROUP = Path("/sys/fs/cgroup")
SLEEPS, SLEEP_S = 20, 0.01
LATE_S = 0.05
"""Later than this eats most of the 80 ms that are kept queued in the gateway."""


def check_processor(config: Config, running: Mapping[int, str]) -> list[Finding]:
    """Cores that we may use, and the vector instructions that the engines are quick with."""
    cores, features = len(os.sched_getaffinity(0)), cpu_features()
    text = f"{cores} core{'s' if cores != 1 else ''}, {', '.join(sorted(features)) or 'no vector instructions known'}"
    if platform.machine() == "x86_64" and "avx2" not in features:
        mend = "use a machine with AVX2 (any from 2015 on), or let the virtual machine pass it through"
        text += ": without AVX2 the engines are several times slower or do not start"
        return [Finding("processor", "warning", text, mend)]
    if cores < 2:
        text += ": one core answers slowly, and one call at a time"
        return [Finding("processor", "warning", text, "give it two cores or more")]
    return [Finding("processor", "ok", text)]


def cpu_features() -> set[str]:
    """Those vector instruction sets of this processor that matter to the engines."""
    with suppress(OSError):
        for line in CPUINFO.read_text().splitlines():
            name, _, flags = line.partition(":")
            if name.strip() in ("flags", "Features"):
                wanted = {
                    "avx",
                    "avx2",
                    "fma",
                    "avx512f",
                    "avx512_vnni",
                    "avx_vnni",
                    "amx_int8",
                    "asimd",
                    "asimddp",
                    "sve",
                }
                return wanted & set(flags.split())
    return set()


def check_memory(config: Config, running: Mapping[int, str]) -> list[Finding]:
    """What is free, in this container if it is one."""
    available, swap = available_bytes(), psutil.swap_memory()
    text = f"{available / 1e9:.1f} GB available, {swap.used / 1e9:.1f} of {swap.total / 1e9:.1f} GB swap used"
    if running:
        return [Finding("memory", "ok", f"{text}; the system runs already")]
    if available < NEEDED_BYTES:
        text += f", the system takes about {NEEDED_BYTES / 1e9:.1f} GB; swapping is heard as gaps"
        mend = "end other programs, or set whisper.model to whisper-tiny.en"
        return [Finding("memory", "warning", text, mend)]
    return [Finding("memory", "ok", text)]


def available_bytes() -> int:
    """Memory that can be had without swapping: the machine's, or less where a control group limits it."""
    available = int(psutil.virtual_memory().available)
    with suppress(OSError, ValueError):  # no cgroup v2, or "max"
        limit = int((CGROUP / "memory.max").read_text())
        available = min(available, limit - int((CGROUP / "memory.current").read_text()))
    return available


def check_clock(config: Config, running: Mapping[int, str]) -> list[Finding]:
    """Date for the journal and TLS; timers that keep 20 ms frames."""
    shown = time.strftime("%Y-%m-%d %H:%M:%S %Z")
    if time.time() < OLDEST_SANE_UNIX_S:
        text = f"it shows {shown}: the journal gets wrong times, and TLS certificates are not valid yet"
        return [Finding("clock", "warning", text, "set the clock (timedatectl set-ntp true)")]
    late_s = timer_lateness_s()
    text = f"{shown}, timers at most {late_s * 1000:.1f} ms late"
    if late_s > LATE_S:
        return [Finding("clock", "warning", f"{text}: gaps may be heard", "end other programs, or give it more cores")]
    return [Finding("clock", "ok", text)]


def timer_lateness_s() -> float:
    """How much later than asked for the worst of a few short sleeps ended."""
    worst_s = 0.0
    for _ in range(SLEEPS):
        started_at = time.monotonic()
        time.sleep(SLEEP_S)
        worst_s = max(worst_s, time.monotonic() - started_at - SLEEP_S)
    return worst_s
