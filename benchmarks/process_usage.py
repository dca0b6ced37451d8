"""Memory and CPU time of processes and their children, from /proc (Linux, proc(5))."""

import re
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psutil

K = TypeVar("K")
Shares = dict[str, float]


@dataclass(frozen=True)
class Memory:
    """Memory of a process and its children, bytes.

    Attributes:
        rss_bytes: resident set; pages that processes share are counted in each.
        pss_bytes: proportional set; shared pages are divided among those who share them, so that sums are true.
    """

    rss_bytes: int
    pss_bytes: int


def family(pid: int) -> list[int]:
    """A process and all below it."""
    process = psutil.Process(pid)
    return [pid, *(child.pid for child in process.children(recursive=True))]


def memory_of(pids: Iterable[int]) -> Memory:
    """Memory of these processes together; one that has ended meanwhile counts nothing."""
    rss_kb = pss_kb = 0
    for pid in pids:
        with suppress(ProcessLookupError, FileNotFoundError):
            rollup = dict(
                re.findall(r"^(\w+):\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
            )
            rss_kb += int(rollup["Rss"])
            pss_kb += int(rollup["Pss"])
    return Memory(rss_kb * 1024, pss_kb * 1024)


def core_wait_seconds(pid: int, thread: int) -> float:
    """How long a thread could have run and got no core, since it began (/proc/PID/task/TID/schedstat, nanoseconds)."""
    return int(Path(f"/proc/{pid}/task/{thread}/schedstat").read_text().split()[1]) / 1e9


def cpu_seconds(pids: Iterable[int]) -> dict[int, float]:
    """CPU time (user and system) of each process so far, seconds; /proc/PID/stat counts in hundredths."""
    seconds = {}
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            times = psutil.Process(pid).cpu_times()
            seconds[pid] = times.user + times.system
    return seconds


def families(pids: dict[str, int], supervisor: int) -> dict[str, list[int]]:
    """The processes of each service by its name: what is below a service counts for it, the services not for the supervisor."""
    return {name: [pid] if pid == supervisor else family(pid) for name, pid in pids.items()}


def percent_of_a_core(parts: dict[K, list[int]], window_s: float) -> dict[K, float]:
    """Processor time of each of the parts from now on for `window_s`, in percent of a core."""
    began_at, before = time.monotonic(), {name: cpu_seconds(pids) for name, pids in parts.items()}
    time.sleep(window_s)
    elapsed_s, after = time.monotonic() - began_at, {name: cpu_seconds(pids) for name, pids in parts.items()}
    return {
        name: round(sum(after[name][pid] - spent for pid, spent in before[name].items()) / elapsed_s * 100, 3)
        for name in parts
    }
