"""The words of ADES v2 clients: path-absolute links, one output, three shapes of results."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jupyter_ades.api.dialect import (
    EXECUTE,
    JOB_LIST,
    PROCESSES,
    DeployBody,
    Links,
    job_links,
    page_links,
    read_deploy,
    read_object,
    read_runner,
    standing,
    timestamp,
    unqualify,
)
from jupyter_ades.api.replies import Asked, Delivered, Reply
from jupyter_ades.core.catalogue import ProcessPage
from jupyter_ades.core.job_records import JobPage
from jupyter_ades.errors import InvalidRequest, Problem
from jupyter_ades.model import JSON, ExecuteRequest, Job, Process
from jupyter_ades.orders import Results

OUTPUT = "wf_outputs"
PART_1 = "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/"
PART_2 = "http://www.opengis.net/spec/ogcapi-processes-2/1.0/conf/"
RESPONSES = ("raw", "document")
#: What a numeric or boolean string of the list form becomes, by the declared type.
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class Wps3:
    """ADES v2."""

    name = "wps3"
    strict = False
    sync = False
    job_limit = 1_000
    conformance = tuple(PART_1 + each for each in ("core", "json", "job-list", "dismiss")) + tuple(
        PART_2 + each for each in ("deploy-replace-undeploy", "ogcapppkg", "cwl")
    )

    def landing(self, workspace: str, links: Links) -> dict[str, Any]:
        """The landing page."""
        places = [
            ("self", "This document", links.path()),
            ("service-desc", "The API, as OpenAPI 3.0", links.path("api")),
            ("conformance", "Conformance classes", links.path("conformance")),
            (PROCESSES, "Processes", links.path("processes")),
            (JOB_LIST, "Jobs", links.path("jobs")),
        ]
        return {
            "title": f"ADES of workspace {workspace}",
            "description": "Processes made of notebooks and CWL, run in this Jupyter workspace.",
            "links": [
                {"rel": rel, "type": "application/json", "title": title, "href": href}
                for rel, title, href in places
            ],
        }

    # processes

    def process_list(self, page: ProcessPage, links: Links, query: str) -> dict[str, Any]:
        """A page of processes."""
        here = links.path("processes")
        found = page_links(
            here, query, following=("after", page.following), preceding=("before", page.preceding)
        )
        return {
            "processes": [self.process_summary(each, links) for each in page.processes],
            "links": [_link(rel, title, href) for rel, title, href in found],
            "numberTotal": page.total,
        }

    def process_summary(self, process: Process, links: Links) -> dict[str, Any]:
        """A process as a list shows it."""
        here = ("processes", process.id)
        return {
            "id": process.id,
            "title": process.title or process.id,
            "description": process.description,
            "version": process.version or "0",
            "mutable": process.mutable,
            "jobControlOptions": ["async-execute", "dismiss"],
            "outputTransmission": ["value", "reference"],
            "keywords": list(process.keywords),
            "metadata": list(process.metadata),
            "links": [
                _link("self", "Process description", links.path(*here)),
                _link(EXECUTE, "Execute the process", links.path(*here, "execution")),
                {
                    **_link("package", "Application package", links.path(*here, "package")),
                    "type": process.media_type,
                },
            ],
        }

    def process(self, process: Process, links: Links) -> dict[str, Any]:
        """A process with its inputs; the one output is the STAC catalog."""
        warnings = {"warnings": list(process.warnings)} if process.warnings else {}
        return {
            **self.process_summary(process, links),
            **warnings,
            "inputs": {each.id: _input(each) for each in process.inputs},
            "outputs": {
                OUTPUT: {
                    "title": "Results",
                    "description": "The job's STAC catalog.",
                    "schema": {
                        "type": "object",
                        "required": ["StacCatalogUri"],
                        "properties": {"StacCatalogUri": {"type": "string", "format": "uri"}},
                    },
                }
            },
        }

    def read_deploy(self, media_type: str, body: bytes) -> DeployBody:
        """The package that a request deploys."""
        return read_deploy(media_type, body)

    # execute

    def read_execute(self, body: JSON, process: Process) -> ExecuteRequest:
        """What a request wants executed: the map of inputs or the older list."""
        document = read_object(body)
        response = document.get("response")
        if response is not None and response not in RESPONSES:
            raise InvalidRequest("response: 'raw' or 'document' is expected.")
        return ExecuteRequest(
            inputs=_read_inputs(document.get("inputs") or {}, process),
            outputs=_object_or_none(document, "outputs"),
            response=response,
            subscriber=_object_or_none(document, "subscriber"),
            runner=read_runner(document),
        )

    # jobs

    def status(self, job: Job, links: Links) -> dict[str, Any]:
        """A job as it stands: the keys of the seed's answer and OGC's statusInfo beside them."""
        return {
            "progress": job.progress,
            "jobID": job.id,
            "status": str(job.status),
            "message": job.message,
            "type": "process",
            "processID": job.process_id,
            **standing(job),
            "links": job_links(job, links, links.path),
        }

    def job_list(self, page: JobPage, links: Links, query: str) -> dict[str, Any]:
        """A page of jobs, newest first."""
        found = page_links(
            links.path("jobs"),
            query,
            following=("before", page.older),
            preceding=("after", page.newer),
        )
        return {
            "jobs": [self.status(job, links) for job in page.jobs],
            "links": [_link(rel, title, href) for rel, title, href in found],
            "numberTotal": page.total,
        }

    def results(
        self, job: Job, results: Results, links: Links, files: Delivered, asked: Asked
    ) -> Reply:
        """Shape A, B or C, as the request's ``response`` asks."""
        return Reply(document=self.results_document(job, results, links, files))

    def results_document(
        self, job: Job, results: Results, links: Links, files: Delivered
    ) -> dict[str, JSON]:
        """Shape A, B or C."""
        catalog = {"StacCatalogUri": catalog_uri(job, results, links)}
        if job.request.response == "raw":
            return catalog
        if job.request.response == "document":
            return {OUTPUT: {"value": catalog}}
        time = timestamp(job.finished or job.updated)
        return {
            "outputs": [{"id": OUTPUT, "time": time, "value": {"inlineValue": json.dumps(catalog)}}]
        }

    def location(self, links: Links, *steps: str) -> str:
        """Path-absolute, as ADES v2 servers write it."""
        return links.path(*steps)


