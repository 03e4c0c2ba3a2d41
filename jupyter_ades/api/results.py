"""What a job left, over HTTP: all outputs, one of them, and why there are none."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_ades.api.base import AdesHandler, problem_document
from jupyter_ades.api.bucket_files import beside
from jupyter_ades.api.operations import HTML_TYPE, OUTPUTS, Answer, operation
from jupyter_ades.api.replies import Asked, Delivered, Reply
from jupyter_ades.api.sending import send
from jupyter_ades.errors import JobFailed
from jupyter_ades.model import Job, JobStatus
from jupyter_ades.orders import Results

VALUE = "The value in its own media type."


class ResultsHandler(AdesHandler):
    """What a job left."""

    @web.authenticated
    @authorized
    @operation(
        "getResult",
        query=(OUTPUTS,),
        answers={
            200: Answer(
                description="The results in the form that the execute request asked for.",
                schema="results",
                media_types=("application/json", "multipart/related", "*/*"),
            ),
            204: Answer(
                description="No value, or all by reference.", headers={"Link": "Where values are."}
            ),
        },
        refuses=(404, 410, 500),
        page=True,
    )
    async def get(self, job_id: str) -> None:
        """The results, or why there are none."""
        job, results = await self.ask(self.service.results, job_id)
        if self.form_or_any() == HTML_TYPE:
            document = await beside(
                self.dialect.results_document,
                job,
                results,
                self.links,
                files_of(self, job, results),
            )
            self.show(document, job=self.dialect.status(job, self.links))
            return
        await send(self, await reply_to(self, job, results, self.asked()))

    def asked(self) -> Asked:
        """What the request wants of the results."""
        given = self.get_query_argument("outputs", None)
        names = None if given is None else tuple(self.read_list("outputs"))
        return Asked(outputs=names, accept=self.request.headers.get("Accept", "*/*"))

    def form_or_any(self) -> str:
        """HTML for people; what a value is otherwise, the value itself knows."""
        accept = self.request.headers.get("Accept", "")
        wants_page = "text/html" in accept or self.get_query_argument("f", None)
        return self.form() if wants_page else ""


class ResultHandler(AdesHandler):
    """One output of a job, also of one that no list shows."""

    @web.authenticated
    @authorized
    @operation(
        "getResultOutput",
        answers={
            200: Answer(description=VALUE, schema={}, media_types=("application/json", "*/*"))
        },
        refuses=(404, 410, 500),
    )
    async def get(self, job_id: str, output: str) -> None:
        """The bare value."""
        job, results = await self.ask(self.service.results, job_id, unlisted=True)
        accept = self.request.headers.get("Accept", "*/*")
        asked = Asked(outputs=(output,), single=True, accept=accept)
        await send(self, await reply_to(self, job, results, asked))


class ExceptionsHandler(AdesHandler):
    """Why a job failed."""

    @web.authenticated
    @authorized
    @operation(
        "getExceptions",
        answers={200: Answer(description="What went wrong.", schema="exceptions")},
        refuses=(404,),
        page=True,
    )
    async def get(self, job_id: str) -> None:
        """Each reason with the part that failed and its last lines; none when none did."""
        job = await self.ask(self.service.job, job_id)
        failed = job.status is JobStatus.FAILED
        found = [problem_document(JobFailed.status, JobFailed(job.message))] if failed else []
        self.answer({"jobID": job.id, "status": str(job.status), "exceptions": found})


async def reply_to(handler: AdesHandler, job: Job, results: Results, asked: Asked) -> Reply:
    """The results as the dialect gives them; files are read beside the core's thread."""
    files = files_of(handler, job, results)
    return await beside(handler.dialect.results, job, results, handler.links, files, asked)


def files_of(handler: AdesHandler, job: Job, results: Results) -> Delivered:
    """A job's files, wherever they are."""
    service = handler.service
    return Delivered(find=service.finder(job, results), s3=service.workspace.s3)
