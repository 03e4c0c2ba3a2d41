"""A service's address, found among its candidates on first use, and the calls below it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from jupyter_ades.client.discovery import DIALECTS, Found
from jupyter_ades.client.errors import (
    ClientError,
    NotAllowed,
    NotAService,
    NotFound,
    NotOffered,
    error_of,
)
from jupyter_ades.client.records import Link
from jupyter_ades.client.steps import Call, Operation, Reply, send
from jupyter_ades.client.wire import read_list

JSON_TYPE = "application/json"


class Site:
    """One service, as a client knows it. Its methods are operations."""

    def __init__(self, found: Found) -> None:
        self.found = found
        self.known: str | None = found.candidates[0] if len(found.candidates) == 1 else None

    @property
    def label(self) -> str:
        """The service's address, or the likeliest one, for people."""
        return self.known or self.found.candidates[0]

    def root(self) -> Operation[str]:
        """The service's root without a slash at its end; asks once which candidate it is."""
        if self.known is None:
            self.known = yield from self._find()
        return self.known

    def _find(self) -> Operation[str]:
        refused: ClientError | None = None
        for candidate in self.found.candidates:
            try:
                reply = yield from self._send(f"{candidate}/processes", query={"limit": "1"})
                read_list(reply.document, "processes")
            except NotAllowed as error:
                refused = error
            except (NotFound, NotOffered, NotAService):
                continue
            else:
                return candidate
        told = None if refused else (yield from self._told())
        if told is not None:
            return told
        raise refused or NotAService(
            f"There is no ADES at {' or '.join(self.found.candidates)}. Is jupyter_ades enabled"
            " there (jupyter server extension list), and is the workspace right"
            " (Client(workspace=...), --workspace or $ADES_WORKSPACE)?"
        )

    def _told(self) -> Operation[str | None]:
        """The default workspace as the server itself names it, where nobody else did."""
        if not self.found.server:
            return None
        try:
            reply = yield from self._send(f"{self.found.server}/api/ades")
            workspace = reply.document["workspaces"][0]
            path: str = next(
                workspace["dialects"][name] for name in DIALECTS if name in workspace["dialects"]
            )
        except (ClientError, KeyError, IndexError, TypeError, StopIteration):
            return None
        self.found = replace(self.found, workspace=workspace["name"])
        return urljoin(f"{self.found.server}/", path)

    def ask(
        self,
        *steps: str,
        method: str = "GET",
        query: Mapping[str, str] | None = None,
        document: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Operation[Reply]:
        """A reply of an address below the root; raises what a refusal stands for."""
        root = yield from self.root()
        url = "/".join([root, *(quote(step, safe="") for step in steps)])
        sent = dict(headers or {})
        if document is not None:
            content = json.dumps(document).encode()
            sent.setdefault("Content-Type", JSON_TYPE)
        return (
            yield from self._send(url, method=method, query=query, content=content, headers=sent)
        )

    def follow(self, link: Link | str) -> Operation[Reply]:
        """The reply of a link's address."""
        url = yield from self.url(link)
        return (yield from self._send(url))

    def url(self, link: Link | str) -> Operation[str]:
        """A link's address, absolute.

        One that names this service by another host (a proxy that does not say who it is) is taken
        at the host that answers.
        """
        root = yield from self.root()
        href = link if isinstance(link, str) else link.href
        parts, base = urlsplit(urljoin(f"{root}/", href)), urlsplit(root)
        if parts.scheme in ("http", "https") and parts.path.startswith(f"{base.path}/"):
            parts = parts._replace(scheme=base.scheme, netloc=base.netloc)
        return parts.geturl()

    def call(self, url: str, **options: Any) -> Call:
        """A request; the token goes to this service's own host only."""
        own = urlsplit(url)[:2] == urlsplit(self.label)[:2]
        return Call(url=url, token=self.found.token if own else "", **options)

    def _send(
        self,
        url: str,
        *,
        method: str = "GET",
        query: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Operation[Reply]:
        call = self.call(
            url,
            method=method,
            query=query or {},
            content=content,
            headers={"Accept": JSON_TYPE, **(headers or {})},
        )
        reply = yield from send(call)
        if reply.status >= 400:
            raise error_of(reply.status, reply.document, token=bool(call.token), address=self.label)
        if reply.media_type == "text/html" and call.headers["Accept"] == JSON_TYPE:
            raise NotAService(
                f"{url} answers with a page, not with JSON: a login page, or no ADES at all."
            )
        return reply
