"""A job's outputs one by one, as CWL's File and Directory objects; the same in both dialects."""

from __future__ import annotations

from collections.abc import Callable

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_ades.api.base import AdesHandler
from jupyter_ades.api.operations import Answer, operation
from jupyter_ades.model import JSON


class OutputsHandler(AdesHandler):
    """What each output of the package became."""

    @web.authenticated
    @authorized
    @operation(
        "getOutputs",
        answers={200: Answer(description="Each output as CWL says it.", schema={"type": "object"})},
        refuses=(404, 410, 500),
        page=True,
    )
    async def get(self, job_id: str) -> None:
        """Output id to value; a file has its address, checksum, size, format, secondary files."""
        job, results = await self.ask(self.service.results, job_id)
        links = self.links
        self.answer(
            {
                name: located(value, lambda path: links.url("jobs", job.id, "files", path))
                for name, value in results.objects.items()
            }
        )


def located(value: JSON, address: Callable[[str], str]) -> JSON:
    """A value with the ``location`` of each File and Directory in it made an address."""
    if isinstance(value, list):
        return [located(each, address) for each in value]
    if not isinstance(value, dict):
        return value
    entry = {key: located(each, address) for key, each in value.items()}
    if value.get("class") in ("File", "Directory") and isinstance(value.get("location"), str):
        entry["location"] = address(value["location"])
    return entry
