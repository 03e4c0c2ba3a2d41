"""Gives a process's application package back, byte for byte."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_ades.api.handlers import AdesHandler


class PackageHandler(AdesHandler):
    """The deployed bytes."""

    @web.authenticated
    @authorized
    async def get(self, process_id: str) -> None:
        """The package as it was deployed."""
        path, process = await self.ask(self.service.package, process_id)
        data = await self.site.core.beside(path.read_bytes)
        self.finish(data, set_content_type=process.media_type or "application/octet-stream")
