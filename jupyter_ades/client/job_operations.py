"""What a client does with jobs, as operations that know no socket."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from jupyter_ades.client import errors
from jupyter_ades.client.operations import describe, execute, executed, pages
from jupyter_ades.client.outputs import read_answer
from jupyter_ades.client.records import JobRecord
from jupyter_ades.client.site import Site
from jupyter_ades.client.steps import Call, Operation, Pause
from jupyter_ades.client.wire import read_job
from jupyter_ades.model import JobStatus

#: Seconds between two looks at a job: the first, how they grow, the longest.
FIRST_LOOK, GROWTH, LONGEST_LOOK = 0.1, 1.3, 2.0
#: Seconds that a wait bears a server that does not answer.
PATIENCE = 120.0

Seen = Callable[[JobRecord], None]


def list_jobs(
    site: Site, *, status: tuple[JobStatus, ...], process: str, limit: int
) -> Operation[list[JobRecord]]:
    """Jobs, newest first; filters that a server does not know are applied here."""
    if process:
        process = yield from _full_id(site, process)
    query = {"status": ",".join(status), "processID": process}
    query = {name: value for name, value in query.items() if value}
    found = yield from pages(site, "jobs", query, limit)
    jobs = []
    for each in found:
        # Some servers list bare ids unless they are asked otherwise.
        jobs.append((yield from job(site, each)) if isinstance(each, str) else read_job(each))
    return [
        each
        for each in jobs
        if (not status or each.status in status)
        and (not process or each.process_id in ("", process))
    ]


def _full_id(site: Site, process_id: str) -> Operation[str]:
    """The id that jobs carry: a bare one stands for the newest version."""
    try:
        record = yield from describe(site, process_id)
    except errors.NotFound:
        return process_id
    return record.id


def job(site: Site, job_id: str, process_id: str = "") -> Operation[JobRecord]:
    """A job as it stands; ``process_id`` for servers that do not tell it."""
    reply = yield from site.ask("jobs", job_id)
    return read_job(reply.document, job_id=job_id, process_id=process_id)


def wait(
    site: Site,
    record: JobRecord,
    *,
    timeout: float | None,
    patience: float = PATIENCE,
    seen: Seen,
    clock: Callable[[], float] = time.monotonic,
) -> Operation[JobRecord]:
    """The job in its last state; bears a server that is away for at most ``patience`` seconds."""
    began, look, lost = clock(), FIRST_LOOK, None
    seen(record)
    while not record.status.final:
        if timeout is not None and clock() - began >= timeout:
            raise errors.WaitTimeout(
                f"Job {record.id} is {record.status} after {timeout:g} seconds; it goes on."
            )
        left = look if timeout is None else min(look, max(0.01, began + timeout - clock()))
        yield Pause(left)
        look = min(look * GROWTH, LONGEST_LOOK)
        try:
            record = yield from job(site, record.id, record.process_id)
        except errors.Unavailable:
            lost = clock() if lost is None else lost
            if clock() - lost >= patience:
                raise
        else:
            lost = None
            seen(record)
    return record


def outputs(site: Site, record: JobRecord) -> Operation[Mapping[str, Any]]:
    """Output id to value; raises why there are none."""
    if record.outputs is not None:
        return record.outputs
    if not record.status.final:
        raise errors.ResultNotReady(f"Job {record.id} is {record.status}; job.wait() waits for it.")
    if record.status is JobStatus.DISMISSED:
        raise errors.JobDismissed(f"Job {record.id} was dismissed, so there are no results.")
    try:
        reply = yield from site.ask("jobs", record.id, "results")
    except errors.ClientError as error:
        if record.status is not JobStatus.FAILED or isinstance(error, errors.NoServer):
            raise
        raise errors.JobFailed(
            error.detail or record.message,
            title=error.title,
            status=error.status,
            kind=error.type,
            problems=error.problems,
        ) from None
    if record.status is JobStatus.FAILED:
        raise errors.JobFailed(record.message or f"Job {record.id} failed.")
    return read_answer(reply)


def dismiss(site: Site, record: JobRecord, *, remove: bool) -> Operation[JobRecord]:
    """Ask an open job to end; remove a finished one only when that is wanted."""
    if not remove:
        record = yield from job(site, record.id, record.process_id)
        if record.status.final:
            raise errors.JobEnded(
                f"Job {record.id} has ended ({record.status}); dismiss(remove=True) removes it"
                " with its files."
            )
    reply = yield from site.ask("jobs", record.id, method="DELETE")
    document = reply.document
    if isinstance(document, Mapping) and "status" in document:
        return read_job(document, job_id=record.id, process_id=record.process_id)
    return JobRecord(id=record.id, process_id=record.process_id, status=JobStatus.DISMISSED)


def rerun(site: Site, record: JobRecord, changes: Mapping[str, Any]) -> Operation[JobRecord]:
    """A new job with the same inputs but for the changed ones."""
    try:
        body = {"inputs": dict(changes)} if changes else {}
        reply = yield from site.ask("jobs", record.id, "rerun", method="POST", document=body)
    except (errors.NotFound, errors.NotOffered) as error:
        if isinstance(error, errors.NoSuchJob):
            raise
    else:
        return executed(reply, record.process_id)
    asked = yield from request(site, record)
    process_id = asked.get("processID") or record.process_id
    inputs = {**(asked.get("inputs") or {}), **changes}
    return (yield from execute(site, process_id, inputs, options={}))


def request(site: Site, record: JobRecord) -> Operation[Mapping[str, Any]]:
    """What the job was asked: ``processID`` and ``inputs``."""
    try:
        reply = yield from site.ask("jobs", record.id, "request")
    except errors.NoSuchJob:
        raise
    except (errors.NotFound, errors.NotOffered):
        raise errors.NotOffered(
            f"This server does not tell the inputs of job {record.id}; execute the process again."
        ) from None
    document = reply.document
    return document if isinstance(document, Mapping) else {}


def log(site: Site, record: JobRecord) -> Operation[str]:
    """The log so far."""
    link = record.link("log", "logs")
    try:
        if link is not None:
            reply = yield from site.follow(link)
        else:
            reply = yield from site.ask("jobs", record.id, "log", headers={"Accept": "*/*"})
    except errors.NoSuchJob:
        raise
    except (errors.NotFound, errors.NotOffered):
        raise errors.NotOffered(f"This server keeps no log of job {record.id}.") from None
    document = reply.document
    if isinstance(document, list):
        return "\n".join(str(line) for line in document)
    return reply.text


def quicklook(site: Site, record: JobRecord) -> Operation[bytes | None]:
    """A PNG of the results; None when there is none."""
    headers = {"Accept": "image/png"}
    try:
        reply = yield from site.ask("jobs", record.id, "quicklook.png", headers=headers)
    except errors.NoSuchJob:
        raise
    except (errors.NotFound, errors.NotOffered, errors.ResultNotReady):
        return None
    return reply.content


def log_call(site: Site, record: JobRecord) -> Operation[Call]:
    """The request that streams the log while the job runs."""
    root = yield from site.root()
    headers = {"Accept": "text/plain"}
    return site.call(f"{root}/jobs/{record.id}/log", query={"follow": "true"}, headers=headers)
