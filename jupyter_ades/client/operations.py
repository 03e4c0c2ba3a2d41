"""Everything that a client does with a service, as operations that know no socket."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jupyter_ades.client import errors
from jupyter_ades.client.outputs import read_answer
from jupyter_ades.client.packages import deploy_call
from jupyter_ades.client.records import JobRecord, ProcessRecord
from jupyter_ades.client.site import Site
from jupyter_ades.client.steps import Operation, Pause, Reply
from jupyter_ades.client.wire import links_of, read_job, read_list, read_process
from jupyter_ades.model import JobStatus

#: Seconds between two looks at a job: the first, how they grow, the longest.
FIRST_LOOK, GROWTH, LONGEST_LOOK = 0.1, 1.3, 2.0
#: Seconds that a wait bears a server that does not answer.
PATIENCE = 120.0
#: Most entries of one page of a list.
PAGE = 1000

Seen = Callable[[JobRecord], None]


# processes


def list_processes(site: Site, *, limit: int) -> Operation[list[ProcessRecord]]:
    """Summaries of the deployed processes."""
    found = yield from _pages(site, "processes", {}, limit)
    return [read_process(each) for each in found]


def describe(site: Site, process_id: str) -> Operation[ProcessRecord]:
    """A process with its inputs."""
    reply = yield from site.ask("processes", process_id)
    return read_process(reply.document)


def deploy(
    site: Site, package: str | Path | Mapping[str, Any], *, id: str, replace: bool
) -> Operation[ProcessRecord]:
    """Deploy a package and describe the process that came of it."""
    call = deploy_call(package, id=id, root_dir=site.found.root_dir)
    headers = {"Content-Type": call.media_type}
    try:
        reply = yield from site.ask(
            "processes", method="POST", query=call.query, content=call.content, headers=headers
        )
    except errors.Conflict as error:
        taken = id or _named(error.detail)
        if not replace or not taken:
            raise
        yield from site.ask(
            *("processes", taken),
            method="PUT",
            query=call.query,
            content=call.content,
            headers=headers,
        )
        return (yield from describe(site, taken))
    return (yield from describe(site, _new_id(reply)))


def _named(detail: str) -> str:
    """The process that a conflict is about, as this service's refusals quote it."""
    return detail.split("'")[1] if detail.count("'") >= 2 else ""


def _new_id(reply: Reply) -> str:
    location = reply.headers.get("location", "").rstrip("/")
    document = reply.document
    if isinstance(document, Mapping):
        for summary in (document, document.get("processSummary")):
            if isinstance(summary, Mapping) and isinstance(summary.get("id"), str):
                return str(summary["id"])
    if not location:
        raise errors.NotAService("The answer to the deploy names no process.")
    return location.rpartition("/")[2]


def undeploy(site: Site, process_id: str) -> Operation[None]:
    """Remove a process; its jobs stay."""
    yield from site.ask("processes", process_id, method="DELETE")


def execute(
    site: Site,
    process_id: str,
    inputs: Mapping[str, Any],
    *,
    options: Mapping[str, Any],
    idempotency_key: str = "",
) -> Operation[JobRecord]:
    """A new job; or, of a server that answers at once, a finished one with its outputs."""
    headers = {"Prefer": "respond-async"}
    if idempotency_key:
        headers["Idempotency-Key"] = idempotency_key
    body = {"inputs": dict(inputs), **{key: value for key, value in options.items() if value}}
    try:
        reply = yield from site.ask(
            *("processes", process_id, "execution"), method="POST", document=body, headers=headers
        )
    except (errors.NotFound, errors.NotOffered) as error:
        if isinstance(error, errors.NoSuchProcess):
            raise
        # The address of the first drafts, which ADES v2 kept.
        reply = yield from site.ask(
            *("processes", process_id, "jobs"), method="POST", document=body, headers=headers
        )
    return _executed(reply, process_id)


def _executed(reply: Reply, process_id: str) -> JobRecord:
    job_id = _id_in(reply.headers.get("location", ""))
    document = reply.document
    if isinstance(document, Mapping) and ("jobID" in document or _is_status(document)):
        return read_job(document, job_id=job_id, process_id=process_id)
    if reply.status in (201, 202) and job_id:
        return JobRecord(id=job_id, process_id=process_id, word="accepted")
    outputs = read_answer(reply)
    return JobRecord(
        id=job_id,
        process_id=process_id,
        status=JobStatus.SUCCESSFUL,
        word="successful",
        progress=100,
        message="The server answered at once.",
        outputs=outputs,
    )


def _is_status(document: Mapping[str, Any]) -> bool:
    return isinstance(document.get("status"), str) and document.get("type") == "process"


def _id_in(location: str) -> str:
    """The job's id in an address; the host in it may be wrong behind a proxy."""
    steps = location.partition("?")[0].rstrip("/").split("/")
    return steps[steps.index("jobs") + 1] if "jobs" in steps[:-1] else ""


# jobs


def list_jobs(
    site: Site, *, status: tuple[JobStatus, ...], process: str, limit: int
) -> Operation[list[JobRecord]]:
    """Jobs, newest first; filters that a server does not know are applied here."""
    query = {"status": ",".join(status), "processID": process}
    query = {name: value for name, value in query.items() if value}
    found = yield from _pages(site, "jobs", query, limit)
    jobs = []
    for each in found:
        # Some servers list bare ids unless they are asked otherwise.
        jobs.append((yield from job(site, each)) if isinstance(each, str) else read_job(each))
    return [
        each
        for each in jobs
        if (not status or each.status in status)
        and (not process or each.process_id in ("", process) or _versioned(each, process))
    ]


def _versioned(job: JobRecord, process: str) -> bool:
    """Whether the job's process is a version of a bare id."""
    return job.process_id.startswith(f"{process}-")


def job(site: Site, job_id: str) -> Operation[JobRecord]:
    """A job as it stands."""
    reply = yield from site.ask("jobs", job_id)
    return read_job(reply.document, job_id=job_id)


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
            record = yield from job(site, record.id)
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
            type=error.type,
            problems=error.problems,
        ) from None
    if record.status is JobStatus.FAILED:
        raise errors.JobFailed(record.message or f"Job {record.id} failed.")
    return read_answer(reply)


def dismiss(site: Site, record: JobRecord, *, remove: bool) -> Operation[JobRecord]:
    """Ask an open job to end; remove a finished one only when that is wanted."""
    if not remove:
        record = yield from job(site, record.id)
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
        return _executed(reply, record.process_id)
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


def _pages(site: Site, name: str, query: Mapping[str, str], limit: int) -> Operation[list[Any]]:
    """Members of a list, over as many pages as it takes."""
    try:
        asked = {**query, "limit": str(min(limit, PAGE))}
        reply = yield from site.ask(name, query=asked)
    except (errors.NotFound, errors.NotOffered):
        raise errors.NotOffered(f"This server has no list of {name}.") from None
    found = read_list(reply.document, name)
    visited: set[str] = set()
    while len(found) < limit and isinstance(reply.document, Mapping):
        following = [each for each in links_of(reply.document) if each.rel == "next"]
        if not following or following[0].href in visited:
            break
        visited.add(following[0].href)
        reply = yield from site.follow(following[0])
        more = read_list(reply.document, name)
        if not more:
            break
        found = found + more
    return found[:limit]
