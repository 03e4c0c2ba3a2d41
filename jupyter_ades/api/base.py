"""What every handler shares: reading a request, asking the service, answering, refusing."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Awaitable, Callable, Collection
from functools import cached_property
from http import HTTPStatus
from typing import Any, TypeVar

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from tornado import web

from jupyter_ades.api.bodies import check_size, read_json
from jupyter_ades.api.dialect import Dialect, Links
from jupyter_ades.api.negotiation import wanted
from jupyter_ades.api.operations import EVERYWHERE, HTML_TYPE, JSON_TYPE, operation_of
from jupyter_ades.api.site import ApiSite
from jupyter_ades.core.service import Service
from jupyter_ades.errors import AdesError, InvalidParameter, NoSuchWorkspace, Unavailable
from jupyter_ades.model import Job

T = TypeVar("T")

#: Entries of one list page: least and most.
LIMITS = (1, 10_000)


class ErrorAnswers:
    """Turns every refusal into an RFC 7807 document; nothing of a traceback leaves the server."""

    request: Any
    log: Any
    set_status: Callable[[int], None]
    set_header: Callable[[str, str], None]
    finish: Callable[..., Any]

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """The one place where an error becomes an answer."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        document = problem_document(status_code, error)
        self.set_status(document["status"])
        if status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            self.set_header("Allow", ", ".join(allowed(type(self))))
        self.finish(json.dumps(document), set_content_type=self._problem_type())

    def log_exception(self, kind: Any, value: Any, trace: Any) -> None:
        """A refusal is not a fault of the server: it gets a line, not a traceback.

        Details of inputs may quote their values: those who follow each step see them.
        """
        if isinstance(value, AdesError):
            steps = [re.split(r"[.\[\]]", each.path) for each in value.problems]
            about = {step[1] for step in steps if step[0] == "inputs" and len(step) > 1}
            said = f"{value.title} ({', '.join(sorted(about))})" if about else value.detail
            self.log.info("%s: %s", self.request.path, said)
            self.log.debug("%s: %s", self.request.path, value.detail)
        else:
            super().log_exception(kind, value, trace)  # type: ignore[misc]

    def _problem_type(self) -> str:
        accept = self.request.headers.get("Accept", "*/*")
        plain = any(kind in accept for kind in ("application/json", "*/*", "application/*"))
        return "application/json" if plain else "application/problem+json"


