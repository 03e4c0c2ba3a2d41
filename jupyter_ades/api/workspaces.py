"""Tells a client that knows the server's address alone where its workspaces are."""

from __future__ import annotations

import json

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from jupyter_ades.api.base import ErrorAnswers


class WorkspacesHandler(ErrorAnswers, APIHandler):  # type: ignore[misc]
    """All workspaces of this server."""

    auth_resource = "ades"

    def initialize(self, roots: dict[str, dict[str, str]]) -> None:
        """``roots``: workspace to dialect to path, the default workspace first."""
        self.roots = roots

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Each workspace with its dialects' roots, the default one first."""
        listed = [{"name": name, "dialects": roots} for name, roots in self.roots.items()]
        self.finish(json.dumps({"workspaces": listed}))
