"""Processes over HTTP: deploy, describe, replace, undeploy, execute, and the package itself."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_ades.api.base import AdesHandler
from jupyter_ades.api.bodies import check_size
from jupyter_ades.api.dialect import DeployBody
from jupyter_ades.core.reading import ReadPackage, read_package
from jupyter_ades.core.service import request_digest
from jupyter_ades.model import DeployRequest, plain_inputs


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
        warnings = {"warnings": list(process.warnings)} if process.warnings else {}
        summary = self.dialect.process_summary(process, self.links)
        self.answer({**summary, **warnings}, status=201)


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


async def read_deployed(handler: AdesHandler) -> ReadPackage:
    """The package that a request carries or names, read beside the core's thread."""
    media_type = handler.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    check_size(
        handler.request.body, handler.site.limits.max_package_bytes, "c.ADES.max_package_bytes"
    )
    body: DeployBody = handler.dialect.read_deploy(media_type, handler.request.body)
    request = DeployRequest(
        href=body.href,
        body=body.body,
        media_type=body.media_type,
        workflow=handler.get_query_argument("w", body.workflow),
        description=body.description,
        kernels=tuple(handler.site.kernels()),
        tag_parameters=body.tag_parameters or handler.read_flag("tag-parameters"),
        max_bytes=handler.site.limits.max_package_bytes,
        fetch=handler.site.fetch,
    )
    return await handler.site.core.beside(read_package, handler.service.workspace, request)


async def execute(handler: AdesHandler, process_id: str) -> None:
    """Accept a job: 201, its status, and where to find it; with ``dryrun=true`` only check it."""
    process = await handler.ask(handler.service.process, process_id)
    body = handler.request.body
    request = handler.dialect.read_execute(handler.read_json(), process)
    if handler.read_flag("dryrun"):
        _, checked = await handler.ask(handler.service.check, process_id, request)
        handler.answer({"processID": process.id, "inputs": plain_inputs(checked.inputs)})
        return
    job, _ = await handler.ask(
        handler.service.execute,
        process_id,
        request,
        idempotency_key=handler.request.headers.get("Idempotency-Key") or None,
        body_digest=request_digest(process.id, body),
    )
    if "respond-async" in handler.request.headers.get("Prefer", ""):
        handler.set_header("Preference-Applied", "respond-async")
    handler.accepted(job)


class PackageHandler(AdesHandler):
    """The deployed bytes."""

    @web.authenticated
    @authorized
    async def get(self, process_id: str) -> None:
        """The package as it was deployed."""
        path, process = await self.ask(self.service.package, process_id)
        data = await self.site.core.beside(path.read_bytes)
        self.finish(data, set_content_type=process.media_type or "application/octet-stream")
