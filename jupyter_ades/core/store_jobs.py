"""Which jobs a list shows, and rows of the store as jobs."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from jupyter_ades.model import ExecuteRequest, Job, JobStatus, Process

COLUMNS = (
    "jobs.number, jobs.id, jobs.process_id, status, message, progress, dismissing, pinned,"
    " unlisted, job_bytes, result_bytes, resumes, created, updated, started, finished, request,"
    " packages.record AS process"
)
JOBS = (
    "jobs JOIN packages ON packages.digest = jobs.digest AND packages.process_id = jobs.process_id"
)
#: Those first that a client waits for, then by priority, then the oldest.
QUEUE = "ORDER BY unlisted DESC, priority DESC, jobs.number"
#: What a new job is made of.
NEW = (
    "INSERT INTO jobs (id, process_id, digest, status, message, progress, unlisted, priority, told,"
    " created, updated, request, idempotency_key, body_digest)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (idempotency_key) DO NOTHING"
)


_KEPT = "finished IS NOT NULL AND NOT pinned AND NOT unlisted"
#: Jobs that have ended and are not pinned, beyond an age, a number, a sum of bytes; oldest first.
EXPIRED = {
    "days": f"SELECT id FROM jobs WHERE finished < ? AND {_KEPT} ORDER BY finished LIMIT ?",
    "count": f"""
SELECT id FROM jobs WHERE {_KEPT} AND number <= (
    SELECT number FROM jobs WHERE {_KEPT} ORDER BY number DESC LIMIT 1 OFFSET ?
) ORDER BY number LIMIT ?""",
    "bytes": f"""
