"""Reading the journal: by the services while they write it, and by the command line beside them."""

import json
import sqlite3
from collections import defaultdict
from pathlib import Path
from typing import Any

from steadyline.calls.database import Database
from steadyline.calls.lists import ENDLESS, page_of_calls, spans_since, waits_between
from steadyline.calls.records import CallRecord, CallSummary, ClauseRecord, EventRecord, TurnRecord, Wait

_CALL_COLUMNS = (
    "call_uuid",
    "call_id",
    "sip_call_id",
    "peer",
    "codec",
    "started_at",
    "answered_at",
    "ended_at",
    "end_reason",
)


class JournalReader:
    """What was journaled. Every method answers from one consistent state of the file.

    Raises:
        JournalError: by every method, when the file cannot be read.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> "JournalReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def committed_through(self, call_uuid: str) -> int:
        """The sample (16 kHz, gateway's index, exclusive) through which the caller's turns are journaled; 0 at first."""
        return self._database.run(lambda connection: committed_through(connection, call_uuid))

    def last_turn(self, call_uuid: str) -> int:
        """The number of the last turn that the caller said; 0, the greeting's number, when they have said nothing."""
        query = "SELECT coalesce(max(turn), 0) FROM turns WHERE call_uuid = ?"
        return self._database.run(lambda connection: int(connection.execute(query, (call_uuid,)).fetchone()[0]))

    def turns(self, call_uuid: str) -> tuple[TurnRecord, ...]:
        """All turns of a call in order, the greeting included; also when the row of the call itself is not there."""
        return self._database.run(lambda connection: _turns(connection, call_uuid))

    def find_call(
        self, *, call_uuid: str | None = None, sip_call_id: str | None = None, call_id: int | None = None
    ) -> CallRecord | None:
        """The call with this key, exactly one of which is given; of calls with the same `call_id` the latest."""
        keys = {"call_uuid": call_uuid, "sip_call_id": sip_call_id, "call_id": call_id}
        given = [(column, value) for column, value in keys.items() if value is not None]
        if len(given) != 1:
            raise TypeError(f"find_call wants one of {', '.join(keys)}, not {len(given)}")
        column, value = given[0]
        found = self._calls(f"WHERE {column} = ? ORDER BY started_at DESC LIMIT 1", (value,))
        return found[0] if found else None

    def recent_calls(self, limit: int, *, since: float = 0.0) -> list[CallRecord]:
        """Up to `limit` calls that began at `since` (Unix seconds) or later, the latest first."""
        return self._calls("WHERE started_at >= ? ORDER BY started_at DESC LIMIT ?", (since, limit))

    def numbered_call(self, number: int) -> CallRecord | None:
        """The call with this place in `recent_calls`, from 1; None when there are not so many."""
        found = self._calls("ORDER BY started_at DESC LIMIT 1 OFFSET ?", (number - 1,))
        return found[0] if found else None

    def calls_beginning_with(self, prefix: str, limit: int) -> list[CallRecord]:
        """Up to `limit` calls whose uuid begins so, the latest first."""
        clause = "WHERE substr(call_uuid, 1, ?) = ? ORDER BY started_at DESC LIMIT ?"
        return self._calls(clause, (len(prefix), prefix, limit))

    def count_calls(self) -> int:
        """How many there are."""
        return self._database.run(
            lambda connection: int(connection.execute("SELECT count(*) FROM calls").fetchone()[0])
        )

    def page_of_calls(self, limit: int, before: tuple[float, str] = ENDLESS) -> list[CallSummary]:
        """Up to `limit` calls before (`started_at`, `call_uuid`), the latest first, without what was said."""
        return self._database.run(lambda connection: page_of_calls(connection, before, limit))

    def waits_between(self, since: float, until: float, limit: int) -> list[Wait]:
        """Up to `limit` timings of turns in calls that began in that time (Unix seconds), of the latest calls first."""
        return self._database.run(lambda connection: waits_between(connection, since, until, limit))

    def spans_since(self, since: float, limit: int) -> list[tuple[float, float]]:
        """Begin and end, Unix seconds, of up to `limit` calls that began since then; of one without an end its begin twice."""
        return self._database.run(lambda connection: spans_since(connection, since, limit))

    def open_calls(self) -> list[CallRecord]:
        """The calls that have not ended, the oldest first. After a gateway's crash its calls are among them."""
        return self._calls("WHERE ended_at IS NULL ORDER BY started_at", ())

    def events(self, limit: int) -> list[EventRecord]:
        """Up to `limit` events of all calls and of the system, the latest first."""
        return self._database.run(lambda connection: list(_events(connection, "ORDER BY id DESC LIMIT ?", limit)))

    def _calls(self, clause: str, parameters: tuple[object, ...]) -> list[CallRecord]:
        def work(connection: sqlite3.Connection) -> list[CallRecord]:
            rows = connection.execute(f"SELECT {', '.join(_CALL_COLUMNS)} FROM calls {clause}", parameters).fetchall()
            return [
                CallRecord(
                    **dict(zip(_CALL_COLUMNS, row, strict=True)),
                    turns=_turns(connection, row[0]),
                    events=_events(connection, "WHERE call_uuid = ? ORDER BY id", row[0]),
                )
                for row in rows
            ]

        return self._database.run(work)


def read_only(path: Path) -> JournalReader:
    """Open a journal to read it while services write it; creates nothing but SQLite's own side files.

    Raises:
        JournalError: the file is not there, is damaged, or has another schema version.
    """
    return JournalReader(Database(path, read_only=True))


def committed_through(connection: sqlite3.Connection, call_uuid: str) -> int:
    """The end of the journaled caller audio, within a transaction that goes on to write."""
    query = "SELECT coalesce(max(end_sample), 0) FROM turns WHERE call_uuid = ?"
    return int(connection.execute(query, (call_uuid,)).fetchone()[0])


def _turns(connection: sqlite3.Connection, call_uuid: str) -> tuple[TurnRecord, ...]:
    # The types of the columns are the schema's; to Python a row is a tuple of anything.
    def rows(columns: str, table: str) -> list[tuple[Any, ...]]:
        query = f"SELECT {columns} FROM {table} WHERE call_uuid = ?"
        return connection.execute(query, (call_uuid,)).fetchall()

    heard = {row[0]: row[1:] for row in rows("turn, start_sample, end_sample, text, language, heard_at", "turns")}
    answers = {row[0]: row[1:] for row in rows("turn, clauses, finished_at, ends_call", "answers")}
    clauses: dict[int, list[ClauseRecord]] = defaultdict(list)
    for row in rows("turn, clause, text, written_at, heard_samples, samples", "clauses"):
        clauses[row[0]].append(ClauseRecord(*row))
    timings: dict[int, dict[str, float]] = defaultdict(dict)
    for turn, name, ms in rows("turn, name, ms", "timings"):
        timings[turn][name] = ms

    def record(turn: int) -> TurnRecord:
        start_sample, end_sample, caller_text, language, heard_at = heard.get(turn, (None,) * 5)
        clause_count, finished_at, ends_call = answers.get(turn, (None, None, 0))
        return TurnRecord(
            turn=turn,
            start_sample=start_sample,
            end_sample=end_sample,
            caller_text=caller_text,
            language=language,
            heard_at=heard_at,
            clauses=tuple(clauses.get(turn, ())),
            clause_count=clause_count,
            ends_call=bool(ends_call),
            finished_at=finished_at,
            timings_ms=timings.get(turn, {}),
        )

    return tuple(record(turn) for turn in sorted({*heard, *answers, *clauses, *timings}))


def _events(connection: sqlite3.Connection, clause: str, parameter: object) -> tuple[EventRecord, ...]:
    query = f"SELECT call_uuid, service, kind, detail, at FROM events {clause}"
    return tuple(
        EventRecord(call_uuid, service, kind, json.loads(detail), at)
        for call_uuid, service, kind, detail, at in connection.execute(query, (parameter,))
    )
