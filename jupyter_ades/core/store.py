"""The index of processes and jobs, in SQLite. All SQL stands here; only the server opens it.

Times are kept as ISO 8601 text in UTC, which sorts by time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from packaging.version import InvalidVersion, Version

from jupyter_ades.core.store_jobs import (
    COLUMNS,
    EXPIRED,
    JOBS,
    NEW,
    QUEUE,
    Cursor,
    JobFilter,
    count_query,
    new_values,
    page_query,
    read_job,
    text,
)
from jupyter_ades.core.store_keeping import Keeping
from jupyter_ades.core.store_schema import migrate
from jupyter_ades.core.store_tidings import Outbox
from jupyter_ades.errors import (
    DAMAGED,
    DuplicatedProcess,
    NoSuchJob,
    NoSuchProcess,
    Overtaken,
    StoreDamaged,
)
from jupyter_ades.model import Job, JobStatus, Process

#: Jobs that are remembered at the most: their clients ask again and again.
REMEMBERED = 256


class Store(Keeping, Outbox):
    """Processes and jobs of one workspace. Used from one thread."""

    def __init__(self, path: Path, *, rollback: bool = False) -> None:
        """Open a file, or make it.

        ``rollback`` is for network file systems: SQLite's rollback journal, one server alone, as
        the other journal (WAL) needs memory that all its users share.
        """
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        super().__init__(db)
        #: Jobs and processes as they were last read, and the state of the file that they were
        #: read in.
        self._known: dict[str, Job] = {}
        self._offered: dict[str, Process] = {}
        self._version = 0
        db.row_factory = sqlite3.Row
        try:
            self._open(path, rollback)
        except BaseException:
            db.close()
            raise

    def _open(self, path: Path, rollback: bool) -> None:
        """Set the file up; StoreDamaged when it is none, or cut short."""
        # Another server with a rollback journal never lets go.
        self._run(f"PRAGMA busy_timeout = {1_000 if rollback else 10_000}")
        if rollback:
            self._run("PRAGMA locking_mode = EXCLUSIVE")
            self._run("PRAGMA journal_mode = DELETE")
            # The journal's removal is what commits: its folder is synced, too.
            self._run("PRAGMA synchronous = EXTRA")
            self._run("BEGIN EXCLUSIVE")
            self._run("COMMIT")
        else:
            self._run("PRAGMA journal_mode = WAL")
            self._run("PRAGMA synchronous = FULL")
        self._run("PRAGMA foreign_keys = ON")
        try:
            with self._whole():
                migrate(self._db)
            (pages, size) = (
                _number(self._run(f"PRAGMA {name}")) for name in ("page_count", "page_size")
            )
            _, logged, moved = self._run("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.DatabaseError as error:
            raise StoreDamaged(DAMAGED.format(reason=error)) from error
        if logged == moved and path.stat().st_size < pages * size:
            raise StoreDamaged(DAMAGED.format(reason="its file was cut short"))

    def _write(self, statement: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Execute a statement that changes something."""
        self._known.clear()
        if " processes" in statement or " packages" in statement:
            self._offered.clear()
        return super()._write(statement, parameters)

    def _see_others(self) -> None:
        """Forget what was read before another server on this workspace has written."""
        version = _number(self._run("PRAGMA data_version"))
        if version != self._version:
            self._known.clear()
            self._offered.clear()
            self._version = version

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
        with self._whole():
            self._put_package(process)
            self._write(
                "INSERT OR REPLACE INTO processes VALUES (?, ?, ?, ?)",
                (process.id, process.alias, process.digest, text(datetime.now(UTC))),
            )

    def find_process(self, process_id: str) -> Process | None:
        """The process with this id, else the newest version of those with this alias.

        From memory while no process changes.
        """
        self._see_others()
        process = self._offered.get(process_id) or self._find_process(process_id)
        if process is not None and not self._db.in_transaction:
            # Else it may be rolled back.
            self._offered[process_id] = process
        return process

    def _find_process(self, process_id: str) -> Process | None:
        rows = self._run(
            "SELECT record FROM processes JOIN packages ON packages.digest = processes.digest"
            " AND process_id = id WHERE id = ?1 OR alias = ?1 ORDER BY deployed",
            (process_id,),
        )
        found = [msgspec.json.decode(row["record"], type=Process) for row in rows]
        return max(
            found, key=lambda each: (each.id == process_id, newness(each.version)), default=None
        )

    def processes(
        self, *, limit: int, after: str | None = None, before: str | None = None
    ) -> list[Process]:
        """Deployed processes by id: the first ones, those next after an id, or next before it."""
        sign, order = ("<", "DESC") if before is not None and after is None else (">", "ASC")
        edge = before if order == "DESC" else after
        rows = self._run(
            "SELECT record FROM processes JOIN packages ON packages.digest = processes.digest"
            f" AND process_id = id WHERE id {sign} ? ORDER BY id {order} LIMIT ?",
            (edge or "", limit),
        )
        found = [msgspec.json.decode(row["record"], type=Process) for row in rows]
        return found if order == "ASC" else found[::-1]

    def count_processes(self) -> int:
        """How many processes are deployed."""
        return _number(self._run("SELECT count(*) FROM processes"))

    def remove_process(self, process_id: str) -> None:
        """Undeploy by exact id; jobs keep the process as it was."""
        if not self._write("DELETE FROM processes WHERE id = ?", (process_id,)).rowcount:
            raise NoSuchProcess(f"There is no process '{process_id}'.")

    def needs_package(self, process: Process) -> bool:
        """Whether the process as deployed, or an open job, still needs this package's folder."""
        return bool(
            _number(
                self._run(
                    "SELECT EXISTS (SELECT 1 FROM processes WHERE digest = ?1 AND id = ?2)"
                    " OR EXISTS (SELECT 1 FROM jobs WHERE digest = ?1 AND process_id = ?2"
                    " AND finished IS NULL)",
                    (process.digest, process.id),
                )
            )
        )

    # jobs

    def add_job(
        self, job: Job, *, idempotency_key: str | None, body_digest: str, priority: int = 0
    ) -> bool:
        """Record an accepted job; False, and nothing recorded, when its key is taken."""
        values = new_values(job, idempotency_key, body_digest, priority)
        return bool(self._write(NEW, values).rowcount)

    def find_by_key(self, idempotency_key: str) -> tuple[str, str] | None:
        """Id and body digest of the job that was accepted with this key."""
        row = self._run(
            "SELECT id, body_digest FROM jobs WHERE idempotency_key = ?", (idempotency_key,)
        ).fetchone()
        return None if row is None else (row["id"], row["body_digest"])

    def give_key(self, job_id: str, idempotency_key: str, body_digest: str) -> bool:
        """Name a job by a key that it was not accepted with; False when the key is taken."""
        return bool(
            self._write(
                "UPDATE OR IGNORE jobs SET idempotency_key = ?, body_digest = ? WHERE id = ?",
                (idempotency_key, body_digest, job_id),
            ).rowcount
        )

    def job(self, job_id: str) -> Job:
        """The job with this id; NoSuchJob when there is none. From memory while nothing changes."""
        self._see_others()
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        job = self._known.get(job_id) or self._read(job_id)
        if not self._db.in_transaction:
            # Else it may be rolled back.
            self._known[job_id] = job
        return job

    def _read(self, job_id: str) -> Job:
        row = self._run(f"SELECT {COLUMNS} FROM {JOBS} WHERE jobs.id = ?", (job_id,)).fetchone()
        if row is None:
            raise NoSuchJob(f"There is no job '{job_id}'.")
        return read_job(row)

    def change_job(self, job_id: str, *, seen: JobStatus | None = None, **changes: Any) -> Job:
        """Change columns of a job and give it as it is then.

        With the state that it was ``seen`` in, Overtaken when it is in another one by now.
        """
        columns = {name: _column(value) for name, value in changes.items()}
        assignments = ", ".join(f"{name} = ?" for name in columns)
        changed = self._write(
            f"UPDATE jobs SET {assignments} WHERE id = ? AND status = coalesce(?, status)",
            (*columns.values(), job_id, seen),
        ).rowcount
        job = self.job(job_id)
        if not changed:
            raise Overtaken(f"Job {job_id} is {job.status} by now; look again.")
        return job

    def remove_job(self, job_id: str) -> None:
        """Forget a job."""
        self._write("DELETE FROM jobs WHERE id = ?", (job_id,))

    def jobs(
        self,
        selection: JobFilter,
        *,
        limit: int,
        cursor: Cursor = Cursor(),  # noqa: B008 (frozen)
    ) -> list[tuple[int, Job]]:
        """Jobs newest first, each with its number; the cursor says where the page begins."""
        rows = self._run(*page_query(selection, cursor, datetime.now(UTC), limit=limit))
        found = [(row["number"], read_job(row)) for row in rows]
        return found if cursor.order == "DESC" else found[::-1]

    def open_jobs(self, status: JobStatus, *, limit: int = -1) -> list[Job]:
        """Jobs in a state in the order of the queue (:meth:`next_waiting`)."""
        rows = self._run(
            f"SELECT {COLUMNS} FROM {JOBS} WHERE status = ? {QUEUE} LIMIT ?", (status, limit)
        )
        return [read_job(row) for row in rows]

    def next_waiting(self, without: Collection[str] = ()) -> Job | None:
        """The waiting job whose turn it is: one that a client waits for, the highest priority, the
        oldest; of none of these processes, by id.
        """
        others = ", ".join("?" * len(without))
        row = self._run(
            f"SELECT {COLUMNS} FROM {JOBS} WHERE status = 'accepted'"
            f" AND jobs.process_id NOT IN ({others}) {QUEUE} LIMIT 1",
            tuple(without),
        ).fetchone()
        return None if row is None else read_job(row)

    def dismissing(self) -> list[str]:
        """Ids of the running jobs that were asked to end."""
        rows = self._run("SELECT id FROM jobs WHERE status = 'running' AND dismissing")
        return [row["id"] for row in rows]

    def count_jobs(self, selection: JobFilter) -> int:
        """How many jobs a filter selects; from kept counters where the filter allows."""
        return _number(self._run(*count_query(selection, datetime.now(UTC))))

    def unlisted(self, *, before: datetime | None = None) -> list[Job]:
        """Jobs that no list shows: the open ones, or those that ended before a time."""
        ended = "finished < ?" if before else "finished IS NULL"
        rows = self._run(
            f"SELECT {COLUMNS} FROM {JOBS} WHERE unlisted AND {ended}",
            (text(before),) if before else (),
        )
        return [read_job(row) for row in rows]

    def expired(
        self, *, days: float | None, count: int | None, size: int | None, limit: int
    ) -> list[str]:
        """Ids of jobs that ended so many days ago, or are not among so many, or bytes, newest."""
        ended = None if days is None else text(datetime.now(UTC) - timedelta(days=days))
        bounds = {"days": ended, "count": count, "bytes": size}
        found = (
            self._run(EXPIRED[name], (bound, limit))
            for name, bound in bounds.items()
            if bound is not None
        )
        return list(dict.fromkeys(row["id"] for rows in found for row in rows))[:limit]

    def counts(self) -> Mapping[str, int]:
        """Jobs in each state."""
        return dict(self._run("SELECT status, jobs FROM counts").fetchall())


def newness(version: str) -> tuple[bool, Version, str]:
    """What versions are compared by: as PEP 440 reads them, others before all of those."""
    try:
        return True, Version(version), version
    except InvalidVersion:
        return False, Version("0"), version


def _number(cursor: sqlite3.Cursor) -> int:
    return int(cursor.fetchone()[0])


def _column(value: Any) -> Any:
    return text(value) if isinstance(value, datetime) else value
