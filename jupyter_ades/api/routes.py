"""Which address is answered by which handler."""

from __future__ import annotations

import re
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_ades.api.about import ConformanceHandler, HealthHandler, LandingHandler
from jupyter_ades.api.accounts import ProvenanceHandler, StatisticsHandler
from jupyter_ades.api.base import AdesHandler, NoWorkspaceHandler
from jupyter_ades.api.dialect import Dialect
from jupyter_ades.api.executing import ExecutionHandler
from jupyter_ades.api.files import JobFilesHandler, LogHandler, QuicklookHandler
from jupyter_ades.api.jobs import JobHandler, JobsHandler, RequestHandler, RerunHandler
from jupyter_ades.api.openapi import MOST, openapi
from jupyter_ades.api.operations import Answer, operation
from jupyter_ades.api.outputs import OutputsHandler
from jupyter_ades.api.page_files import page_routes
from jupyter_ades.api.processes import (
    ExecutedProcessHandler,
    PackageHandler,
    ProcessesHandler,
    ProcessHandler,
)
from jupyter_ades.api.results import ExceptionsHandler, ResultHandler, ResultsHandler
from jupyter_ades.api.site import ApiSite
from jupyter_ades.api.workspaces import WorkspacesHandler

#: One path segment.
ID = r"([^/]+)"
#: Path below a dialect's root to its handler; a trailing slash is as good as none.
ROUTES: list[tuple[str, type[Any]]] = [
    (r"", LandingHandler),
    (r"/conformance", ConformanceHandler),
    (r"/health", HealthHandler),
    (r"/processes", ProcessesHandler),
    (rf"/processes/{ID}/(?:jobs|execution)", ExecutionHandler),
    (rf"/processes/{ID}/package", PackageHandler),
    (r"/jobs", JobsHandler),
    (rf"/jobs/{ID}", JobHandler),
    (rf"/jobs/{ID}/results?", ResultsHandler),
    (rf"/jobs/{ID}/exceptions", ExceptionsHandler),
    (rf"/jobs/{ID}/statistics", StatisticsHandler),
    (rf"/jobs/{ID}/provenance", ProvenanceHandler),
    (rf"/jobs/{ID}/outputs", OutputsHandler),
    (rf"/jobs/{ID}/request", RequestHandler),
    (rf"/jobs/{ID}/rerun", RerunHandler),
    (rf"/jobs/{ID}/log", LogHandler),
    (rf"/jobs/{ID}/quicklook\.png", QuicklookHandler),
    (rf"/jobs/{ID}/files/(.+)", JobFilesHandler),
    (rf"/jobs/{ID}/files", JobFilesHandler),
]


#: What only one dialect has.
OF_DIALECT: dict[str, list[tuple[str, type[Any]]]] = {
    "wps3": [(rf"/processes/{ID}", ExecutedProcessHandler)],
    "ogc-api": [
        (rf"/processes/{ID}", ProcessHandler),
        (rf"/jobs/{ID}/results/{ID}", ResultHandler),
    ],
}


def routes_of(dialect: Dialect) -> list[tuple[str, type[Any]]]:
    """Path below a dialect's root to its handler."""
    return ROUTES + OF_DIALECT[dialect.name]


class ApiHandler(AdesHandler):
    """The dialect, described for programs."""

    also_json = ("application/vnd.oai.openapi+json",)

    @web.authenticated
    @authorized
    @operation("getApi", answers={200: Answer(description="OpenAPI 3.0.", schema={})}, page=True)
    async def get(self) -> None:
        """OpenAPI 3.0."""
        title = f"ADES of workspace {self.workspace} ({self.dialect.name})"
        page = await self.ask(self.service.processes, limit=MOST)
        offered = page.processes if self.dialect.strict else ()
        server = self.dialect.location(self.links)
        table = routes_of(self.dialect)
        self.answer(openapi(title, server, table, offered, strict=self.dialect.strict))


ROUTES.append((r"/api", ApiHandler))


def routes(site: ApiSite, dialects: list[Dialect]) -> list[tuple[str, type[Any], dict[str, Any]]]:
    """Tornado's table for every workspace in every dialect, and for the ones there are not."""
    roots = {
        workspace: {
            dialect.name: f"{site.base_url}{workspace}/{dialect.name}" for dialect in dialects
        }
        for workspace in site.services
    }
    table: list[tuple[str, type[Any], dict[str, Any]]] = [
        (r"/api/ades/?", WorkspacesHandler, {"roots": roots}),
        *page_routes(),
    ]
    for workspace in site.services:
        for dialect in dialects:
            bound = {"site": site, "dialect": dialect, "workspace": workspace}
            root = f"/{re.escape(workspace)}/{dialect.name}"
            table += [(f"{root}{path}/?", handler, bound) for path, handler in routes_of(dialect)]
    names = "|".join(dialect.name for dialect in dialects)
    return [*table, (rf"/{ID}/(?:{names})(?:/.*)?", NoWorkspaceHandler, {})]
