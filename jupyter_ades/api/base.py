"""What every handler shares: reading a request, asking the service, answering, refusing."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, TypeVar

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from jupyter_ades.api.bodies import check_size, read_json
from jupyter_ades.api.dialect import Dialect, Links
from jupyter_ades.api.site import ApiSite
from jupyter_ades.core.service import Service
from jupyter_ades.errors import AdesError, InvalidParameter, NoSuchWorkspace
from jupyter_ades.model import Job

T = TypeVar("T")

#: Entries of one list page: least, most, default.
LIMITS = (1, 10_000, 1_000)


class ErrorAnswers:
    """Turns every refusal into an RFC 7807 document; nothing of a traceback leaves the server."""

    request: Any
    log: Any
    set_status: Callable[[int], None]
    finish: Callable[..., Any]

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """The one place where an error becomes an answer."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        document = problem_document(status_code, error)
        self.set_status(document["status"])
        self.finish(json.dumps(document), set_content_type=self._problem_type())

    def log_exception(self, kind: Any, value: Any, trace: Any) -> None:
        """A refusal is not a fault of the server: it gets a line, not a traceback."""
        if isinstance(value, AdesError):
            self.log.info("%s: %s", self.request.path, value.detail)
        else:
            super().log_exception(kind, value, trace)  # type: ignore[misc]

    def _problem_type(self) -> str:
        accept = self.request.headers.get("Accept", "*/*")
        plain = any(kind in accept for kind in ("application/json", "*/*", "application/*"))
        return "application/json" if plain else "application/problem+json"


def problem_document(status_code: int, error: BaseException | None) -> dict[str, Any]:
    """RFC 7807 for a refusal; ``problems`` lists each with its path."""
    if isinstance(error, AdesError):
        document: dict[str, Any] = {
            "type": error.type,
            "title": error.title,
            "status": error.status,
            "detail": error.detail,
        }
        if error.problems:
            document["problems"] = [
                {"path": each.path, "detail": each.detail} for each in error.problems
            ]
        return document
    phrase = HTTPStatus(status_code).phrase
    detail = getattr(error, "log_message", None) if isinstance(error, web.HTTPError) else None
    return {
        "type": "about:blank",
        "title": phrase,
        "status": status_code,
        "detail": detail or "The server's log has the reason.",
    }


class AdesHandler(ErrorAnswers, APIHandler):  # type: ignore[misc]
    """What every handler of a workspace in a dialect shares. Leaf classes are decorated."""

    auth_resource = "ades"

    def initialize(self, site: ApiSite, dialect: Dialect, workspace: str) -> None:
        """Bind the handler to one workspace in one dialect."""
        self.site = site
        self.dialect = dialect
        self.workspace = workspace

    @property
    def service(self) -> Service:
        """The workspace's service; its methods run on the core's thread by :meth:`ask`."""
        return self.site.services[self.workspace]

    @property
    def links(self) -> Links:
        """Addresses as this request's client sees them."""
        return self.site.links(self.request, self.workspace, self.dialect.name)

    def ask(self, function: Callable[..., T], *arguments: Any, **named: Any) -> Awaitable[T]:
        """A call of the service."""
        return self.site.core.call(function, *arguments, **named)

    def answer(self, document: Any, status: int = 200) -> None:
        """Send JSON."""
        self.set_status(status)
        self.finish(json.dumps(document, ensure_ascii=False))

    def accepted(self, job: Job) -> None:
        """201 for a new job, or the one that an idempotency key names: its status, its address."""
        self.site.core.wake()
        self.set_header("Location", self.dialect.location(self.links, "jobs", job.id))
        self.answer(self.dialect.status(job, self.links), status=201)

    def read_json(self) -> Any:
        """The request's JSON, within this server's limits."""
        limits = self.site.limits
        check_size(self.request.body, limits.max_body_bytes, "c.ADES.max_body_bytes")
        return read_json(self.request.body, depth=limits.max_json_depth)

    def read_limit(self) -> int:
        """``limit``; InvalidParameter when it is no number or out of bounds."""
        least, most, default = LIMITS
        return self.read_number("limit", least, most) or default

    def read_number(self, name: str, least: int, most: int) -> int | None:
        """A whole number of the query, or None when it is not there."""
        text = self.get_query_argument(name, None)
        if text is None:
            return None
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise InvalidParameter(f"{name}: a whole number from {least} to {most} is expected.")
        return int(text)

    def read_flag(self, name: str) -> bool:
        """``true`` or ``false`` of the query; false when it is not there."""
        text = self.get_query_argument(name, "false").lower()
        if text not in ("true", "false"):
            raise InvalidParameter(f"{name}: 'true' or 'false' is expected.")
        return text == "true"


class NoWorkspaceHandler(ErrorAnswers, APIHandler):  # type: ignore[misc]
    """Answers for every workspace and address that does not exist."""

    auth_resource = "ades"

    @web.authenticated
    @authorized
    async def get(self, workspace: str, *_: str) -> None:
        """404 in words."""
        raise NoSuchWorkspace(f"There is no '{self.request.path}' on this server.")

    post = put = delete = patch = head = get
