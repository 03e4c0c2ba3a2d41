"""Where the service's addresses are: what answers them is built when the first request comes."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from http import HTTPMethod
from typing import Any

from tornado.httputil import (
    HTTPHeaders,
    HTTPMessageDelegate,
    HTTPServerRequest,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.routing import PathMatches, Router, Rule, RuleRouter
from tornado.web import Application, RequestHandler

from jupyter_ades.workspace_names import DIALECTS

#: Below Jupyter's base_url: this service's own addresses, and those of every workspace.
PATHS = (r"api/ades(?:/.*)?", rf"[^/]+/(?:{'|'.join(DIALECTS)})(?:/.*)?")


class Rooms(RuleRouter):
    """Handlers by address, of the Jupyter server's application."""

    def __init__(self, application: Application, rules: Iterable[Any]) -> None:
        self._application = application
        super().__init__(list(rules))

    def get_target_delegate(
        self, target: Any, request: HTTPServerRequest, **parameters: Any
    ) -> HTTPMessageDelegate | None:
        """What answers a request."""
        if isinstance(target, type) and issubclass(target, RequestHandler):
            return self._application.get_handler_delegate(request, target, **parameters)
        return super().get_target_delegate(target, request, **parameters)


class Entrance(Router):
    """Lets requests into the rooms, and has these built by the first of them."""

    #: Jupyter looks for methods that ask nobody who they are; here are none, the rooms see to it.
    SUPPORTED_METHODS: tuple[HTTPMethod, ...] = ()

    def __init__(self, application: Application, build: Callable[[], Awaitable[Rooms]]) -> None:
        self.application = application
        self.build = build
        self.rooms: Rooms | None = None

    def rules(self, base_url: str) -> list[Rule]:
        """What the application is given."""
        return [Rule(PathMatches(re.escape(base_url) + path + "$"), self) for path in PATHS]

    def find_handler(
        self, request: HTTPServerRequest, **parameters: Any
    ) -> HTTPMessageDelegate | None:
        """What answers a request, as soon as it can be."""
        if self.rooms is None:
            return _Waiting(self, request)
        return self.rooms.find_handler(request)


class _Waiting(HTTPMessageDelegate):
    """One of the first requests; its body is read once there is somebody to take it."""

    def __init__(self, entrance: Entrance, request: HTTPServerRequest) -> None:
        self._entrance = entrance
        self._request = request
        self._inner: HTTPMessageDelegate | None = None

    async def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> None:
        rooms = await self._entrance.build()
        found = rooms.find_handler(self._request)
        # An address of Jupyter's own, or none: the application knows what to say.
        self._inner = found or self._entrance.application.find_handler(self._request)
        going_on = self._inner.headers_received(start_line, headers)
        if going_on is not None:
            await going_on

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        assert self._inner is not None
        return self._inner.data_received(chunk)

    def finish(self) -> None:
        assert self._inner is not None
        self._inner.finish()

    def on_connection_close(self) -> None:
        if self._inner is not None:
            self._inner.on_connection_close()
