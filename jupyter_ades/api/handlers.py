"""Reads a request, asks the service on the core's thread, writes what the dialect makes of it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, TypeVar

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from jupyter_ades.api.dialect import DeployBody, Dialect, Links, plain_inputs, read_json
from jupyter_ades.api.site import ApiSite
from jupyter_ades.core.reading import ReadPackage, read_package
from jupyter_ades.core.service import Service, body_digest
from jupyter_ades.core.store import JobFilter
from jupyter_ades.errors import AdesError, InvalidParameter, NoSuchWorkspace
from jupyter_ades.model import DeployRequest, Job, JobStatus

T = TypeVar("T")

#: Jobs of one list page: least, most, default.
LIMITS = (1, 10_000, 1_000)
#: Seconds that a DELETE waits for a job's processes to be gone before it answers all the same.
DISMISSAL = 30.0


class ErrorAnswers:
    """Turns every refusal into an RFC 7807 document; nothing of a traceback leaves the server."""

    request: Any
    log: Any
    set_status: Callable[[int], None]
    finish: Callable[..., Any]

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """The one place where an error becomes an answer."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        document = problem_document(status_code, error)
        self.set_status(document["status"])
        self.finish(json.dumps(document), set_content_type=self._problem_type())

    def log_exception(self, kind: Any, value: Any, trace: Any) -> None:
        """A refusal is not a fault of the server: it gets a line, not a traceback."""
        if isinstance(value, AdesError):
            self.log.info("%s: %s", self.request.path, value.detail)
        else:
            super().log_exception(kind, value, trace)  # type: ignore[misc]

    def _problem_type(self) -> str:
        accept = self.request.headers.get("Accept", "*/*")
        plain = any(kind in accept for kind in ("application/json", "*/*", "application/*"))
        return "application/json" if plain else "application/problem+json"


def problem_document(status_code: int, error: BaseException | None) -> dict[str, Any]:
    """RFC 7807 for a refusal; ``problems`` lists each with its path."""
    if isinstance(error, AdesError):
        document: dict[str, Any] = {
            "type": error.type,
            "title": error.title,
            "status": error.status,
            "detail": error.detail,
        }
        if error.problems:
            document["problems"] = [
                {"path": each.path, "detail": each.detail} for each in error.problems
            ]
        return document
    phrase = HTTPStatus(status_code).phrase
    detail = getattr(error, "log_message", None) if isinstance(error, web.HTTPError) else None
    return {
        "type": "about:blank",
        "title": phrase,
        "status": status_code,
        "detail": detail or "The server's log has the reason.",
    }


class AdesHandler(ErrorAnswers, APIHandler):  # type: ignore[misc]
    """What every handler of a workspace in a dialect shares. Leaf classes are decorated."""

    auth_resource = "ades"

    def initialize(self, site: ApiSite, dialect: Dialect, workspace: str) -> None:
        """Bind the handler to one workspace in one dialect."""
        self.site = site
        self.dialect = dialect
        self.workspace = workspace

    @property
    def service(self) -> Service:
        """The workspace's service; its methods run on the core's thread by :meth:`ask`."""
        return self.site.services[self.workspace]

    @property
    def links(self) -> Links:
        """Addresses as this request's client sees them."""
        return self.site.links(self.request, self.workspace, self.dialect.name)

    def ask(self, function: Callable[..., T], *arguments: Any, **named: Any) -> Awaitable[T]:
        """A call of the service."""
        return self.site.core.call(function, *arguments, **named)

    def answer(self, document: Any, status: int = 200) -> None:
        """Send JSON."""
        self.set_status(status)
        self.finish(json.dumps(document, ensure_ascii=False))

    def read_limit(self) -> int:
        """``limit``; InvalidParameter when it is no number or out of bounds."""
        least, most, default = LIMITS
        return self.read_number("limit", least, most) or default

    def read_number(self, name: str, least: int, most: int) -> int | None:
        """A whole number of the query, or None when it is not there."""
        text = self.get_query_argument(name, None)
        if text is None:
            return None
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise InvalidParameter(f"{name}: a whole number from {least} to {most} is expected.")
        return int(text)