def catalog_uri(job: Job, results: Results, links: Links) -> str:
    """Where the job's STAC catalog can be read: in its bucket, else from this server."""
    if results.location and results.catalog:
        return f"{results.location}/{results.catalog}"
    return links.url("jobs", job.id, "files", results.catalog or "")


def _link(rel: str, title: str, href: str) -> dict[str, str]:
    return {"rel": rel, "type": "application/json", "title": title, "href": href}


def _input(each: Any) -> dict[str, Any]:
    many = each.schema.get("type") == "array"
    return {
        "title": each.title or each.id,
        "description": each.description,
        "schema": each.schema,
        "minOccurs": 1 if each.required else 0,
        "maxOccurs": "unbounded" if many else 1,
        "metadata": [{"title": "package type", "value": each.package_type}],
    }


def _object_or_none(document: Mapping[str, JSON], name: str) -> dict[str, JSON] | None:
    value = document.get(name)
    return value if isinstance(value, dict) else None


def _read_inputs(inputs: JSON, process: Process) -> dict[str, JSON]:
    schemas = {each.id: each.schema for each in process.inputs}
    if isinstance(inputs, list):
        return _read_input_list(inputs, schemas)
    if not isinstance(inputs, dict):
        raise InvalidRequest("inputs: an object of input ids and values is expected.")
    return {name: unqualify(value, schemas.get(name, {})) for name, value in inputs.items()}


def _read_input_list(
    entries: list[JSON], schemas: Mapping[str, Mapping[str, JSON]]
) -> dict[str, JSON]:
    """The older form; a repeated id means an array."""
    found: dict[str, list[JSON]] = {}
    problems = []
    for place, entry in enumerate(entries):
        name = entry.get("id") if isinstance(entry, dict) else None
        if not isinstance(name, str):
            detail = 'an object with an "id" is expected.'
            problems.append(Problem(path=f"inputs[{place}]", detail=detail))
            continue
        value = _entry_value(entry)
        items = value if isinstance(value, list) else [value]
        found.setdefault(name, []).extend(_typed(each, schemas.get(name, {})) for each in items)
    if problems:
        detail = "; ".join(f"{each.path}: {each.detail}" for each in problems)
        raise InvalidRequest(detail, tuple(problems))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _entry_value(entry: Mapping[str, JSON]) -> JSON:
    """``value``, ``href`` or ``inlineValue``, at either depth that clients put it."""
    given = entry.get("input", entry.get("data", entry))
    if not isinstance(given, dict):
        return given
    value = given.get("value", given if "href" in given else None)
    if isinstance(value, dict) and "inlineValue" in value:
        return value["inlineValue"]
    return value


def _typed(value: JSON, schema: Mapping[str, JSON]) -> JSON:
    """A string of the list form as the number or boolean that is declared."""
    items = schema.get("items")
    if isinstance(items, dict):
        return _typed(value, items)
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if not isinstance(value, str) or "string" in kinds:
        return value
    if "boolean" in kinds and value.lower() in BOOLEANS:
        return BOOLEANS[value.lower()]
    for kind, convert in (("integer", int), ("number", float)):
        if kind in kinds:
            try:
                return convert(value)
            except ValueError:
                continue
    return value
