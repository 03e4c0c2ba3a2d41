"""Reads what servers answer: ADES v2 and OGC API - Processes, as they are and as others write them.

Pure. zoo-project-dru, pygeoapi and Weaver differ in status words, in lists where others have maps,
and in what they leave out; all of that ends here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from jupyter_ades.client.errors import NotAService
from jupyter_ades.client.records import JobRecord, Link, Parameter, ProcessRecord
from jupyter_ades.model import JobStatus

#: Other servers' words for the five states, without case, spaces, hyphens and underscores.
WORDS: dict[str, JobStatus] = {
    **{str(status): status for status in JobStatus},
    **dict.fromkeys(
        ("queued", "pending", "waiting", "submitted", "created", "retrying", "unknown"),
        JobStatus.ACCEPTED,
    ),
    **dict.fromkeys(("started", "processing", "inprogress", "paused"), JobStatus.RUNNING),
    **dict.fromkeys(
        ("succeeded", "success", "finished", "completed", "complete", "done", "ok"),
        JobStatus.SUCCESSFUL,
    ),
    **dict.fromkeys(("error", "exception", "failure", "errored", "timeout"), JobStatus.FAILED),
    **dict.fromkeys(
        ("cancelled", "canceled", "revoked", "aborted", "stopped", "deleted"), JobStatus.DISMISSED
    ),
}
#: Types of WPS descriptions to JSON Schema's.
WPS_TYPES = {
    "int": "integer",
    "integer": "integer",
    "long": "integer",
    "float": "number",
    "double": "number",
    "decimal": "number",
    "number": "number",
    "bool": "boolean",
    "boolean": "boolean",
}


def read_status(word: str) -> JobStatus:
    """The state that a word means; one that nobody knows is not final: the job may still run."""
    key = word.strip().lower().replace("-", "").replace("_", "").replace(" ", "")
    return WORDS.get(key, JobStatus.RUNNING)


def read_list(document: Any, name: str) -> list[Any]:
    """The members of a list, whether they stand in it, in a map by id, or alone."""
    found = document.get(name) if isinstance(document, Mapping) else document
    if isinstance(found, Mapping):
        return [_with_id(each, key) for key, each in found.items()]
    if not isinstance(found, list):
        raise NotAService(f"The answer has no list of {name}, so this is no such service.")
    return found


def _with_id(value: Any, key: str) -> Any:
    return {"id": key, **value} if isinstance(value, Mapping) else key


def links_of(document: Mapping[str, Any]) -> tuple[Link, ...]:
    """The links that can be understood."""
    listed = document.get("links")
    return tuple(
        Link(
            rel=_text(each, "rel"),
            href=_text(each, "href"),
            type=_text(each, "type"),
            title=_text(each, "title"),
        )
        for each in (listed if isinstance(listed, list) else [])
        if isinstance(each, Mapping) and _text(each, "href")
    )


# processes


def read_process(document: Any) -> ProcessRecord:
    """A summary or a description; a bare id is a summary too."""
    if isinstance(document, str):
        return ProcessRecord(id=document)
    if isinstance(document, Mapping) and isinstance(document.get("process"), Mapping):
        document = document["process"]
    if not isinstance(document, Mapping) or not _text(document, "id", "identifier"):
        raise NotAService("The answer describes no process.")
    return ProcessRecord(
        id=_text(document, "id", "identifier"),
        title=_text(document, "title"),
        description=_text(document, "description", "abstract"),
        version=_text(document, "version"),
        keywords=tuple(str(each) for each in _sequence(document.get("keywords"))),
        inputs=read_parameters(document.get("inputs")),
        outputs=read_parameters(document.get("outputs")),
        links=links_of(document),
        document=document,
    )


def read_parameters(members: Any) -> tuple[Parameter, ...]:
    """Inputs or outputs, whether they are a map or a list."""
    if isinstance(members, Mapping):
        listed: Iterable[Any] = [_with_id(each, key) for key, each in members.items()]
    else:
        listed = _sequence(members)
    return tuple(
        _parameter(each)
        for each in listed
        if isinstance(each, Mapping) and _text(each, "id", "identifier")
    )


def _parameter(member: Mapping[str, Any]) -> Parameter:
    schema = member.get("schema")
    schema = schema if isinstance(schema, Mapping) else _older_schema(member)
    least, most = str(member.get("minOccurs", 1)), str(member.get("maxOccurs", 1))
    kinds = _sequence(schema.get("type"))
    return Parameter(
        id=_text(member, "id", "identifier"),
        title=_text(member, "title"),
        description=_text(member, "description", "abstract"),
        schema=schema,
        required=least not in ("0", "") and "default" not in schema,
        many=most not in ("1", "0") or "array" in kinds,
        package_type=_package_type(member),
    )


def _package_type(member: Mapping[str, Any]) -> str:
    for each in _sequence(member.get("metadata")):
        if isinstance(each, Mapping) and each.get("title") == "package type":
            return _text(each, "value")
    return ""


def _older_schema(member: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON Schema for a description in the words of WPS."""
    domains = _sequence(member.get("literalDataDomains"))
    domain = domains[0] if domains and isinstance(domains[0], Mapping) else {}
    kind = domain.get("dataType")
    name = kind.get("name") if isinstance(kind, Mapping) else kind
    if isinstance(name, str):
        schema: dict[str, Any] = {"type": WPS_TYPES.get(name.lower(), "string")}
        default = domain.get("defaultValue")
        return schema if default is None else {**schema, "default": default}
    if "formats" in member:
        return {"type": "string", "format": "uri-reference"}
    return {}


# jobs


def read_job(document: Any, *, job_id: str = "", process_id: str = "") -> JobRecord:
    """A status; ``job_id`` and ``process_id`` are what was asked about, for servers that leave it
    out."""
    if isinstance(document, str):
        return JobRecord(id=document, process_id=process_id)
    if not isinstance(document, Mapping) or not _text(document, "status"):
        raise NotAService("The answer tells no status of a job.")
    word = _text(document, "status")
    status = read_status(word)
    return JobRecord(
        id=_text(document, "jobID", "id", "jobId", "job_id") or job_id,
        process_id=_text(document, "processID", "process", "processId") or process_id,
        status=status,
        word=word,
        message=_text(document, "message", "statusMessage"),
        progress=_progress(document, status),
        created=_time(document, "created"),
        started=_time(document, "started", "job_start_datetime"),
        finished=_time(document, "finished", "job_end_datetime"),
        updated=_time(document, "updated"),
        links=links_of(document),
        document=document,
    )


def _progress(document: Mapping[str, Any], status: JobStatus) -> int | None:
    given = document.get("progress", document.get("percentCompleted"))
    try:
        return max(0, min(100, int(float(str(given)))))
    except (ValueError, OverflowError):
        return 100 if status is JobStatus.SUCCESSFUL else None


def _time(document: Mapping[str, Any], *names: str) -> datetime | None:
    """An aware time; one without a zone is taken as UTC."""
    try:
        found = datetime.fromisoformat(_text(document, *names))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _text(document: Mapping[str, Any], *names: str) -> str:
    """The first of some members that is a text or a number."""
    for name in names:
        value = document.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
    return ""


def _sequence(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