def allowed(handler: type[Any]) -> list[str]:
    """The methods that a handler has of its own."""
    methods = ("get", "head", "post", "put", "patch", "delete")
    blank = vars(web.RequestHandler)
    found = ((method, getattr(handler, method)) for method in methods)
    return [method.upper() for method, has in found if has is not blank[method]]


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
    #: Other names of the JSON that is answered.
    also_json: tuple[str, ...] = ()

    def initialize(self, site: ApiSite, dialect: Dialect, workspace: str) -> None:
        """Bind the handler to one workspace in one dialect."""
        self.site = site
        self.dialect = dialect
        self.workspace = workspace

    async def prepare(self, **keywords: Any) -> None:
        """Refuse what the operation does not take, once it is known who asks."""
        await super().prepare(**keywords)
        if self.current_user and self.dialect.strict:
            self.check_query()

    def check_query(self) -> None:
        """InvalidParameter, with all of them, for parameters that the operation does not know."""
        operation = operation_of(type(self), self.request.method or "")
        known = {each.name for each in operation.query} if operation else set()
        unknown = sorted(set(self.request.query_arguments) - known - EVERYWHERE)
        if operation and unknown:
            its = ", ".join(sorted(known)) or "none"
            names = ", ".join(f"'{name[:50]}'" for name in unknown[:20])
            raise InvalidParameter(f"{names}: there is no such parameter here; known are {its}.")

    @property
    def service(self) -> Service:
        """The workspace's service; its methods run on the core's thread by :meth:`ask`."""
        return self.site.services[self.workspace]

    @cached_property
    def links(self) -> Links:
        """Addresses as this request's client sees them."""
        return self.site.links(self.request, self.workspace, self.dialect.name)

    def ask(self, function: Callable[..., T], *arguments: Any, **named: Any) -> Awaitable[T]:
        """A call of the service."""
        return self.site.core.call(function, *arguments, **named)

    async def is_guest(self) -> bool:
        """Whether who asks may not do everything here, by the server's authorizer."""
        asked = self.authorizer.is_authorized(self, self.current_user, "write", self.auth_resource)
        return not await ensure_async(asked)

    def answer(self, document: Any, status: int = 200) -> None:
        """Send a document: as JSON, or as a page for people who ask for one."""
        self.set_status(status)
        if self.form() == HTML_TYPE:
            self.show(document)
        else:
            self.finish(json.dumps(document, ensure_ascii=False))

    def show(self, document: Any, **more: Any) -> None:
        """Send a page of a document, for people; ``more`` is what else the page shows."""
        from jupyter_ades.api.pages import CONTENT_SECURITY_POLICY, render

        operation = operation_of(type(self), self.request.method or "")
        nonce = secrets.token_urlsafe(16)
        page = render(
            operation.name if operation else "",
            document,
            links=self.links,
            workspace=self.workspace,
            base_url=self.site.base_url,
            user=self.current_user,
            nonce=nonce,
            **more,
        )
        # For the cookie that a form on the page needs.
        _ = self.xsrf_token
        self.set_header("Content-Security-Policy", CONTENT_SECURITY_POLICY.format(nonce=nonce))
        self.set_header("X-Content-Type-Options", "nosniff")
        self.finish(page, set_content_type="text/html; charset=utf-8")

    def sandbox(self) -> None:
        """Say that what is sent is others' work: it must not script Jupyter, whatever it is."""
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Content-Security-Policy", "sandbox")

    def get_login_url(self) -> str:
        """Where a browser is sent to that asks for a page; programs are told 403."""
        if "text/html" in self.request.headers.get("Accept", "") and self.dialect.strict:
            return JupyterHandler.get_login_url(self)
        return str(super().get_login_url())

    def form(self) -> str:
        """The media type that a document is sent as; NotAcceptable when none will do."""
        operation = operation_of(type(self), self.request.method or "")
        pages = (HTML_TYPE,) if operation and operation.page else ()
        if not self.dialect.strict:
            return JSON_TYPE
        accept = self.request.headers.get("Accept", "")
        offered = (JSON_TYPE, *self.also_json, *pages)
        return wanted(offered, accept, self.get_query_argument("f", None))

    @property
    def idempotency_key(self) -> str | None:
        """What the client knows this request by when it sends it again."""
        return self.request.headers.get("Idempotency-Key") or None

    def accepted(self, job: Job) -> None:
        """201 for a new job, or the one that an idempotency key names: its status, its address."""
        self.set_header("Location", self.dialect.location(self.links, "jobs", job.id))
        self.answer(self.dialect.status(job, self.links), status=201)

    def read_json(self) -> Any:
        """The request's JSON, within this server's limits."""
        limits = self.site.limits
        check_size(self.request.body, limits.max_body_bytes, "c.ADES.max_body_bytes")
        return read_json(self.request.body, depth=limits.max_json_depth)

    def read_limit(self, default: int) -> int:
        """``limit``; InvalidParameter when it is no number or out of bounds."""
        return self.read_number("limit", *LIMITS) or default

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

    def read_list(self, name: str, known: Collection[str] = ()) -> list[str]:
        """A query parameter's values, repeated or with commas; each one of those known, if any."""
        given = ",".join(self.get_query_arguments(name)).split(",")
        values = [value.strip() for value in given if value.strip()]
        for value in values:
            if known and value not in known:
                raise InvalidParameter(f"{name}: '{value[:50]}' is none of {', '.join(known)}.")
        return values


class NoWorkspaceHandler(ErrorAnswers, APIHandler):  # type: ignore[misc]
    """Answers for every workspace and address that does not exist."""

    auth_resource = "ades"

    @web.authenticated
    @authorized
    async def get(self, workspace: str, *_: str) -> None:
        """404 in words."""
        raise NoSuchWorkspace(f"There is no '{self.request.path}' on this server.")

    post = put = delete = patch = head = get


class ClosedHandler(ErrorAnswers, APIHandler):  # type: ignore[misc]
    """Answers for every address while this service cannot be built."""

    auth_resource = "ades"

    def initialize(self, reason: Exception) -> None:
        """``reason``: why."""
        self.reason = reason

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """503 in words; an error of the service's own as it is."""
        if isinstance(self.reason, AdesError):
            raise self.reason
        raise Unavailable(f"This service's folders cannot be used: {self.reason}")

    post = put = delete = patch = head = get