SELECT id FROM (
    SELECT number, id, sum(job_bytes) OVER (ORDER BY number DESC) AS total FROM jobs WHERE {_KEPT}
) WHERE total > ? ORDER BY number LIMIT ?""",
}
#: More parts than this are one query that sorts what it finds.
MOST_PARTS = 100


@dataclass(frozen=True, kw_only=True)
class JobFilter:
    """Which jobs a list shows; empty fields select all."""

    process_ids: tuple[str, ...] = ()
    statuses: tuple[JobStatus, ...] = ()
    #: Accepted at this time or later, and at this time or earlier.
    since: datetime | None = None
    until: datetime | None = None
    #: Seconds that a job has run, at the least and at the most; a running one runs until now.
    longest: float | None = None
    shortest: float | None = None

    @property
    def plain(self) -> bool:
        """Whether kept counters know how many jobs it selects."""
        return self == JobFilter(process_ids=self.process_ids, statuses=self.statuses)

    def parts(self) -> list[JobFilter]:
        """Filters of one process and one state at the most, that select the same together."""
        pairs = [
            (ids, states) for ids in _each(self.process_ids) for states in _each(self.statuses)
        ]
        if len(pairs) > MOST_PARTS:
            return [self]
        return [replace(self, process_ids=ids, statuses=states) for ids, states in pairs]

    def among(self, table: str = "") -> tuple[list[str], list[Any]]:
        """SQL conditions on process and state, and their parameters."""
        columns = (("process_id", self.process_ids), ("status", self.statuses))
        given = [(table + name, values) for name, values in columns if values]
        return (
            [f"{name} IN ({', '.join('?' * len(values))})" for name, values in given],
            [str(value) for _, values in given for value in values],
        )

    def conditions(self, now: datetime) -> tuple[list[str], list[Any]]:
        """SQL conditions and their parameters."""
        among, parameters = self.among("jobs.")
        conditions = ["NOT unlisted", *among]
        for sign, moment in ((">=", self.since), ("<=", self.until)):
            if moment is not None:
                conditions.append(f"created {sign} ?")
                parameters.append(text(moment))
        for ended, running, seconds in (
            (">=", "<=", self.shortest),
            ("<=", ">=", self.longest),
        ):
            if seconds is not None:
                conditions.append(
                    f"(duration {ended} ? OR (finished IS NULL AND started {running} ?))"
                )
                parameters.extend((seconds, text(now - timedelta(seconds=seconds))))
        return conditions, parameters


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """Where a page of a list newest first begins: beside a job that another page ended with."""

    #: Only jobs older than the one with this number.
    before: int | None = None
    #: Only jobs newer than the one with this number, those next to it.
    after: int | None = None

    def conditions(self) -> tuple[list[str], list[Any]]:
        """SQL conditions and their parameters."""
        pairs = (("jobs.number < ?", self.before), ("jobs.number > ?", self.after))
        given = [pair for pair in pairs if pair[1] is not None]
        return [condition for condition, _ in given], [number for _, number in given]

    @property
    def order(self) -> str:
        """The order in which the store is asked."""
        return "ASC" if self.after is not None and self.before is None else "DESC"


def cut(
    found: list[tuple[int, Job]], limit: int, cursor: Cursor
) -> tuple[list[tuple[int, Job]], int | None, int | None]:
    """A page of what was asked for with one too many, and where those beside it go on.

    The last two are the numbers that a page of older jobs is ``before`` and one of newer jobs
    ``after``; None when there is none.
    """
    upwards = cursor.order == "ASC"
    page = found[-limit:] if upwards else found[:limit]
    more = len(found) > limit
    if not page:
        return [], _step(cursor.after, 1), _step(cursor.before, -1)
    older = page[-1][0] if more or upwards else None
    newer = page[0][0] if (more if upwards else cursor.before is not None) else None
    return page, older, newer


def page_query(
    selection: JobFilter, cursor: Cursor, now: datetime, *, limit: int
) -> tuple[str, list[Any]]:
    """The SQL of one page, and its parameters.

    Each process and state has an index in the order of the list, so a list of several is put
    together from a page of each.
    """
    more, numbers = cursor.conditions()
    parts, parameters = [], []
    for each in selection.parts():
        conditions, given = each.conditions(now)
        where = " AND ".join([*conditions, *more])
        # Without a filter the primary key is the order; no index can be better.
        table = "jobs NOT INDEXED" if each == JobFilter() else "jobs"
        parts.append(
            f"SELECT * FROM (SELECT jobs.number FROM {table}"
            f" WHERE {where} ORDER BY jobs.number {cursor.order} LIMIT ?)"
        )
        parameters += [*given, *numbers, limit]
    query = (
        f"SELECT {COLUMNS} FROM {JOBS} WHERE jobs.number IN ({' UNION ALL '.join(parts)})"
        f" ORDER BY jobs.number {cursor.order} LIMIT ?"
    )
    return query, [*parameters, limit]


def count_query(selection: JobFilter, now: datetime) -> tuple[str, list[Any]]:
    """The SQL that counts what a filter selects: from kept counters where these know."""
    if selection.plain:
        conditions, parameters = selection.among()
        where = " AND ".join(["jobs > 0", *conditions])
        return f"SELECT coalesce(sum(jobs), 0) FROM listed WHERE {where}", parameters
    conditions, parameters = selection.conditions(now)
    return f"SELECT count(*) FROM jobs WHERE {' AND '.join(conditions)}", parameters


def new_values(
    job: Job, idempotency_key: str | None, body_digest: str, priority: int
) -> tuple[Any, ...]:
    """What :data:`NEW` is given."""
    return (
        job.id,
        job.process.id,
        job.process.digest,
        job.status,
        job.message,
        job.progress,
        job.unlisted,
        priority,
        bool(job.request.subscriber),
        text(job.created),
        text(job.updated),
        msgspec.json.encode(job.request),
        idempotency_key,
        body_digest,
    )


def read_job(row: sqlite3.Row) -> Job:
    """A row of :data:`COLUMNS` as a job."""
    return Job(
        id=row["id"],
        process_id=row["process_id"],
        request=msgspec.json.decode(row["request"], type=ExecuteRequest),
        status=JobStatus(row["status"]),
        message=row["message"],
        progress=row["progress"],
        dismissing=bool(row["dismissing"]),
        pinned=bool(row["pinned"]),
        unlisted=bool(row["unlisted"]),
        resumes=row["resumes"],
        job_bytes=row["job_bytes"],
        result_bytes=row["result_bytes"],
        created=datetime.fromisoformat(row["created"]),
        updated=datetime.fromisoformat(row["updated"]),
        started=_time(row["started"]),
        finished=_time(row["finished"]),
        process=msgspec.json.decode(row["process"], type=Process),
    )


def _each(values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    return [(value,) for value in dict.fromkeys(values)] or [()]


def _step(number: int | None, by: int) -> int | None:
    return None if number is None else number + by


def text(time: datetime) -> str:
    """A time as the store keeps it."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def _time(kept: str | None) -> datetime | None:
    return None if kept is None else datetime.fromisoformat(kept)
