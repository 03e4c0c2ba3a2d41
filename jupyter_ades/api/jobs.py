"""Jobs over HTTP: list, status, request, dismiss, pin, rerun."""

from __future__ import annotations

from collections.abc import Callable

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_ades.api.base import AdesHandler
from jupyter_ades.api.dialect import read_object, read_runner
from jupyter_ades.api.operations import (
    AFTER,
    BEFORE,
    JOB_FILTERS,
    JSON_TYPE,
    STATUSES,
    WAIT,
    Answer,
    limit,
    operation,
)
from jupyter_ades.api.times import interval
from jupyter_ades.core.repeating import request_digest
from jupyter_ades.core.store_jobs import Cursor, JobFilter
from jupyter_ades.errors import InvalidRequest
from jupyter_ades.model import Begin, Job, JobStatus, plain_inputs
from jupyter_ades.redaction import secret_inputs

#: Seconds that a DELETE waits for a job's processes to be gone before it answers all the same.
DISMISSAL = 30.0
STATUS = Answer(description="The job's status.", schema="statusInfo")
#: Most that a number of the query may be.
MOST = 2**53


class JobsHandler(AdesHandler):
    """All jobs."""

    @web.authenticated
    @authorized
    @operation(
        "getJobs",
        query=(limit(10), *JOB_FILTERS, BEFORE, AFTER),
        answers={200: Answer(description="A page of jobs, newest first.", schema="jobList")},
        page=True,
    )
    async def get(self) -> None:
        """List jobs, newest first."""
        page = await self.ask(
            self.service.jobs,
            self.read_filter(),
            limit=self.read_limit(self.dialect.job_limit),
            cursor=Cursor(
                before=self.read_number("before", 0, MOST), after=self.read_number("after", 0, MOST)
            ),
        )
        self.answer(self.dialect.job_list(page, self.links, self.request.query))

    def read_filter(self) -> JobFilter:
        """The filters of OGC 18-062r2, 12.2."""
        self.read_list("type", ("process",))
        since, until = interval(self.get_query_argument("datetime", None))
        return JobFilter(
            process_ids=tuple(self.read_list("processID")),
            statuses=tuple(JobStatus(each) for each in self.read_list("status", STATUSES)),
            since=since,
            until=until,
            shortest=self.read_number("minDuration", 0, 2**31),
            longest=self.read_number("maxDuration", 0, 2**31),
        )


class JobHandler(AdesHandler):
    """One job."""

    @web.authenticated
    @authorized
    @operation("getStatus", query=(WAIT,), answers={200: STATUS}, refuses=(404,), page=True)
    async def get(self, job_id: str) -> None:
        """How the job stands; with ``wait``, once that changes or the seconds are over."""
        job = await self.site.core.recall_job(self.service.workspace, self.service.job, job_id)
        wait = self.read_number("wait", 0, 300)
        if wait:
            job = await self.site.core.until(self.changed(job), wait)
        self.answer(self.dialect.status(job, self.links))

    @web.authenticated
    @authorized
    @operation("pinJob", answers={200: STATUS}, refuses=(404, 413), body={JSON_TYPE: "pin"})
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
    @operation("dismiss", answers={200: STATUS}, refuses=(404,))
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

    def changed(self, seen: Job) -> Callable[[], tuple[bool, Job]]:
        """Whether the job is other than it was, or never will be."""

        def ask() -> tuple[bool, Job]:
            job = self.service.job(seen.id)
            return job.status.final or job.updated != seen.updated, job

        return ask


class RequestHandler(AdesHandler):
    """What a job was asked."""

    @web.authenticated
    @authorized
    @operation(
        "getRequest",
        answers={
            200: Answer(description="The inputs as checked, less secret ones.", schema="request")
        },
        refuses=(404,),
        page=True,
    )
    async def get(self, job_id: str) -> None:
        """The inputs as they were checked; of secret ones (``writeOnly``) only that they are."""
        job = await self.ask(self.service.job, job_id)
        inputs, secret = plain_inputs(job.request.inputs), secret_inputs(job.process)
        hidden = sorted(secret & set(inputs))
        shown = {name: value for name, value in inputs.items() if name not in secret}
        self.answer(
            {
                "processID": job.process_id,
                "inputs": shown,
                **({"hidden": hidden} if hidden else {}),
            }
        )


class RerunHandler(AdesHandler):
    """Where a job is run again."""

    @web.authenticated
    @authorized("execute")  # type: ignore[untyped-decorator]
    @operation(
        "rerun",
        answers={
            200: Answer(description="The same job, its stage-out alone.", schema="statusInfo"),
            201: Answer(
                description="The new job.",
                schema="statusInfo",
                headers={"Location": "Where the job is."},
            ),
        },
        refuses=(404, 409, 413, 429, 503),
        body={JSON_TYPE: "rerun"},
    )
    async def post(self, job_id: str) -> None:
        """A new job with the same inputs, ``{"inputs": {...}}`` changes some, and
        ``{"runner": "toil"}`` what carries it: 201.

        ``{"from": "unfinished-steps"}``: a CWL job's finished steps are used, a new job: 201.
        ``{"from": "stage-out"}``: a failed job's stage-out alone, the same job: 200.
        """
        document = read_object(self.read_json()) if self.request.body.strip() else {}
        changes, start = document.get("inputs", {}), document.get("from", "start")
        if not isinstance(changes, dict):
            raise InvalidRequest("inputs: an object of input ids and values is expected.")
        if start not in tuple(Begin):
            raise InvalidRequest("from: 'start', 'unfinished-steps' or 'stage-out' is expected.")
        if start == Begin.STAGE_OUT:
            if changes:
                raise InvalidRequest("inputs: a stage-out uses none; rerun from 'start'.")
            job = await self.ask(self.service.stage_out_again, job_id)
            self.site.core.wake()
            self.answer(self.dialect.status(job, self.links))
            return
        job = await self.ask(
            self.service.rerun,
            job_id,
            changes,
            unfinished=start == Begin.UNFINISHED_STEPS,
            runner=read_runner(document),
            guest=await self.is_guest(),
            idempotency_key=self.idempotency_key,
            body_digest=request_digest(f"{job_id}/rerun", self.request.body),
        )
        self.site.core.arrived(self.service.workspace)
        self.accepted(job)
