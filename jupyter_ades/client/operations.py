"""What a client does with processes, and how lists are read, as operations that know no socket."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_ades.client import errors
from jupyter_ades.client.outputs import read_answer
from jupyter_ades.client.packages import deploy_call
from jupyter_ades.client.records import JobRecord, ProcessRecord
from jupyter_ades.client.site import Site
from jupyter_ades.client.steps import Operation, Reply
from jupyter_ades.client.wire import links_of, read_job, read_list, read_process
from jupyter_ades.model import JobStatus

#: Most entries of one page of a list.
PAGE = 1000


def landing(site: Site) -> Operation[dict[str, Any]]:
    """What the service says of itself."""
    reply = yield from site.ask()
    return dict(reply.document) if isinstance(reply.document, Mapping) else {}


def list_processes(site: Site, *, limit: int) -> Operation[list[ProcessRecord]]:
    """Summaries of the deployed processes."""
    found = yield from pages(site, "processes", {}, limit)
    return [read_process(each) for each in found]


def describe(site: Site, process_id: str) -> Operation[ProcessRecord]:
    """A process with its inputs."""
    reply = yield from site.ask("processes", process_id)
    return read_process(reply.document)


def deploy(
    site: Site,
    package: str | Path | Mapping[str, Any],
    *,
    process_id: str,
    replace: bool,
    runner: str = "",
) -> Operation[ProcessRecord]:
    """Deploy a package and describe the process that came of it."""
    call = deploy_call(package, process_id=process_id, root_dir=site.found.root_dir)
    headers = {"Content-Type": call.media_type}
    query = {**(call.query or {}), **({"runner": runner} if runner else {})}
    try:
        reply = yield from site.ask(
            "processes", method="POST", query=query, content=call.content, headers=headers
        )
    except errors.Conflict as error:
        taken = process_id or _named(error.detail)
        if not replace or not taken:
            raise
        yield from site.ask(
            *("processes", taken),
            method="PUT",
            query=query,
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


def package(site: Site, process_id: str) -> Operation[bytes]:
    """The bytes that were deployed."""
    headers = {"Accept": "*/*"}
    reply = yield from site.ask("processes", process_id, "package", headers=headers)
    return reply.content


def export(site: Site, process_id: str, *, image: str) -> Operation[bytes]:
    """A process as a CWL application package."""
    headers = {"Accept": "application/cwl+yaml"}
    query = {"image": image} if image else {}
    reply = yield from site.ask("processes", process_id, "package", query=query, headers=headers)
    return reply.content


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
    body = {"inputs": dict(inputs), **{key: value for key, value in options.items() if value}}
    return (yield from send(site, process_id, body, idempotency_key=idempotency_key))


def send(
    site: Site, process_id: str, body: Mapping[str, Any], *, idempotency_key: str = ""
) -> Operation[JobRecord]:
    """The same for an execute request that is whole."""
    headers = {"Prefer": "respond-async"}
    if idempotency_key:
        headers["Idempotency-Key"] = idempotency_key
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
    return executed(reply, process_id)


def executed(reply: Reply, process_id: str) -> JobRecord:
    """The job that an execute request's answer tells of."""
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


def pages(site: Site, name: str, query: Mapping[str, str], limit: int) -> Operation[list[Any]]:
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
