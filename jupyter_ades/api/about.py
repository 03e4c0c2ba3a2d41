"""What the service says of itself: landing page, conformance, health."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_ades.api.base import AdesHandler
from jupyter_ades.api.bucket_files import beside
from jupyter_ades.api.operations import Answer, operation


class LandingHandler(AdesHandler):
    """The dialect's root."""

    @web.authenticated
    @authorized
    @operation(
        "getLandingPage",
        answers={200: Answer(description="The landing page.", schema="landingPage")},
        page=True,
    )
    async def get(self) -> None:
        """The landing page."""
        engines = await self.site.core.beside(self.site.engines)
        self.answer({**self.dialect.landing(self.workspace, self.links), **engines})


class ConformanceHandler(AdesHandler):
    """What the dialect conforms to."""

    @web.authenticated
    @authorized
    @operation(
        "getConformance",
        answers={200: Answer(description="Conformance classes.", schema="confClasses")},
        page=True,
    )
    async def get(self) -> None:
        """Conformance classes."""
        self.answer({"conformsTo": list(self.dialect.conformance)})


class HealthHandler(AdesHandler):
    """How the workspace is."""

    @web.authenticated
    @authorized
    @operation(
        "getHealth",
        answers={200: Answer(description="How the workspace is.", schema="health")},
        page=True,
    )
    async def get(self) -> None:
        """Jobs by state, free space, whether this server dispatches; the results' bucket."""
        document = await self.ask(self.service.health)
        bucket = self.service.workspace.bucket
        if bucket is not None:
            document["results"] = await beside(bucket.health)
            if document["results"]["status"] != "ok":
                document["status"] = "failing"
        self.answer(document)
