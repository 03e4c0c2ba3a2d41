"""Processes over HTTP: deploy, describe, replace, undeploy, and the package itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_ades.api.base import AdesHandler
from jupyter_ades.api.bodies import check_size
from jupyter_ades.api.dialect import PACKAGE_TYPES, DeployBody
from jupyter_ades.api.executing import EXECUTE, Executing
from jupyter_ades.api.operations import (
    IMAGE,
    JSON_TYPE,
    RUNNER,
    TAG_PARAMETERS,
    WORKFLOW,
    Answer,
    Parameter,
    limit,
    operation,
    words,
)
from jupyter_ades.core.reading import ReadPackage, read_package
from jupyter_ades.model import DeployRequest, Process

#: Processes of a page, when a request does not say.
PAGE = 1_000
NAME_AFTER = Parameter(
    name="after", schema={"type": "string"}, description="Id that the page goes on after."
)
NAME_BEFORE = Parameter(
    name="before", schema={"type": "string"}, description="Id that the page ends before."
)
#: Forms of a description (the 2.0 draft's ``profile``).
PROFILES = ("http://www.opengis.net/def/profile/OGC/0/ogc-process-description",)
PROFILE = Parameter(
    name="profile", schema=words(*PROFILES), description="The form of the description."
)
DEPLOYED = {
    201: Answer(
        description="The process.",
        schema="processSummary",
        headers={"Location": "Where the process is."},
    )
}
CWL_TYPES = ("application/cwl", "application/cwl+yaml", "application/cwl+json")
PACKAGE: Mapping[str, Any] = {
    JSON_TYPE: "ogcapppkg",
    "application/ogcapppkg+json": "ogcapppkg",
    **{kind: {"type": "string"} for kind in sorted(PACKAGE_TYPES)},
}


class ProcessesHandler(AdesHandler):
    """All processes."""

    @web.authenticated
    @authorized
    @operation(
        "getProcesses",
        query=(limit(PAGE), NAME_AFTER, NAME_BEFORE),
        answers={200: Answer(description="A page of processes, by id.", schema="processList")},
        page=True,
    )
    async def get(self) -> None:
        """List processes."""
        page = await self.ask(
            self.service.processes,
            limit=self.read_limit(PAGE),
            after=self.get_query_argument("after", None),
            before=self.get_query_argument("before", None),
        )
        self.answer(self.dialect.process_list(page, self.links, self.request.query))

    @web.authenticated
    @authorized
    @operation(
        "deploy",
        query=(WORKFLOW, TAG_PARAMETERS, RUNNER),
        answers=DEPLOYED,
        refuses=(409, 413, 415),
        body=PACKAGE,
    )
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
    @operation(
        "getProcessDescription",
        query=(PROFILE,),
        answers={200: Answer(description="The process.", schema="process")},
        refuses=(404,),
        page=True,
    )
    async def get(self, process_id: str) -> None:
        """Describe."""
        process = await self.ask(self.service.process, process_id)
        self.read_list("profile", PROFILES)
        if self.dialect.strict:
            self.add_header("Link", f'<{PROFILES[0]}>; rel="profile"')
        self.answer(self.dialect.process(process, self.links))

    @web.authenticated
    @authorized
    @operation(
        "replace",
        query=(WORKFLOW, TAG_PARAMETERS, RUNNER),
        answers={204: Answer(description="It is replaced.")},
        refuses=(403, 404, 409, 413, 415),
        body=PACKAGE,
    )
    async def put(self, process_id: str) -> None:
        """Replace."""
        await self.ask(self.service.mutable, process_id)
        package = await read_deployed(self)
        try:
            await self.ask(self.service.replace, process_id, package)
        finally:
            await self.site.core.beside(package.discard)
        await self.site.core.beside(self.service.workspace.sweep)
        self.set_status(204)

    @web.authenticated
    @authorized
    @operation("undeploy", answers={204: Answer(description="It is gone.")}, refuses=(403, 404))
    async def delete(self, process_id: str) -> None:
        """Undeploy."""
        await self.ask(self.service.undeploy, process_id)
        await self.site.core.beside(self.service.workspace.sweep)
        self.set_status(204)


class ExecutedProcessHandler(Executing, ProcessHandler):  # type: ignore[misc]
    """One process, executed at its own address, as the first ADES clients do."""

    @web.authenticated
    @authorized("execute")  # type: ignore[untyped-decorator]
    @operation("executeProcess", **EXECUTE)
    async def post(self, process_id: str) -> None:
        """Execute."""
        await self.execute(process_id)


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
        runner=handler.get_query_argument("runner", body.runner),
        max_bytes=handler.site.limits.max_package_bytes,
        fetch=handler.site.fetch,
    )
    return await handler.site.core.read(read_package, handler.service.workspace, request)


def wanted_cwl(accept: str) -> str:
    """The media type of CWL that a request asks for by name; empty when it asks for none."""
    named = [each.partition(";")[0].strip().lower() for each in accept.split(",")]
    return next((each for each in named if each in CWL_TYPES), "")


def exported(process: Process, folder: Path, image: str, media_type: str) -> bytes:
    """A notebook as a CWL application package."""
    # Here, as it loads ruamel.yaml.
    from jupyter_ades.packages.export import as_json, as_yaml, export

    document = export(process, folder, image=image)
    return as_json(document) if media_type.endswith("+json") else as_yaml(document)


class PackageHandler(AdesHandler):
    """The deployed bytes."""

    @web.authenticated
    @authorized
    @operation(
        "getPackage",
        query=(IMAGE,),
        answers={
            200: Answer(
                description="The deployed bytes; a notebook also as CWL.",
                schema={},
                media_types=("*/*",),
            )
        },
        refuses=(404,),
    )
    async def get(self, process_id: str) -> None:
        """The package as it was deployed; a notebook as CWL where the request accepts that."""
        path, process = await self.ask(self.service.package, process_id)
        self.sandbox()
        wanted = wanted_cwl(self.request.headers.get("Accept", ""))
        if wanted and process.kind == "notebook":
            image = self.get_query_argument("image", self.site.notebook_image)
            folder = path.with_name("package")
            data = await self.site.core.beside(exported, process, folder, image, wanted)
            self.finish(data, set_content_type=wanted)
            return
        data = await self.site.core.beside(path.read_bytes)
        self.finish(data, set_content_type=process.media_type or "application/octet-stream")