class NoWorkspaceHandler(ErrorAnswers, APIHandler):  # type: ignore[misc]
    """Answers for every workspace and address that does not exist."""

    auth_resource = "ades"

    @web.authenticated
    @authorized
    async def get(self, workspace: str, *_: str) -> None:
        """404 in words."""
        raise NoSuchWorkspace(f"There is no '{self.request.path}' on this server.")

    post = put = delete = patch = head = get


class LandingHandler(AdesHandler):
    """The dialect's root."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """The landing page."""
        self.answer(self.dialect.landing(self.workspace, self.links))


class ProcessesHandler(AdesHandler):
    """All processes."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """List processes."""
        found, total = await self.ask(self.service.processes, limit=self.read_limit())
        self.answer(self.dialect.process_list(found, total, self.links))

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Deploy."""
        package = await read_deployed(self)
        try:
            process = await self.ask(self.service.deploy, package)
        finally:
            await self.site.core.beside(package.discard)
        self.set_header("Location", self.dialect.location(self.links, "processes", process.id))
        self.answer(self.dialect.process_summary(process, self.links), status=201)


async def read_deployed(handler: AdesHandler) -> ReadPackage:
    """The package that a request carries or names, read beside the core's thread."""
    media_type = handler.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    body: DeployBody = handler.dialect.read_deploy(media_type, handler.request.body)
    request = DeployRequest(
        href=body.href,
        body=body.body,
        media_type=body.media_type,
        workflow=handler.get_query_argument("w", body.workflow),
        description=body.description,
        kernels=tuple(handler.site.kernels()),
        fetch=handler.site.fetch,
    )
    return await handler.site.core.beside(read_package, handler.service.workspace, request)


async def execute(handler: AdesHandler, process_id: str) -> None:
    """Accept a job: 201, its status, and where to find it."""
    process = await handler.ask(handler.service.process, process_id)
    body = handler.request.body
    request = handler.dialect.read_execute(read_json(body), process)
    job, _ = await handler.ask(
        handler.service.execute,
        process_id,
        request,
        idempotency_key=handler.request.headers.get("Idempotency-Key"),
        body_digest=body_digest(body),
    )
    handler.site.core.wake()
    handler.set_header("Location", handler.dialect.location(handler.links, "jobs", job.id))
    if "respond-async" in handler.request.headers.get("Prefer", ""):
        handler.set_header("Preference-Applied", "respond-async")
    handler.answer(handler.dialect.status(job, handler.links), status=201)


class ProcessHandler(AdesHandler):
    """One process."""

    @web.authenticated
    @authorized
    async def get(self, process_id: str) -> None:
        """Describe."""
        process = await self.ask(self.service.process, process_id)
        self.answer(self.dialect.process(process, self.links))

    @web.authenticated
    @authorized
    async def post(self, process_id: str) -> None:
        """Execute, at the address that the first ADES clients use."""
        await execute(self, process_id)

    @web.authenticated
    @authorized
    async def put(self, process_id: str) -> None:
        """Replace."""
        await self.ask(self.service.process, process_id)
        package = await read_deployed(self)
        try:
            await self.ask(self.service.replace, process_id, package)
        finally:
            await self.site.core.beside(package.discard)
        await self.site.core.beside(self.service.workspace.sweep)
        self.set_status(204)

    @web.authenticated
    @authorized
    async def delete(self, process_id: str) -> None:
        """Undeploy."""
        await self.ask(self.service.undeploy, process_id)
        await self.site.core.beside(self.service.workspace.sweep)
        self.set_status(204)


class ExecutionHandler(AdesHandler):
    """Where jobs are made."""

    @web.authenticated
    @authorized
    async def post(self, process_id: str) -> None:
        """Execute."""
        await execute(self, process_id)


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
            before=self.read_number("before", 0, 2**53),
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
