"""What every dialect needs: the seam itself, links, and readings that all clients' bodies share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import parse_qsl, quote, urlencode

import msgspec

from jupyter_ades.api.bodies import read_json
from jupyter_ades.api.replies import Asked, Delivered, Reply
from jupyter_ades.core.catalogue import ProcessPage
from jupyter_ades.core.job_records import JobPage
from jupyter_ades.errors import InvalidRequest, Problem, UnsupportedMediaType
from jupyter_ades.model import JSON, ExecuteRequest, Job, JobStatus, Process
from jupyter_ades.orders import Results

#: Relation of a job's results (OGC 18-062r2, req. 34).
RESULTS = "http://www.opengis.net/def/rel/ogc/1.0/results"
EXCEPTIONS = "http://www.opengis.net/def/rel/ogc/1.0/exceptions"
EXECUTE = "http://www.opengis.net/def/rel/ogc/1.0/execute"
PROCESSES = "http://www.opengis.net/def/rel/ogc/1.0/processes"
JOB_LIST = "http://www.opengis.net/def/rel/ogc/1.0/job-list"

#: Media types whose body is the package itself.
PACKAGE_TYPES = frozenset(
    {"application/cwl", "application/cwl+yaml", "application/cwl+json", "application/x-yaml"}
    | {"application/yaml", "text/yaml", "text/x-yaml", "application/x-ipynb+json"}
    | {"application/zip", "application/x-zip-compressed"}
)
#: As packages/docker.py reads it.
DOCKER_TYPE = "application/vnd.ogc.docker+json"
JSON_TYPES = frozenset({"", "application/json", "application/ogcapppkg+json"})
#: Priorities go from its negative to this.
MOST_PRIORITY = 1_000
#: Keys of a qualified value (OGC 18-062r2, qualifiedInputValue.yaml).
QUALIFIED = frozenset({"value", "mediaType", "encoding", "schema", "format"})


@dataclass(frozen=True, kw_only=True)
class Links:
    """Addresses of one workspace in one dialect."""

    #: Path of the dialect's root, base_url included, without a trailing slash.
    root: str
    #: Scheme and host that a client reaches this server by: ``https://hub.example``.
    origin: str

    def path(self, *steps: str) -> str:
        """A path-absolute address below the root."""
        return "/".join([self.root, *(quote(step, safe="/") for step in steps)])

    def url(self, *steps: str) -> str:
        """An absolute address below the root."""
        return self.origin + self.path(*steps)


@dataclass(frozen=True, kw_only=True)
class DeployBody:
    """A deploy request as its body says it; see :class:`~jupyter_ades.model.DeployRequest`."""

    href: str | None = None
    body: bytes | None = None
    media_type: str = ""
    workflow: str = ""
    description: dict[str, JSON]
    tag_parameters: bool = False
    runner: str = ""


class Dialect(Protocol):
    """Wire words to requests, records to wire words; pure."""

    #: The path segment after the workspace.
    name: str
    #: URIs of the conformance classes that it implements.
    conformance: tuple[str, ...]
    #: Whether a query parameter that nobody knows, or an ``Accept`` that cannot be met, is refused,
    #: and pages are made for people.
    strict: bool
    #: Whether a process that offers it is run while the client waits.
    sync: bool
    #: Jobs of a page, when a request does not say.
    job_limit: int

    def landing(self, workspace: str, links: Links) -> dict[str, Any]:
        """The landing page."""

    def process_list(self, page: ProcessPage, links: Links, query: str) -> dict[str, Any]:
        """A page of processes; ``query`` is the request's own, for the page's links."""

    def process_summary(self, process: Process, links: Links) -> dict[str, Any]:
        """A process as a list shows it."""

    def process(self, process: Process, links: Links) -> dict[str, Any]:
        """A process with its inputs and outputs."""

    def read_deploy(self, media_type: str, body: bytes) -> DeployBody:
        """The package that a request deploys."""

    def read_execute(self, body: JSON, process: Process) -> ExecuteRequest:
        """What a request wants executed."""

    def status(self, job: Job, links: Links) -> dict[str, Any]:
        """A job as it stands."""

    def job_list(self, page: JobPage, links: Links, query: str) -> dict[str, Any]:
        """A page of jobs; ``query`` is the request's own, for the page's links."""

    def results(
        self, job: Job, results: Results, links: Links, files: Delivered, asked: Asked
    ) -> Reply:
        """What a successful job left, in the form that is asked for."""

    def results_document(
        self, job: Job, results: Results, links: Links, files: Delivered
    ) -> dict[str, JSON]:
        """The same as one JSON object, for pages and callbacks."""

    def location(self, links: Links, *steps: str) -> str:
        """An address in a ``Location`` header."""


def timestamp(time: datetime) -> str:
    """RFC 3339 in UTC with a ``Z``, as OGC's examples write it."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def read_object(body: JSON) -> dict[str, JSON]:
    """A JSON object; InvalidRequest when a body is something else."""
    if not isinstance(body, dict):
        kind = {list: "an array", str: "a string", type(None): "null"}.get(type(body), "a value")
        raise InvalidRequest(f"The request body is {kind}; a JSON object is expected.")
    return body


