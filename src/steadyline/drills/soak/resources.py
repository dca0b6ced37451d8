"""What a system holds: per service and as a whole, so that the end of a soak can be compared with its start."""

import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

import psutil

from steadyline.drills.real_system import RealSystem

JOURNAL_TABLES = ("calls", "turns", "clauses", "answers")
EXACT = ("processes", "descriptors", "threads", "tasks", "ports")
"""What must be the same before and after."""
MEMORY_SLACK_BYTES = 8 << 20
MEMORY_SLACK_PART = 0.1
"""Memory may grow by the larger of the two: allocators keep what was once used."""


@dataclass(frozen=True)
class Held:
    """What one service holds, its engine's process included.

    Attributes:
        processes, descriptors, threads: as the kernel counts them.
        tasks: of the event loop.
        ports: TCP ports that are listened on, and UDP ports that are open.
        rss_bytes: resident memory.
    """

    processes: int
    descriptors: int
    threads: int
    tasks: int
    ports: int
    rss_bytes: int

    def as_dict(self) -> dict[str, int]:
        """Ready for JSON."""
        return asdict(self)


async def held_by(system: RealSystem) -> dict[str, Held]:
    """What each service holds now.

    Raises:
        DrillError: one does not answer.
    """
    return {name: _held(await _resources_of(system, name)) for name in system.services}


async def _resources_of(system: RealSystem, name: str) -> dict[str, Any]:
    status = await system.status_of(name)
    if status is None:
        raise system.failed(f"{name} does not answer")
    return dict(status["resources"])


def _held(resources: dict[str, Any]) -> Held:
    pids = resources["processes"]
    return Held(
        len(pids),
        resources["descriptors"],
        resources["threads"],
        resources["tasks"],
        sum(_ports(pid) for pid in pids),
        resources["rss_bytes"],
    )


def _ports(pid: int) -> int:
    connections = psutil.Process(pid).net_connections(kind="inet")
    return len({one.laddr for one in connections if one.status in (psutil.CONN_LISTEN, psutil.CONN_NONE)})


def differences(before: dict[str, Held], after: dict[str, Held]) -> list[str]:
    """Of what must be the same, what is not, in words."""
    return [
        f"{name}: {field} {getattr(was, field)} before, {getattr(after[name], field)} after"
        for name, was in before.items()
        for field in EXACT
        if getattr(after[name], field) != getattr(was, field)
    ]


def leaks(before: dict[str, Held], after: dict[str, Held]) -> list[str]:
    """What is not as it was, in words."""
    found = differences(before, after)
    for name, was in before.items():
        now = after[name]
        allowed = max(MEMORY_SLACK_BYTES, MEMORY_SLACK_PART * was.rss_bytes)
        if now.rss_bytes > was.rss_bytes + allowed:
            found.append(f"{name}: memory {was.rss_bytes / 2**20:.1f} MB before, {now.rss_bytes / 2**20:.1f} MB after")
    return found


def journal_rows(system: RealSystem) -> dict[str, int]:
    """Rows of the journal's tables, and how many calls in it have not ended."""
    with closing(sqlite3.connect(f"file:{system.config.journal.path}?mode=ro", uri=True)) as database:
        rows = {table: _count(database, f"SELECT count(*) FROM {table}") for table in JOURNAL_TABLES}
        return rows | {"open calls": _count(database, "SELECT count(*) FROM calls WHERE ended_at IS NULL")}


def _count(database: sqlite3.Connection, query: str) -> int:
    return int(database.execute(query).fetchone()[0])
