"""The journal: what was heard, what was said, when, and why it ended. One row per call, turn, clause and event.

The gateway writes calls, llama writes turns and clauses, whoever has something to tell writes events; all share one SQLite
file. It is also what a restarted llama goes on from: a turn is journaled before it is answered, a clause before it is sent.
Everything here blocks for the time of one small write; services call it from a thread.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from steadyline.calls.database import Database, JournalConflictError, JournalError
from steadyline.calls.reader import JournalReader, committed_through, read_only
from steadyline.calls.schema import TABLES_OF_CALLS

__all__ = ["Journal", "JournalConflictError", "JournalError", "JournalReader", "read_only"]


class Journal(JournalReader):
    """The journal, to write and to read. Not for two threads at the same moment; several processes may each have one.

    All times (`at`, `started_at`) are Unix seconds. Writing the same thing twice does no harm: a service that was
    restarted in between need not know what it had written.

    Args:
        path: the SQLite file; missing folders are made with mode 0700, the file with 0600. A damaged file is set aside
            as `<name>.corrupt-<time>` with a warning, and a fresh one begun.
        store_text: keep what was said after a call has ended. If not, the words are erased when it ends; while it
            lives they are needed to repair it.

    Raises:
        JournalError: here and by every method, when the file cannot be opened, read or written (disk full, read-only,
            locked for more than 5 s). Nothing of what the method was to write is in the journal then; later calls
            succeed as soon as the cause is gone.
    """

    def __init__(self, path: Path, *, store_text: bool = True, now: Callable[[], float] = time.time) -> None:
        super().__init__(Database(path, now=now))
        self._store_text = store_text

    def __enter__(self) -> "Journal":
        return self

    def call_started(
        self, call_uuid: str, call_id: int, sip_call_id: str, peer: str, codec: str, started_at: float
    ) -> None:
        """An INVITE was taken; `sip_call_id` is its Call-ID header, `peer` the caller's SIP address."""
        self._write(
            "INSERT INTO calls (call_uuid, call_id, sip_call_id, peer, codec, started_at) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT DO NOTHING",
            (call_uuid, call_id, sip_call_id, peer, codec, started_at),
        )

    def call_answered(self, call_uuid: str, at: float, codec: str) -> None:
        """The call was answered (200 OK) with this codec."""
        self._write(
            "UPDATE calls SET answered_at = coalesce(answered_at, ?), codec = ? WHERE call_uuid = ?",
            (at, codec, call_uuid),
        )

    def call_ended(self, call_uuid: str, at: float, reason: str) -> None:
        """The call is over; the first reason that is given stays."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE calls SET ended_at = ?, end_reason = ? WHERE call_uuid = ? AND ended_at IS NULL",
                (at, reason, call_uuid),
            )
            if not self._store_text:
                connection.execute("UPDATE turns SET text = NULL WHERE call_uuid = ?", (call_uuid,))
                connection.execute("UPDATE clauses SET text = NULL WHERE call_uuid = ?", (call_uuid,))

        self._database.run(work, write=True)
        if not self._store_text:
            self._database.fold()

    def turn_heard(
        self, call_uuid: str, turn: int, start_sample: int, end_sample: int, text: str, language: str, at: float
    ) -> bool:
        """Journal a turn that is final, and with it commit the caller's audio through `end_sample`.

        A turn that begins before what is committed is journaled from there on, so that ranges never overlap: the
        pre-roll of an utterance may reach into the one before.

        Args:
            turn: 1, 2, … in the order of the call; 0 is the greeting's.
            start_sample, end_sample: gateway's sample index at 16 kHz, end exclusive.

        Returns:
            False when the range is committed already, whatever the words: a replay. Nothing is written then.

        Raises:
            JournalConflictError: `turn` is journaled already with another range.
            ValueError: an empty or negative range, or a turn below 1.
        """
        if turn < 1 or not 0 <= start_sample < end_sample:
            raise ValueError(
                f"turn {turn} of samples {start_sample} to {end_sample}: wanted turn >= 1, 0 <= start < end"
            )

        def work(connection: sqlite3.Connection) -> bool:
            committed = committed_through(connection, call_uuid)
            if end_sample <= committed:
                return False
            start = max(start_sample, committed)
            kept = self._kept(connection, call_uuid, text)
            connection.execute(
                "INSERT INTO turns (call_uuid, turn, start_sample, end_sample, text, language, heard_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (call_uuid, turn, start, end_sample, kept, language, at),
            )
            return True

        return self._database.run(work, write=True)

    def clause_written(self, call_uuid: str, turn: int, clause: int, text: str, at: float) -> None:
        """Journal a clause of an answer, before it is sent to be spoken. A clause keeps its first text."""

        def work(connection: sqlite3.Connection) -> None:
            kept = self._kept(connection, call_uuid, text)
            connection.execute(
                "INSERT INTO clauses (call_uuid, turn, clause, text, written_at) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT DO NOTHING",
                (call_uuid, turn, clause, kept, at),
            )

        self._database.run(work, write=True)

    def answer_finished(self, call_uuid: str, turn: int, clauses: int, at: float, *, ends_call: bool = False) -> None:
        """The answer of `turn` is complete with this number of clauses; fewer than were written when it was cut short.

        `ends_call`: the call is to end when it was heard.
        """
        self._write(
            "INSERT INTO answers (call_uuid, turn, clauses, finished_at, ends_call) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET clauses = excluded.clauses, finished_at = excluded.finished_at, "
            "ends_call = excluded.ends_call",
            (call_uuid, turn, clauses, at, ends_call),
        )

    def clause_heard(self, call_uuid: str, turn: int, clause: int, sample: int, samples: int | None = None) -> None:
        """The clause was played up to `sample` of `samples` (its own, at the line's rate, exclusive); never goes back."""
        self._write(
            "UPDATE clauses SET heard_samples = max(coalesce(heard_samples, 0), ?), samples = coalesce(?, samples) "
            "WHERE call_uuid = ? AND turn = ? AND clause = ?",
            (sample, samples, call_uuid, turn, clause),
        )

    def turn_timing(self, call_uuid: str, turn: int, name: str, ms: float) -> None:
        """A measured duration of a turn, e.g. `"voice_to_voice"`, in milliseconds; the last one of a name counts."""
        self._write(
            "INSERT INTO timings (call_uuid, turn, name, ms) VALUES (?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET ms = excluded.ms",
            (call_uuid, turn, name, ms),
        )

    def event(self, call_uuid: str | None, service: str, kind: str, detail: Mapping[str, object], at: float) -> None:
        """Something that happened, e.g. kind `"digit"`; `detail` is what JSON can hold, and no words that were said."""
        self._write(
            "INSERT INTO events (call_uuid, service, kind, detail, at) VALUES (?, ?, ?, ?, ?)",
            (call_uuid, service, kind, json.dumps(dict(detail), ensure_ascii=False), at),
        )

    def digit_pressed(self, call_uuid: str, detail: Mapping[str, object], at: float) -> None:
        """The caller pressed a key: an event of kind `"digit"`; the same `detail["sample"]` a second time is a replay."""
        self._write(
            "INSERT INTO events (call_uuid, service, kind, detail, at) SELECT ?1, 'llama', 'digit', ?2, ?3 WHERE NOT EXISTS "
            "(SELECT 1 FROM events WHERE call_uuid = ?1 AND kind = 'digit' AND json_extract(detail, '$.sample') = ?4)",
            (call_uuid, json.dumps(dict(detail)), at, detail["sample"]),
        )

    def forget_call(self, call_uuid: str) -> None:
        """Delete everything about a call that is over; the words are erased from the file as well."""

        def work(connection: sqlite3.Connection) -> None:
            for table in TABLES_OF_CALLS:
                connection.execute(f"DELETE FROM {table} WHERE call_uuid = ?", (call_uuid,))

        self._database.run(work, write=True)
        self._database.fold()

    def _write(self, statement: str, parameters: tuple[object, ...]) -> None:
        self._database.run(lambda connection: connection.execute(statement, parameters), write=True)

    def _kept(self, connection: sqlite3.Connection, call_uuid: str, text: str) -> str | None:
        """The text to store: none for what arrives after the end of a call whose texts were erased."""
        if self._store_text:
            return text
        query = "SELECT 1 FROM calls WHERE call_uuid = ? AND ended_at IS NOT NULL"
        return None if connection.execute(query, (call_uuid,)).fetchone() else text
