"""What the handlers of one server share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tornado.httputil import HTTPServerRequest

from jupyter_ades.api.dialect import Links
from jupyter_ades.core.limits import Limits
from jupyter_ades.core.service import Service
from jupyter_ades.core.thread import Core
from jupyter_ades.model import FetchPolicy
from jupyter_ades.workspace_names import DIALECTS

#: A name or an address, with or without a port.
HOST = re.compile(r"[A-Za-z0-9.-]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?")


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
    #: Whether what proxies say in ``X-Forwarded-*`` is believed: Jupyter's ``trust_xheaders``.
    trust_xheaders: bool = False
    #: Whether files in a bucket are answered by a redirect to where they are.
    redirecting: bool = False
    #: The image that exported notebooks name, unless a request names another.
    notebook_image: str = ""
    #: What jobs can be run by, for the landing page; asked beside the event loop.
    engines: Callable[[], Mapping[str, Any]] = dict

    def links(self, request: HTTPServerRequest, workspace: str, dialect: str) -> Links:
        """Addresses of a workspace in a dialect, as a request's client sees them."""
        origin = self.public_url or origin_of(request, trusting=self.trust_xheaders)
        return Links(root=f"{self.base_url}{workspace}/{dialect}", origin=origin.rstrip("/"))

    def roots(self, request: HTTPServerRequest, workspace: str) -> tuple[str, ...]:
        """A workspace's addresses as a request's client may spell them."""
        found = [self.links(request, workspace, name) for name in DIALECTS]
        return tuple(f"{origin}{each.root}" for each in found for origin in (each.origin, ""))


def origin_of(request: HTTPServerRequest, *, trusting: bool) -> str:
    """Scheme and host that a request's client used.

    The first proxy is the one that clients reach, and each further one adds itself at the end of
    ``X-Forwarded-Proto``; tornado takes the last.
    """
    scheme, host = request.protocol, request.host
    if trusting:
        said = _first(request, "X-Scheme") or _first(request, "X-Forwarded-Proto")
        scheme = said if said in ("http", "https") else scheme
        named = _first(request, "X-Forwarded-Host")
        host = named if HOST.fullmatch(named) else host
    return f"{scheme}://{host}"


def _first(request: HTTPServerRequest, name: str) -> str:
    return str(request.headers.get(name, "")).partition(",")[0].strip()