def read_priority(body: JSON) -> int:
    """How soon a request wants its job to start: 0 when it does not say; else InvalidRequest."""
    priority = read_object(body).get("priority", 0)
    whole = isinstance(priority, int) and not isinstance(priority, bool)
    if not whole or abs(priority) > MOST_PRIORITY:
        detail = f"a whole number from -{MOST_PRIORITY} to {MOST_PRIORITY} is expected."
        raise InvalidRequest(f"priority: {detail}", (Problem(path="priority", detail=detail),))
    return int(priority)


def read_deploy(media_type: str, body: bytes) -> DeployBody:
    """A deploy body in any of the forms of OGC 20-044 and of ADES v2."""
    if media_type in PACKAGE_TYPES:
        return DeployBody(body=body, media_type=media_type, description={})
    if media_type not in JSON_TYPES:
        raise UnsupportedMediaType(
            f"'{media_type}' cannot be deployed; send {', '.join(sorted(PACKAGE_TYPES))},"
            " or application/ogcapppkg+json that names the package."
        )
    document = read_object(read_json(body))
    if "cwlVersion" in document:
        return DeployBody(body=body, media_type="application/cwl+json", description={})
    if "nbformat" in document:
        return DeployBody(body=body, media_type="application/x-ipynb+json", description={})
    return _read_package_document(document)


def read_runner(document: Mapping[str, JSON]) -> str:
    """The runner that a request asks for; empty when it leaves that to the service."""
    runner = document.get("runner", "")
    if not isinstance(runner, str):
        detail = "the name of a runner is expected."
        raise InvalidRequest(f"runner: {detail}", (Problem(path="runner", detail=detail),))
    return runner


def _read_package_document(document: dict[str, JSON]) -> DeployBody:
    """An OGC application package, or the older list with ``applicationPackage``."""
    unit = document.get("executionUnit") or _older_unit(document.get("inputs"))
    if isinstance(unit, list) and len(unit) == 1:
        unit = unit[0]
    description = document.get("processDescription") or {}
    if not isinstance(unit, dict) or not isinstance(description, dict):
        raise InvalidRequest(
            'executionUnit: an object is expected, {"href": "https://host/app.cwl", "type":'
            ' "application/cwl"} or {"value": {...}, "mediaType": "application/cwl+json"}.'
        )
    tagging = document.get("tagParameters", False)
    if not isinstance(tagging, bool):
        raise InvalidRequest("tagParameters: true or false is expected.")
    process = description.get("process", description)
    process = process if isinstance(process, dict) else {}
    if unit.get("type") == "docker" or "image" in unit:
        return _read_image(unit, process)
    return replace(_read_unit(unit, process), tag_parameters=tagging, runner=read_runner(document))


def _read_image(unit: dict[str, JSON], description: dict[str, JSON]) -> DeployBody:
    """A docker execution unit, which says no more than an image: the description is the rest."""
    data = msgspec.json.encode({"image": unit.get("image"), "process": description})
    return DeployBody(body=data, media_type=DOCKER_TYPE, description=description)


