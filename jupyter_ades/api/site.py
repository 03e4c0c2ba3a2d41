"""What the handlers of one server share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tornado.httputil import HTTPServerRequest

from jupyter_ades.api.dialect import Links
from jupyter_ades.core.limits import Limits
from jupyter_ades.core.service import Service
from jupyter_ades.core.thread import Core
from jupyter_ades.model import FetchPolicy


@dataclass(frozen=True, kw_only=True)
class ApiSite:
    """The core and what the server knows around it."""

    core: Core
    #: Workspace name to its service.
    services: Mapping[str, Service]
    fetch: FetchPolicy
    limits: Limits
    #: Names of the kernels that are installed now.
    kernels: Callable[[], Iterable[str]]
    #: The Jupyter server's base_url, with slashes at both ends.
    base_url: str
    #: ``scheme://host`` that clients use, when the operator says it; empty takes each request's.
    public_url: str = ""

    def links(self, request: HTTPServerRequest, workspace: str, dialect: str) -> Links:
        """Addresses of a workspace in a dialect, as a request's client sees them."""
        origin = self.public_url or f"{request.protocol}://{request.host}"
        return Links(root=f"{self.base_url}{workspace}/{dialect}", origin=origin.rstrip("/"))
