"""What the store knows of a job or a process, whole, to be kept beside it and put back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from jupyter_ades.core.store_jobs import COLUMNS, JOBS, read_job, text
from jupyter_ades.core.store_writing import Writing
from jupyter_ades.errors import AdesError
from jupyter_ades.model import Job, Process

#: Which processes have a name, and since when: no other write changes them.
DEPLOYMENTS = "SELECT id, digest, deployed FROM processes WHERE id = ?1 OR alias = ?1"


@dataclass(frozen=True, kw_only=True)
class KeptJob:
    """A job with what only the store knows of it: ``job.json`` in its directory."""

    #: Its place in lists; None where an earlier version did not write it down.
    number: int | None
    job: Job
    idempotency_key: str | None = None
    body_digest: str | None = None
    priority: int = 0


@dataclass(frozen=True, kw_only=True)
class KeptProcess:
    """A deployed process: ``deployed.json`` in its package's folder."""

    process: Process
    deployed: datetime


class Keeping(Writing):
    """The part of the store that gives and takes them."""

    def kept_job(self, job_id: str) -> KeptJob | None:
        """All of a job; None when there is none."""
        row = self._run(
            f"SELECT {COLUMNS}, idempotency_key, body_digest, priority FROM {JOBS}"
            " WHERE jobs.id = ?",
            (job_id,),
        ).fetchone()
        if row is None:
            return None
        return KeptJob(
            number=row["number"],
            job=read_job(row),
            idempotency_key=row["idempotency_key"],
            body_digest=row["body_digest"],
            priority=row["priority"],
        )

    def kept_process(self, process_id: str) -> KeptProcess | None:
        """A deployed process by its exact id; None when there is none."""
        row = self._run(
            "SELECT record, deployed FROM processes JOIN packages"
            " ON packages.digest = processes.digest AND process_id = id WHERE id = ?",
            (process_id,),
        ).fetchone()
        if row is None:
            return None
        return KeptProcess(
            process=msgspec.json.decode(row["record"], type=Process),
            deployed=datetime.fromisoformat(row["deployed"]),
        )

    def salvage(self) -> tuple[list[KeptProcess], list[KeptJob], str]:
        """All processes and jobs that can be read, and what kept others from being read."""
        processes: list[KeptProcess] = []
        jobs: list[KeptJob] = []
        try:
            processes.extend(self.kept_processes())
            jobs.extend(self.kept_jobs())
        except (AdesError, sqlite3.Error, msgspec.DecodeError) as error:
            return processes, jobs, str(error)
        return processes, jobs, ""

    def kept_jobs(self) -> Iterator[KeptJob]:
        """All of each job."""
        for row in self._run("SELECT id FROM jobs ORDER BY number").fetchall():
            kept = self.kept_job(row["id"])
            if kept is not None:
                yield kept

    def kept_processes(self) -> Iterator[KeptProcess]:
        """Every deployed process."""
        for row in self._run("SELECT id FROM processes").fetchall():
            kept = self.kept_process(row["id"])
            if kept is not None:
                yield kept

    def restore(self, processes: Iterable[KeptProcess], jobs: Iterable[KeptJob]) -> None:
        """Put all of them into an empty store, in one commit; jobs in the order of their lists."""
        with self._whole():
            for each in jobs:
                self._put_package(each.job.process)
                self._restore_job(each)
            for kept in processes:
                process = kept.process
                self._put_package(process)
                self._write(
                    "INSERT INTO processes VALUES (?, ?, ?, ?)",
                    (process.id, process.alias, process.digest, text(kept.deployed)),
                )

    def _put_package(self, process: Process) -> None:
        self._write(
            "INSERT OR REPLACE INTO packages VALUES (?, ?, ?)",
            (process.digest, process.id, msgspec.json.encode(process)),
        )

    def _restore_job(self, kept: KeptJob) -> None:
        job = kept.job
        columns = {
            "number": kept.number,
            "id": job.id,
            "process_id": job.process_id,
            "digest": job.process.digest,
            "status": job.status,
            "message": job.message,
            "progress": job.progress,
            "dismissing": job.dismissing,
            "pinned": job.pinned,
            "unlisted": job.unlisted,
            "priority": kept.priority,
            "resumes": job.resumes,
            "told": bool(job.request.subscriber),
            "job_bytes": job.job_bytes,
            "result_bytes": job.result_bytes,
            "created": text(job.created),
            "updated": text(job.updated),
            "started": text(job.started) if job.started else None,
            "finished": text(job.finished) if job.finished else None,
            "request": msgspec.json.encode(job.request),
            "idempotency_key": kept.idempotency_key,
            "body_digest": kept.body_digest,
        }
        self._write(
            f"INSERT INTO jobs ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
            tuple(columns.values()),
        )
