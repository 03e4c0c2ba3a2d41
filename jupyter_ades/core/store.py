"""The index of processes and jobs, in SQLite. All SQL stands here; only the server opens it.

Durability is SQLite's: ``synchronous=FULL``, so what a method has returned from survives a power
loss. Times are kept as ISO 8601 text in UTC, which sorts by time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from packaging.version import InvalidVersion, Version

from jupyter_ades.errors import NO_SPACE, DuplicatedProcess, NoSuchJob, NoSuchProcess, StorageFull
from jupyter_ades.model import ExecuteRequest, Job, JobStatus, Process

SCHEMA_VERSION = 1
SCHEMA = """
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
"""
JOB_COLUMNS = (
    "jobs.number, jobs.id, jobs.process_id, status, message, progress, dismissing, pinned, created,"
    " updated, started, finished, request, packages.record AS process"
)
JOBS = (
    "jobs JOIN packages ON packages.digest = jobs.digest AND packages.process_id = jobs.process_id"
)


@dataclass(frozen=True, kw_only=True)
class JobFilter:
    """Which jobs a list shows; empty fields select all."""

    process_ids: tuple[str, ...] = ()
    statuses: tuple[JobStatus, ...] = ()

    def conditions(self) -> tuple[list[str], list[str]]:
        """SQL conditions and their parameters."""
        conditions: list[str] = []
        parameters: list[str] = []
        for column, values in (("jobs.process_id", self.process_ids), ("status", self.statuses)):
            if values:
                conditions.append(f"{column} IN ({', '.join('?' * len(values))})")
                parameters.extend(str(value) for value in values)
        return conditions, parameters


class Store:
    """Processes and jobs of one workspace. Used from one thread."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA busy_timeout = 10000")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._migrate()

    def _migrate(self) -> None:
        with self._transaction():
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version < 1:
                for statement in _statements(SCHEMA):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _run(self, statement: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Execute a statement; StorageFull when there is no space for what it writes."""
        try:
            return self._db.execute(statement, parameters)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL:
                raise StorageFull(NO_SPACE) from error
            raise

    def close(self) -> None:
        """Close the file; what was acknowledged is in it."""
        self._db.close()

    # processes

    def add_process(self, process: Process, *, replace: bool = False) -> None:
        """Record a deployed process; DuplicatedProcess when its id is taken and not replaced."""
        if not replace and self.find_process(process.id) is not None:
            raise DuplicatedProcess(
                f"A process '{process.id}' is already deployed; replace it with PUT,"
                " undeploy it first, or give the package another version."
            )
        with self._transaction():
            self._run(
                "INSERT OR REPLACE INTO packages VALUES (?, ?, ?)",
                (process.digest, process.id, msgspec.json.encode(process)),
            )
            self._run(
                "INSERT OR REPLACE INTO processes VALUES (?, ?, ?, ?)",
                (process.id, process.alias, process.digest, _text(datetime.now(UTC))),
            )

    def find_process(self, process_id: str) -> Process | None:
        """The process with this id, else the newest version of those with this alias."""
        rows = self._run(
            "SELECT record FROM processes JOIN packages ON packages.digest = processes.digest"
            " AND process_id = id WHERE id = ?1 OR alias = ?1 ORDER BY deployed",
            (process_id,),
        )
        found = [msgspec.json.decode(row["record"], type=Process) for row in rows]
        return max(
            found, key=lambda each: (each.id == process_id, newness(each.version)), default=None
        )

    def processes(self, *, limit: int, offset: int = 0) -> list[Process]:
        """Deployed processes by id."""
        rows = self._run(
            "SELECT record FROM processes JOIN packages ON packages.digest = processes.digest"
            " AND process_id = id ORDER BY id LIMIT ? OFFSET ?",
            (limit, offset),
        )
        return [msgspec.json.decode(row["record"], type=Process) for row in rows]

    def count_processes(self) -> int:
        """How many processes are deployed."""
        return _number(self._run("SELECT count(*) FROM processes"))

    def remove_process(self, process_id: str) -> None:
        """Undeploy by exact id; jobs keep the process as it was."""
        if not self._run("DELETE FROM processes WHERE id = ?", (process_id,)).rowcount:
            raise NoSuchProcess(f"There is no process '{process_id}'.")

    def needs_package(self, process: Process) -> bool:
        """Whether the process as deployed, or an open job, still needs this package's folder."""
        return bool(
            _number(
                self._run(
                    "SELECT EXISTS (SELECT 1 FROM processes WHERE digest = ?1 AND id = ?2)"
                    " OR EXISTS (SELECT 1 FROM jobs WHERE digest = ?1 AND process_id = ?2"
                    " AND status IN ('accepted', 'running'))",
                    (process.digest, process.id),
                )
            )
        )

    # jobs

    def add_job(self, job: Job, *, idempotency_key: str | None, body_digest: str) -> None:
        """Record an accepted job, durably."""
        self._run(
            "INSERT INTO jobs (id, process_id, digest, status, message, progress, created,"
            " updated, request, idempotency_key, body_digest)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                job.id,
                job.process.id,
                job.process.digest,
                job.status,
                job.message,
                job.progress,
                _text(job.created),
                _text(job.updated),
                msgspec.json.encode(job.request),
                idempotency_key,
                body_digest,
            ),
        )

    def find_by_key(self, idempotency_key: str) -> tuple[str, str] | None:
        """Id and body digest of the job that was accepted with this key."""
        row = self._run(
            "SELECT id, body_digest FROM jobs WHERE idempotency_key = ?", (idempotency_key,)
        ).fetchone()
        return None if row is None else (row["id"], row["body_digest"])

    def job(self, job_id: str) -> Job:
        """The job with this id; NoSuchJob when there is none."""
        row = self._run(f"SELECT {JOB_COLUMNS} FROM {JOBS} WHERE jobs.id = ?", (job_id,)).fetchone()
        if row is None:
            raise NoSuchJob(f"There is no job '{job_id}'.")
        return _job(row)

    def change_job(self, job_id: str, **changes: Any) -> Job:
        """Change columns of a job and give it as it is then."""
        columns = {name: _column(value) for name, value in changes.items()}
        assignments = ", ".join(f"{name} = ?" for name in columns)
        self._run(f"UPDATE jobs SET {assignments} WHERE id = ?", (*columns.values(), job_id))
        return self.job(job_id)

    def remove_job(self, job_id: str) -> None:
        """Forget a job."""
        self._run("DELETE FROM jobs WHERE id = ?", (job_id,))

    def jobs(
        self, selection: JobFilter, *, limit: int, before: int | None = None
    ) -> list[tuple[int, Job]]:
        """Jobs newest first, each with its number; ``before`` is where the last page ended."""
        conditions, parameters = selection.conditions()
        if before is not None:
            conditions.append("jobs.number < ?")
            parameters.append(str(before))
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        rows = self._run(
            f"SELECT {JOB_COLUMNS} FROM {JOBS} {where} ORDER BY jobs.number DESC LIMIT ?",
            (*parameters, limit),
        )
        return [(row["number"], _job(row)) for row in rows]

    def open_jobs(self, status: JobStatus, *, limit: int = -1) -> list[Job]:
        """Jobs in a state, oldest first: the order of the queue."""
        rows = self._run(
            f"SELECT {JOB_COLUMNS} FROM {JOBS} WHERE status = ? ORDER BY jobs.number LIMIT ?",
            (status, limit),
        )
        return [_job(row) for row in rows]

    def dismissing(self) -> list[str]:
        """Ids of the running jobs that were asked to end."""
        rows = self._run("SELECT id FROM jobs WHERE status = 'running' AND dismissing")
        return [row["id"] for row in rows]

    def count_jobs(self, selection: JobFilter) -> int:
        """How many jobs a filter selects; from kept counters where the filter allows."""
        if selection.process_ids:
            conditions, parameters = selection.conditions()
            where = " AND ".join(conditions)
            return _number(self._run(f"SELECT count(*) FROM jobs WHERE {where}", parameters))
        counts = self.counts()
        return sum(counts.get(status, 0) for status in selection.statuses or tuple(JobStatus))

    def counts(self) -> Mapping[str, int]:
        """Jobs in each state."""
        return dict(self._run("SELECT status, jobs FROM counts").fetchall())


def newness(version: str) -> tuple[bool, Version, str]:
    """What versions are compared by: as PEP 440 reads them, others before all of those."""
    try:
        return True, Version(version), version
    except InvalidVersion:
        return False, Version("0"), version


def _statements(script: str) -> Iterable[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _number(cursor: sqlite3.Cursor) -> int:
    return int(cursor.fetchone()[0])


def _text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def _column(value: Any) -> Any:
    return _text(value) if isinstance(value, datetime) else value


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _job(row: sqlite3.Row) -> Job:
    return Job(
        id=row["id"],
        process_id=row["process_id"],
        request=msgspec.json.decode(row["request"], type=ExecuteRequest),
        status=JobStatus(row["status"]),
        message=row["message"],
        progress=row["progress"],
        dismissing=bool(row["dismissing"]),
        pinned=bool(row["pinned"]),
        created=datetime.fromisoformat(row["created"]),
        updated=datetime.fromisoformat(row["updated"]),
        started=_time(row["started"]),
        finished=_time(row["finished"]),
        process=msgspec.json.decode(row["process"], type=Process),
    )
