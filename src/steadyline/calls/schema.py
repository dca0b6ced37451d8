"""The journal's tables, and how an older file becomes a newer one.

`PRAGMA user_version` holds how many of `MIGRATIONS` a file has seen. A migration is never edited once released: a change
is a further entry. There are no foreign keys: the services write in whatever order they come up, and a turn is worth
keeping even when the row of its call went with a damaged file.
"""

import sqlite3

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE calls (
            call_uuid TEXT PRIMARY KEY,
            call_id INTEGER NOT NULL,
            sip_call_id TEXT NOT NULL,
            peer TEXT NOT NULL,
            codec TEXT NOT NULL,
            started_at REAL NOT NULL,
            answered_at REAL,
            ended_at REAL,
            end_reason TEXT
        ) WITHOUT ROWID""",
        "CREATE INDEX calls_by_sip_call_id ON calls (sip_call_id)",
        "CREATE INDEX calls_by_call_id ON calls (call_id)",
        "CREATE INDEX calls_by_start ON calls (started_at)",
        "CREATE INDEX calls_open ON calls (started_at) WHERE ended_at IS NULL",
        """CREATE TABLE turns (
            call_uuid TEXT NOT NULL,
            turn INTEGER NOT NULL,
            start_sample INTEGER NOT NULL,
            end_sample INTEGER NOT NULL CHECK (end_sample > start_sample),
            text TEXT,
            language TEXT NOT NULL,
            heard_at REAL NOT NULL,
            PRIMARY KEY (call_uuid, turn)
        ) WITHOUT ROWID""",
        """CREATE TABLE clauses (
            call_uuid TEXT NOT NULL,
            turn INTEGER NOT NULL,
            clause INTEGER NOT NULL,
            text TEXT,
            written_at REAL NOT NULL,
            heard_samples INTEGER,
            PRIMARY KEY (call_uuid, turn, clause)
        ) WITHOUT ROWID""",
        """CREATE TABLE answers (
            call_uuid TEXT NOT NULL,
            turn INTEGER NOT NULL,
            clauses INTEGER NOT NULL,
            finished_at REAL NOT NULL,
            PRIMARY KEY (call_uuid, turn)
        ) WITHOUT ROWID""",
        """CREATE TABLE timings (
            call_uuid TEXT NOT NULL,
            turn INTEGER NOT NULL,
            name TEXT NOT NULL,
            ms REAL NOT NULL,
            PRIMARY KEY (call_uuid, turn, name)
        ) WITHOUT ROWID""",
        """CREATE TABLE events (
            id INTEGER PRIMARY KEY,
            call_uuid TEXT,
            service TEXT NOT NULL,
            kind TEXT NOT NULL,
            detail TEXT NOT NULL,
            at REAL NOT NULL
        )""",
        "CREATE INDEX events_by_call ON events (call_uuid)",
    ),
    ("ALTER TABLE clauses ADD COLUMN samples INTEGER",),
    ("ALTER TABLE answers ADD COLUMN ends_call INTEGER NOT NULL DEFAULT 0",),
    ("CREATE INDEX calls_by_span ON calls (started_at, ended_at)",),
)

TABLES_OF_CALLS = ("turns", "clauses", "answers", "timings", "events", "calls")
"""All of them have a column `call_uuid`."""


def version(connection: sqlite3.Connection) -> int:
    """How many migrations the file has seen; 0 for an empty one."""
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return found


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the file to the newest version in one transaction; the caller made sure that it is not newer than that."""
    if version(connection) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statements in MIGRATIONS[version(connection) :]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
