"""A threaded HTTP server that misbehaves as it is told, on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(kw_only=True)
class Answer:
    """One answer of the server."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    #: Content-Length to claim; None claims the true one, -1 none at all.
    length: int | None = None
    #: Close the connection without an orderly end after the body.
    reset: bool = False
    #: Wait for this before the body.
    wait: threading.Event | None = None


@dataclass(kw_only=True)
class Site:
    """What a running server has at its paths and was asked."""

    host: str
    port: int
    #: Path to its answers in turn; the last one is given again and again.
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    #: The paths that were asked for, with their headers.
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The server's address, without a slash at the end."""
        return f"http://{self.host}:{self.port}"

    def put(self, path: str, *answers: Answer | bytes) -> str:
        """Say what is at a path; its URL."""
        self.answers[path] = [
            Answer(body=each) if isinstance(each, bytes) else each for each in answers
        ]
        return self.url + path

    def times(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(asked == path for asked, _ in self.asked)

    def next(self, path: str) -> Answer:
        """The answer to give now."""
        answers = self.answers.get(path.partition("?")[0], [Answer(status=404, body=b"none")])
        return answers.pop(0) if len(answers) > 1 else answers[0]


@contextmanager
def serving() -> Iterator[Site]:
    """A site while the block runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(lambda: site))
    server.daemon_threads = True
    site = Site(host="127.0.0.1", port=server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(site: Callable[[], Site]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site().asked.append((self.path, dict(self.headers)))
            _give(self, site().next(self.path))

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


def _give(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    handler.close_connection = True
    handler.send_response(answer.status)
    handler.send_header("Connection", "close")
    for name, value in answer.headers.items():
        handler.send_header(name, value)
    length = len(answer.body) if answer.length is None else answer.length
    if length >= 0:
        handler.send_header("Content-Length", str(length))
    handler.end_headers()
    if answer.wait is not None:
        handler.wfile.flush()
        answer.wait.wait(10)
    try:
        handler.wfile.write(answer.body)
        handler.wfile.flush()
    except OSError:
        return
    if answer.reset:
        handler.connection.setsockopt(
            socket.SOL_SOCKET,
            socket.SO_LINGER,
            b"\x01\x00\x00\x00\x00\x00\x00\x00",
        )
