"""Makes a job of a request: for later, for now, or only to see whether it could be made."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_ades import metrics
from jupyter_ades.api.base import AdesHandler
from jupyter_ades.api.dialect import read_priority
from jupyter_ades.api.operations import DRY_RUN, JSON_TYPE, Answer, operation
from jupyter_ades.api.preferences import Preference, read_prefer
from jupyter_ades.api.replies import Asked
from jupyter_ades.api.results import reply_to
from jupyter_ades.api.sending import send
from jupyter_ades.core.chaining import OwnJobs
from jupyter_ades.core.linked import names_links, resolve
from jupyter_ades.core.repeating import request_digest
from jupyter_ades.model import ExecuteRequest, Job, Process, plain_inputs
from jupyter_ades.references import policy_of

EXECUTE: dict[str, Any] = {
    "query": (DRY_RUN,),
    "answers": {
        200: Answer(
            description="The results of a synchronous run, or what a dry run found.",
            schema="results",
            media_types=(JSON_TYPE, "multipart/related", "*/*"),
        ),
        201: Answer(
            description="A job for later.",
            schema="statusInfo",
            headers={
                "Location": "Where the job is.",
                "Preference-Applied": "What was honoured of Prefer.",
            },
        ),
        204: Answer(
            description="All values by reference, or none asked for.",
            headers={"Link": "Where a value is."},
        ),
    },
    "refuses": (404, 413, 422, 429, 500, 503),
    "body": {JSON_TYPE: "execute"},
}


class Executing(AdesHandler):
    """What the addresses that make jobs share."""

    #: Set when the client goes away before it is answered.
    _gone: asyncio.Event

    async def prepare(self, **keywords: Any) -> None:
        """Be ready to hear that the client goes away."""
        self._gone = asyncio.Event()
        await super().prepare(**keywords)

    def on_connection_close(self) -> None:
        """Nobody waits for the answer any more."""
        self._gone.set()
        super().on_connection_close()

    async def execute(self, process_id: str) -> None:
        """Answer an execute request."""
        preference = read_prefer(self.request.headers.get("Prefer", ""))
        dry = self.read_flag("dryrun")
        if self.idempotency_key and not dry:
            made = await self.ask(
                self.service.executed, process_id, self.idempotency_key, self.request.body
            )
            if made is not None:
                await self.answer_later(made, preference)
                return
        process = await self.site.core.recall_process(
            self.service.workspace, self.service.process, process_id
        )
        request = await self.read_request(process)
        if dry:
            checked = await self.ask(self.service.check, process, request, self.own_jobs)
            inputs = plain_inputs(checked.inputs)
            self.answer({"processID": process.id, "inputs": inputs})
            return
        offered = self.dialect.sync and process.sync
        if offered and (not preference.later or preference.wait):
            await self.run_now(process, request, preference)
        else:
            await self.run_later(process, request, preference)

    async def read_request(self, process: Process) -> ExecuteRequest:
        """What is asked for, with what literal inputs name by a link."""
        document = self.read_json()
        request = self.dialect.read_execute(document, process)
        site = self.site
        if request.subscriber:
            root, origin = self.links.root, self.links.origin
            request = replace(request, dialect=self.dialect.name, root=root, origin=origin)
        guest = await self.is_guest()
        fetch = policy_of(site.fetch, guest=guest)
        inputs = request.inputs
        if names_links(process, inputs):
            inputs = await site.core.afar(resolve, process, inputs, fetch, site.limits)
        priority = read_priority(document)
        return replace(request, inputs=inputs, priority=priority, guest=guest)

    @property
    def own_jobs(self) -> OwnJobs:
        """How this client spells jobs of the workspace: their results may be inputs."""
        return OwnJobs(roots=self.site.roots(self.request, self.workspace))

    # for later

    async def run_later(
        self, process: Process, request: ExecuteRequest, preference: Preference
    ) -> None:
        """201, the job's status, and where to find it."""
        job, new = await self.ask(
            self.service.execute,
            process.id,
            request,
            idempotency_key=self.idempotency_key,
            body_digest=request_digest(process.id, self.request.body),
            own=self.own_jobs,
        )
        if new:
            metrics.ACCEPTED.labels(self.workspace, self.dialect.name).inc()
        self.site.core.arrived(self.service.workspace)
        await self.answer_later(job, preference)

    async def answer_later(self, job: Job, preference: Preference) -> None:
        """Answer by a job for later, when it has ended or the client waits no longer."""
        applied = "respond-async" if preference.later else ""
        if preference.wait and not job.status.final:
            job = await self.end_of(job, preference.wait)
            applied = f"{applied}, wait={preference.wait}".strip(", ")
        if applied:
            self.set_header("Preference-Applied", applied)
        self.accepted(job)

    # for now

    async def run_now(
        self, process: Process, request: ExecuteRequest, preference: Preference
    ) -> None:
        """The results; the job for later when they are not there in the time that is given."""
        self.set_applied(preference)
        job, _ = await self.ask(
            self.service.execute, process.id, request, unlisted=True, own=self.own_jobs
        )
        metrics.ACCEPTED.labels(self.workspace, self.dialect.name).inc()
        self.site.core.arrived(self.service.workspace)
        try:
            job = await self.end_of(job, preference.wait)
            if self._gone.is_set():
                await self.drop(job)
                return
            if not job.status.final:
                job = await self.ask(
                    self.service.enlist,
                    job.id,
                    idempotency_key=self.idempotency_key,
                    body_digest=request_digest(process.id, self.request.body),
                )
                self.set_header("Preference-Applied", "respond-async")
                self.accepted(job)
                return
            kept = await self.send_results(job)
        except BaseException:
            await self.drop(job)
            raise
        if not kept:
            await self.drop(job)

    def set_applied(self, preference: Preference) -> None:
        """Say what of Prefer is honoured."""
        if preference.wait is not None:
            self.set_header("Preference-Applied", f"wait={preference.wait}")

    async def send_results(self, job: Job) -> bool:
        """Answer; whether the answer names files, which are kept a while."""
        job, results = await self.ask(self.service.results, job.id, unlisted=True)
        asked = Asked(accept=self.request.headers.get("Accept", "*/*"))
        reply = await reply_to(self, job, results, asked)
        named = self.links.url("jobs", job.id)
        said = repr((reply.document, reply.references, [each.location for each in reply.parts]))
        bare = reply.part.body if reply.part else b""
        await send(self, reply)
        return named in said or (isinstance(bare, bytes) and named.encode() in bare)

    async def drop(self, job: Job) -> None:
        """Leave nothing of a run that nobody will ask for."""
        await self.ask(self.service.drop, job.id)
        self.site.core.wake()

    async def end_of(self, job: Job, wait: int | None) -> Job:
        """The job when it has ended, when the time is over, or when the client is gone."""

        def ask() -> tuple[bool, Job]:
            found = self.service.any_job(job.id)
            return found.status.final or self._gone.is_set(), found

        found: Job = await self.site.core.until(ask, wait)
        return found


class ExecutionHandler(Executing):
    """Where jobs are made."""

    @web.authenticated
    @authorized("execute")  # type: ignore[untyped-decorator]
    @operation("execute", **EXECUTE)
    async def post(self, process_id: str) -> None:
        """Execute."""
        await self.execute(process_id)
