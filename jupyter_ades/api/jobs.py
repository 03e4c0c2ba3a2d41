"""Jobs over HTTP: list, status, results, request, dismiss, pin, rerun."""

from __future__ import annotations

from collections.abc import Callable

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_ades.api.base import AdesHandler
from jupyter_ades.api.dialect import read_object
from jupyter_ades.core.store_jobs import Cursor, JobFilter
from jupyter_ades.errors import InvalidParameter, InvalidRequest
from jupyter_ades.model import Job, JobStatus, plain_inputs

#: Seconds that a DELETE waits for a job's processes to be gone before it answers all the same.
DISMISSAL = 30.0


class JobsHandler(AdesHandler):
    """All jobs."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """List jobs, newest first."""
        page = await self.ask(
            self.service.jobs,
            self.read_filter(),
            limit=self.read_limit(),
            cursor=Cursor(
                before=self.read_number("before", 0, 2**53),
                after=self.read_number("after", 0, 2**53),
            ),
        )
        self.answer(self.dialect.job_list(page, self.links, self.request.query))

    def read_filter(self) -> JobFilter:
        """``processID`` and ``status``, each repeated or with commas."""
        statuses = self.read_list("status")
        for status in statuses:
            if status not in set(JobStatus):
                known = ", ".join(JobStatus)
                raise InvalidParameter(f"status: '{status[:50]}' is none of {known}.")
        return JobFilter(
            process_ids=tuple(self.read_list("processID")),
            statuses=tuple(JobStatus(status) for status in statuses),
        )

    def read_list(self, name: str) -> list[str]:
        """A query parameter's values."""
        given = ",".join(self.get_query_arguments(name))
        return [value for value in given.split(",") if value]


class JobHandler(AdesHandler):
    """One job."""

    @web.authenticated
    @authorized
    async def get(self, job_id: str) -> None:
        """How the job stands."""
        job = await self.ask(self.service.job, job_id)
        self.answer(self.dialect.status(job, self.links))

    @web.authenticated
    @authorized
    async def patch(self, job_id: str) -> None:
        """Pin or unpin: ``{"pinned": true}``."""
        document = read_object(self.read_json())
        pinned = document.get("pinned")
        if not isinstance(pinned, bool) or len(document) != 1:
            raise InvalidRequest('{"pinned": true} or {"pinned": false} is expected.')
        job = await self.ask(self.service.pin, job_id, pinned)
        self.answer(self.dialect.status(job, self.links))

    @web.authenticated
    @authorized
    async def delete(self, job_id: str) -> None:
        """Dismiss: answered when the job's processes are gone, or its files."""
        job = await self.ask(self.service.dismiss, job_id)
        self.site.core.wake()
        if job.status.final:
            await self.site.core.beside(self.service.workspace.sweep)
        else:
            job = await self.site.core.until(self.ended(job_id), DISMISSAL)
        self.answer(self.dialect.status(job, self.links))

    def ended(self, job_id: str) -> Callable[[], tuple[bool, Job]]:
        """Whether the job has ended, asked on the core's thread."""

        def ask() -> tuple[bool, Job]:
            job = self.service.job(job_id)
            return job.status.final, job

        return ask


class ResultsHandler(AdesHandler):
    """What a job left."""

    @web.authenticated
    @authorized
    async def get(self, job_id: str) -> None:
        """The results, or why there are none."""
        job, results = await self.ask(self.service.results, job_id)
        self.answer(self.dialect.results(job, results, self.links))


class RequestHandler(AdesHandler):
    """What a job was asked."""

    @web.authenticated
    @authorized
    async def get(self, job_id: str) -> None:
        """The inputs as they were checked."""
        job = await self.ask(self.service.job, job_id)
        self.answer({"processID": job.process_id, "inputs": plain_inputs(job.request.inputs)})


class RerunHandler(AdesHandler):
    """Where a job is run again."""

    @web.authenticated
    @authorized
    async def post(self, job_id: str) -> None:
        """A new job with the same inputs, ``{"inputs": {...}}`` changes some: 201.

        ``{"from": "stage-out"}``: a failed job's stage-out alone, the same job: 200.
        """
        document = read_object(self.read_json()) if self.request.body.strip() else {}
        changes, start = document.get("inputs", {}), document.get("from", "start")
        if not isinstance(changes, dict):
            raise InvalidRequest("inputs: an object of input ids and values is expected.")
        if start not in ("start", "stage-out"):
            raise InvalidRequest("from: 'start' or 'stage-out' is expected.")
        if start == "stage-out":
            if changes:
                raise InvalidRequest("inputs: a stage-out uses none; rerun from 'start'.")
            job = await self.ask(self.service.stage_out_again, job_id)
            self.site.core.wake()
            self.answer(self.dialect.status(job, self.links))
            return
        job = await self.ask(self.service.rerun, job_id, changes)
        self.accepted(job)