def _older_unit(inputs: JSON) -> JSON:
    if not isinstance(inputs, list):
        return None
    for each in inputs:
        if isinstance(each, dict) and each.get("id") == "applicationPackage":
            given = each.get("input", each)
            value = given.get("value") if isinstance(given, dict) else None
            media = given.get("format", {}) if isinstance(given, dict) else {}
            if isinstance(value, dict):
                return {
                    "type": media.get("mimeType", "") if isinstance(media, dict) else "",
                    **value,
                }
    return None


def _read_unit(unit: dict[str, JSON], description: dict[str, JSON]) -> DeployBody:
    media_type = unit.get("mediaType") or unit.get("type") or ""
    href, value = unit.get("href"), unit.get("value", unit.get("inlineValue"))
    if not isinstance(media_type, str):
        raise InvalidRequest("executionUnit.type: a media type is expected.")
    media_type = media_type.partition(";")[0].strip().lower()
    if isinstance(href, str) and href:
        address, _, workflow = href.partition("#")
        return DeployBody(
            href=address, media_type=media_type, workflow=workflow, description=description
        )
    if isinstance(value, str):
        return DeployBody(body=value.encode(), media_type=media_type, description=description)
    if isinstance(value, dict):
        kind = "application/x-ipynb+json" if "nbformat" in value else "application/cwl+json"
        data = msgspec.json.encode(value)
        return DeployBody(body=data, media_type=kind, description=description)
    raise InvalidRequest("executionUnit: neither 'href' nor 'value' names a package.")


def unqualify(value: JSON, schema: Mapping[str, JSON]) -> JSON:
    """The value in ``{"value": ...}``, unless the input itself is an object."""
    if isinstance(value, list):
        items = schema.get("items")
        return [unqualify(each, items if isinstance(items, dict) else schema) for each in value]
    if isinstance(value, dict) and "value" in value and value.keys() <= QUALIFIED:
        return value if schema.get("type") == "object" else value["value"]
    return value


#: A parameter of the query and its value, None when there is no such page.
Place = tuple[str, str | int | None]


def page_links(
    here: str, query: str, *, following: Place, preceding: Place
) -> list[tuple[str, str, str]]:
    """Relation, title and address of a list's page and of those beside it; filters are kept."""
    found = [("self", "This document", f"{here}?{query}" if query else here)]
    kept = [pair for pair in parse_qsl(query) if pair[0] not in ("before", "after", "token")]
    for rel, title, (name, value) in (
        ("next", "The next page", following),
        ("prev", "The page before", preceding),
    ):
        if value is not None:
            found.append((rel, title, f"{here}?{urlencode([*kept, (name, value)])}"))
    return found


def standing(job: Job) -> dict[str, Any]:
    """What a status says alike in every dialect: times, whether pinned, bytes from the end on."""
    times = {"started": job.started, "finished": job.finished}
    occupied = {"bytes": {"jobDirectory": job.job_bytes, "results": job.result_bytes}}
    return {
        "created": timestamp(job.created),
        **{name: timestamp(time) for name, time in times.items() if time},
        "updated": timestamp(job.updated),
        **({"pinned": True} if job.pinned else {}),
        **({"runner": job.request.runner} if job.request.runner else {}),
        **({"resumes": job.resumes} if job.resumes else {}),
        **({"priority": job.request.priority} if job.request.priority else {}),
        **(occupied if job.finished else {}),
    }


def job_links(job: Job, links: Links, address: Any) -> list[dict[str, str]]:
    """Where everything about a job is; ``address`` makes one of a path (absolute or not)."""
    here = ("jobs", job.id)

    def link(title: str, rel: str, *steps: str, media: str = "application/json") -> dict[str, str]:
        return {"title": title, "rel": rel, "type": media, "href": address(*here, *steps)}

    found = [
        link("Status location", "status"),
        link("This document", "self"),
        link("Status of the job", "monitor"),
        link("Log", "log", "log", media="text/plain"),
        link("Inputs as checked", "request", "request"),
    ]
    if job.status is JobStatus.SUCCESSFUL:
        found += [
            link("Result location", RESULTS, "results"),
            link("STAC catalog", "catalog", "files", f"wf-{job.id}", "catalog.json"),
            link("Results folder", "collection", "files", ""),
        ]
    if job.status is JobStatus.FAILED:
        found += [
            link("Why the job failed", EXCEPTIONS, "results"),
            link("What the job left", "collection", "files", ""),
        ]
    return found
