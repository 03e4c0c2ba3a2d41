"""The tables of the store, and the steps from each earlier version to now."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

#: What each version added; the first step makes an empty file version 1, and so on.
STEPS = (
    """
CREATE TABLE packages (
    digest TEXT NOT NULL, process_id TEXT NOT NULL, record BLOB NOT NULL,
    PRIMARY KEY (digest, process_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE processes (
    id TEXT PRIMARY KEY, alias TEXT NOT NULL, digest TEXT NOT NULL, deployed TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX processes_alias ON processes (alias, deployed);
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE, process_id TEXT NOT NULL, digest TEXT NOT NULL,
    status TEXT NOT NULL, message TEXT NOT NULL, progress INTEGER NOT NULL,
    dismissing INTEGER NOT NULL DEFAULT 0, pinned INTEGER NOT NULL DEFAULT 0,
    created TEXT NOT NULL, updated TEXT NOT NULL, started TEXT, finished TEXT,
    request BLOB NOT NULL, idempotency_key TEXT UNIQUE, body_digest TEXT
) STRICT;
CREATE INDEX jobs_status ON jobs (status, number);
CREATE INDEX jobs_process ON jobs (process_id, number);
CREATE INDEX jobs_digest ON jobs (digest);
CREATE TABLE counts (status TEXT PRIMARY KEY, jobs INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TRIGGER jobs_arrive AFTER INSERT ON jobs BEGIN
    INSERT INTO counts VALUES (NEW.status, 1)
        ON CONFLICT (status) DO UPDATE SET jobs = jobs + 1;
END;
CREATE TRIGGER jobs_leave AFTER DELETE ON jobs BEGIN
    UPDATE counts SET jobs = jobs - 1 WHERE status = OLD.status;
END;
CREATE TRIGGER jobs_move AFTER UPDATE OF status ON jobs WHEN NEW.status <> OLD.status BEGIN
    UPDATE counts SET jobs = jobs - 1 WHERE status = OLD.status;
    INSERT INTO counts VALUES (NEW.status, 1)
        ON CONFLICT (status) DO UPDATE SET jobs = jobs + 1;
END;
""",
    # Filters by time and by length, jobs that no list shows, and what is to be told of a job.
    """
ALTER TABLE jobs ADD COLUMN unlisted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN duration REAL
    AS ((julianday(finished) - julianday(started)) * 86400.0) VIRTUAL;
CREATE INDEX jobs_created ON jobs (created);
CREATE INDEX jobs_duration ON jobs (duration);
CREATE INDEX jobs_started ON jobs (started) WHERE finished IS NULL;
CREATE INDEX jobs_unlisted ON jobs (status, finished) WHERE unlisted;
CREATE TABLE tidings (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL, status TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    due TEXT NOT NULL, UNIQUE (job_id, status)
) STRICT;
CREATE INDEX tidings_due ON tidings (due);
CREATE TRIGGER jobs_tell AFTER UPDATE OF status, progress ON jobs
    WHEN NEW.told AND (NEW.status <> OLD.status OR NEW.progress <> OLD.progress) BEGIN
    INSERT INTO tidings (job_id, status, due) VALUES (NEW.id, NEW.status, NEW.updated)
        ON CONFLICT (job_id, status) DO NOTHING;
    DELETE FROM tidings WHERE job_id = NEW.id AND status <> NEW.status;
END;
CREATE TRIGGER jobs_hush AFTER DELETE ON jobs BEGIN
    DELETE FROM tidings WHERE job_id = OLD.id;
END;
""",
    # What a job that has ended occupies.
    """
ALTER TABLE jobs ADD COLUMN job_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN result_bytes INTEGER NOT NULL DEFAULT 0;
""",
    # The queue, in which those go first that a client waits for.
    """
CREATE INDEX jobs_queue ON jobs (status, unlisted DESC, number);
""",
    # Kept counters for lists of one process; no question reads what a million ended jobs left.
    """
CREATE TABLE listed (
    process_id TEXT NOT NULL, status TEXT NOT NULL, jobs INTEGER NOT NULL,
    PRIMARY KEY (process_id, status)
) STRICT, WITHOUT ROWID;
INSERT INTO listed
    SELECT process_id, status, count(*) FROM jobs WHERE NOT unlisted GROUP BY process_id, status;
CREATE TRIGGER listed_arrive AFTER INSERT ON jobs WHEN NOT NEW.unlisted BEGIN
    INSERT INTO listed VALUES (NEW.process_id, NEW.status, 1)
        ON CONFLICT (process_id, status) DO UPDATE SET jobs = jobs + 1;
END;
CREATE TRIGGER listed_leave AFTER DELETE ON jobs WHEN NOT OLD.unlisted BEGIN
    UPDATE listed SET jobs = jobs - 1 WHERE process_id = OLD.process_id AND status = OLD.status;
END;
CREATE TRIGGER listed_move AFTER UPDATE OF status, unlisted ON jobs
    WHEN NEW.status <> OLD.status OR NEW.unlisted <> OLD.unlisted BEGIN
    UPDATE listed SET jobs = jobs - 1
        WHERE NOT OLD.unlisted AND process_id = OLD.process_id AND status = OLD.status;
    INSERT INTO listed SELECT NEW.process_id, NEW.status, 1 WHERE NOT NEW.unlisted
        ON CONFLICT (process_id, status) DO UPDATE SET jobs = jobs + 1;
END;
CREATE INDEX jobs_process_status ON jobs (process_id, status, number);
DROP INDEX jobs_digest;
CREATE INDEX jobs_open ON jobs (digest, process_id) WHERE finished IS NULL;
DROP INDEX jobs_created;
CREATE INDEX jobs_created ON jobs (created, unlisted, status);
DROP INDEX jobs_duration;
CREATE INDEX jobs_duration ON jobs (duration, unlisted);
CREATE INDEX jobs_finished ON jobs (finished) WHERE NOT pinned AND NOT unlisted;
""",
    # Priorities in the queue.
    """
ALTER TABLE jobs ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
DROP INDEX jobs_queue;
CREATE INDEX jobs_queue ON jobs (status, unlisted DESC, priority DESC, number, process_id);
""",
    # How many times a job was run again because its worker was lost.
    """
ALTER TABLE jobs ADD COLUMN resumes INTEGER NOT NULL DEFAULT 0;
""",
)
SCHEMA_VERSION = len(STEPS)


def migrate(db: sqlite3.Connection) -> None:
    """Bring a file of any earlier version to now; inside the caller's transaction."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    for step in STEPS[version:]:
        for statement in _statements(step):
            db.execute(statement)
    if version < SCHEMA_VERSION:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _statements(script: str) -> Iterable[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
