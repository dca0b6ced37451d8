"""Long lists out of the journal: pages of calls, waits and spans of the last hours. Each walks an index and has a limit."""

import sqlite3

from steadyline.calls.records import CallSummary, Wait

PAGE_QUERY = """SELECT call_uuid, call_id, peer, codec, started_at, answered_at, ended_at, end_reason,
    (SELECT count(*) FROM turns WHERE turns.call_uuid = calls.call_uuid)
    FROM calls WHERE (started_at, call_uuid) < (?, ?) ORDER BY started_at DESC, call_uuid DESC LIMIT ?"""
WAITS_QUERY = """SELECT timings.name, timings.ms
    FROM calls JOIN timings ON timings.call_uuid = calls.call_uuid
    WHERE calls.started_at >= ? AND calls.started_at < ? ORDER BY calls.started_at DESC LIMIT ?"""
SPANS_QUERY = """SELECT started_at, coalesce(ended_at, started_at) FROM calls
    WHERE started_at >= ? ORDER BY started_at DESC LIMIT ?"""
ENDLESS = (float("inf"), "")
"""After the latest call: where the first page begins."""


def page_of_calls(connection: sqlite3.Connection, before: tuple[float, str], limit: int) -> list[CallSummary]:
    """Up to `limit` calls before (`started_at`, `call_uuid`), the latest first."""
    return [CallSummary(*row) for row in connection.execute(PAGE_QUERY, (*before, limit))]


def waits_between(connection: sqlite3.Connection, since: float, until: float, limit: int) -> list[Wait]:
    """Up to `limit` timings of calls that began in that time (Unix seconds), those of the latest calls first."""
    return connection.execute(WAITS_QUERY, (since, until, limit)).fetchall()


def spans_since(connection: sqlite3.Connection, since: float, limit: int) -> list[tuple[float, float]]:
    """Begin and end, Unix seconds, of up to `limit` calls that began since then; of one without an end its begin twice."""
    return connection.execute(SPANS_QUERY, (since, limit)).fetchall()
