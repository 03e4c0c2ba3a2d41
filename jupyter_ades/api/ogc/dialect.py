"""OGC API - Processes: Part 1 (18-062r2, and the 2.0 draft where they do not clash), Part 2."""

from __future__ import annotations

from typing import Any

from jupyter_ades.api.dialect import (
    EXCEPTIONS,
    JOB_LIST,
    PROCESSES,
    DeployBody,
    Links,
    job_links,
    page_links,
    read_deploy,
    standing,
)
from jupyter_ades.api.ogc.descriptions import description, link, summary
from jupyter_ades.api.ogc.requests import read_request
from jupyter_ades.api.ogc.results import Form
from jupyter_ades.api.replies import Asked, Delivered, Reply
from jupyter_ades.core.catalogue import ProcessPage
from jupyter_ades.core.job_records import JobPage
from jupyter_ades.model import JSON, ExecuteRequest, Job, JobStatus, Process
from jupyter_ades.orders import Results

PART_1 = "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/"
PART_2 = "http://www.opengis.net/spec/ogcapi-processes-2/1.0/conf/"
CONFORMANCE = "http://www.opengis.net/def/rel/ogc/1.0/conformance"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
CLASSES_1 = (
    *("core", "ogc-process-description", "json", "html", "oas30", "job-list", "callback"),
    "dismiss",
)
CLASSES_2 = ("deploy-replace-undeploy", "ogcapppkg", "cwl", "docker")


class OgcApi:
    """OGC API - Processes."""

    name = "ogc-api"
    strict = True
    sync = True
    job_limit = 10
    conformance = (
        *(PART_1 + each for each in CLASSES_1),
        *(PART_2 + each for each in CLASSES_2),
    )

    def landing(self, workspace: str, links: Links) -> dict[str, Any]:
        """The landing page (18-062r2, req. 2)."""
        return {
            "title": f"Processes of workspace {workspace}",
            "description": "OGC API - Processes: notebooks and CWL, run in this Jupyter workspace.",
            "links": [
                link("self", "This document", links.url()),
                link("alternate", "The same as a page", f"{links.url()}?f=html", "text/html"),
                link("service-desc", "The API, as OpenAPI 3.0", links.url("api"), OPENAPI),
                link("service-doc", "The API, for people", _page(links, "api"), "text/html"),
                link(CONFORMANCE, "Conformance classes", links.url("conformance")),
                link("conformance", "Conformance classes", links.url("conformance")),
                link(PROCESSES, "Processes", links.url("processes")),
                link(JOB_LIST, "Jobs", links.url("jobs")),
            ],
        }

    # processes

    def process_list(self, page: ProcessPage, links: Links, query: str) -> dict[str, Any]:
        """A page of processes."""
        here = links.url("processes")
        found = page_links(
            here, query, following=("after", page.following), preceding=("before", page.preceding)
        )
        return {
            "processes": [summary(each, links) for each in page.processes],
            "links": [
                *(link(rel, title, href) for rel, title, href in found),
                link("alternate", "The same as a page", _page(links, "processes"), "text/html"),
            ],
            "numberTotal": page.total,
        }

    def process_summary(self, process: Process, links: Links) -> dict[str, Any]:
        """A process as a list shows it."""
        return summary(process, links)

    def process(self, process: Process, links: Links) -> dict[str, Any]:
        """A process with its inputs and outputs."""
        return description(process, links)

    def read_deploy(self, media_type: str, body: bytes) -> DeployBody:
        """The package that a request deploys."""
        return read_deploy(media_type, body)

    # execute

    def read_execute(self, body: JSON, process: Process) -> ExecuteRequest:
        """What a request wants executed."""
        return read_request(body, process)

    # jobs

    def status(self, job: Job, links: Links) -> dict[str, Any]:
        """A job as it stands: valid in 1.0, in the 2.0 draft and in the draft of Part 4."""
        exceptions = [
            link(EXCEPTIONS, "Why the job failed", links.url("jobs", job.id, "exceptions"))
        ]
        failed = job.status is JobStatus.FAILED
        found = [each for each in job_links(job, links, links.url) if each["rel"] != EXCEPTIONS]
        return {
            "jobID": job.id,
            "id": job.id,
            "processID": job.process_id,
            "type": "process",
            "processingEntityType": "ogc-api-processes",
            "status": str(job.status),
            "message": job.message,
            "progress": job.progress,
            **standing(job),
            "links": [*found, *(exceptions if failed else [])],
        }

    def job_list(self, page: JobPage, links: Links, query: str) -> dict[str, Any]:
        """A page of jobs, newest first."""
        found = page_links(
            links.url("jobs"),
            query,
            following=("before", page.older),
            preceding=("after", page.newer),
        )
        return {
            "jobs": [self.status(job, links) for job in page.jobs],
            "links": [
                *(link(rel, title, href) for rel, title, href in found),
                link("alternate", "The same as a page", _page(links, "jobs"), "text/html"),
            ],
            "numberTotal": page.total,
        }

    def results(
        self, job: Job, results: Results, links: Links, files: Delivered, asked: Asked
    ) -> Reply:
        """What a successful job left, in the form that its request asked for."""
        return Form(job, results, links, files).reply(asked)

    def results_document(
        self, job: Job, results: Results, links: Links, files: Delivered
    ) -> dict[str, JSON]:
        """Every output by its id, whatever form was asked for."""
        form = Form(job, results, links, files)
        return form.document(list(results.outputs))

    def location(self, links: Links, *steps: str) -> str:
        """Absolute."""
        return links.url(*steps)


def _page(links: Links, *steps: str) -> str:
    return f"{links.url(*steps)}?f=html"
