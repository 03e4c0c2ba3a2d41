"""A small server that answers as another service does, from a table of recorded-style answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Said:
    """What one address answers; a list answers its members one after the other, then the last."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


Table = Mapping[str, Said | list[Said]]


@dataclass
class Other:
    """A running server, and what it was asked."""

    url: str
    #: ``POST /processes/x/execution``, the body, the headers.
    asked: list[tuple[str, Any, dict[str, str]]] = field(default_factory=list)

    def bodies(self, request: str) -> list[Any]:
        """The bodies of one kind of request."""
        return [body for line, body, _ in self.asked if line == request]


@contextmanager
def answering(table: Table) -> Iterator[Other]:
    """Serve a table for as long as the block lasts; all else is 404 as the table's server says."""
    left = {line: list(said) if isinstance(said, list) else [said] for line, said in table.items()}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            data = self.rfile.read(length)
            line = f"{self.command} {self.path.partition('?')[0]}"
            body = json.loads(data) if data[:1] in (b"{", b"[") else data
            other.asked.append((line, body, dict(self.headers.items())))
            found = left.get(line)
            missing = Said(404, {"title": "Not Found", "detail": f"no {line}"})
            said = missing if not found else found.pop(0) if len(found) > 1 else found[0]
            self.send(said)

        def send(self, said: Said) -> None:
            plain = isinstance(said.body, bytes)
            content = said.body if plain else json.dumps(said.body).encode()
            content = b"" if said.body is None else content.replace(b"{url}", other.url.encode())
            self.send_response(said.status)
            for name, value in {"Content-Type": "application/json", **said.headers}.items():
                self.send_header(name, value.replace("{url}", other.url))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    other = Other(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield other
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
