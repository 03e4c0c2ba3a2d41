"""The style, the scripts and the API viewer of the pages; nothing comes from elsewhere."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from jupyter_ades.api import pages
from jupyter_ades.api.base import ErrorAnswers

OWN = Path(pages.__file__).parent / "static"


def swagger_folder() -> Path:
    """Where Swagger UI's files are, without importing the package that brings them."""
    spec = find_spec("swagger_ui")
    return Path((spec.origin if spec else "") or "").parent / "static"


class PageFilesHandler(ErrorAnswers, JupyterHandler, web.StaticFileHandler):  # type: ignore[misc]
    """One folder of them."""

    auth_resource = "ades"

    def initialize(self, path: Path) -> None:  # type: ignore[override]
        """``path``: the folder."""
        super().initialize(path=str(path))

    def finish(self, *arguments: Any, set_content_type: str | None = None) -> Any:
        """Take the content type that :class:`ErrorAnswers` gives."""
        if set_content_type:
            self.set_header("Content-Type", set_content_type)
        return super().finish(*arguments)

    @web.authenticated
    @authorized
    async def get(self, path: str, include_body: bool = True) -> None:  # type: ignore[override]
        """A file."""
        await super().get(path, include_body)


def page_routes() -> list[tuple[str, type[Any], dict[str, Any]]]:
    """Tornado's table for them."""
    return [
        (r"/api/ades/pages/swagger/(.*)", PageFilesHandler, {"path": swagger_folder()}),
        (r"/api/ades/pages/(.*)", PageFilesHandler, {"path": OWN}),
    ]
