"""What a job cost, and how its results came to be."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_ades.api.base import AdesHandler
from jupyter_ades.api.operations import Answer, operation
from jupyter_ades.core.provenance import prov_json


class StatisticsHandler(AdesHandler):
    """What a job cost."""

    @web.authenticated
    @authorized
    @operation(
        "getStatistics",
        answers={200: Answer(description="What each part of the job cost.", schema="statistics")},
        refuses=(404,),
        page=True,
    )
    async def get(self, job_id: str) -> None:
        """Seconds, processor time, memory and bytes, part by part."""
        found = await self.ask(self.service.statistics, job_id)
        steps = [
            {
                "name": each.name,
                "wallSeconds": each.wall_seconds,
                "cpuSeconds": each.cpu_seconds,
                "peakMemoryBytes": each.peak_memory_bytes,
            }
            for each in found.steps
        ]
        self.answer(
            {
                "jobID": job_id,
                "wallSeconds": found.wall_seconds,
                "cpuSeconds": found.cpu_seconds,
                "peakMemoryBytes": found.peak_memory_bytes,
                "bytesStagedIn": found.bytes_staged_in,
                "bytesStagedOut": found.bytes_staged_out,
                "steps": steps,
            }
        )


class ProvenanceHandler(AdesHandler):
    """How a job's results came to be."""

    also_json = ("application/provenance+json",)

    @web.authenticated
    @authorized
    @operation(
        "getProvenance",
        answers={200: Answer(description="W3C PROV-JSON.", schema={"type": "object"})},
        refuses=(404,),
        page=True,
    )
    async def get(self, job_id: str) -> None:
        """The job as PROV's activity, with what it used and what it generated."""
        job, results = await self.ask(self.service.left, job_id)
        links = self.links

        def address(path: str) -> str:
            return links.url("jobs", job.id, "files", path)

        found = await self.ask(self.service.environments, job)
        self.answer(await self.site.core.beside(prov_json, job, results, address, found))
