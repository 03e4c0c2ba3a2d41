"""A proxy before an S3 service that breaks a share of the requests, each in one of six ways."""

from __future__ import annotations

import http.client
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

FAULTS = ("slow down", "internal error", "reset in request", "reset in answer", "slow", "short")
ERROR = '<?xml version="1.0"?><Error><Code>{0}</Code><Message>{0}</Message></Error>'
#: Seconds that a slow answer takes longer.
SLOW = 0.3


@dataclass(kw_only=True)
class Proxy:
    """What a running proxy does and did."""

    endpoint: str
    #: Share of the requests that are broken.
    share: float
    #: Requests whose path holds this are always answered by 503.
    doomed: str = "doomed"
    requests: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    _random: random.Random = field(default_factory=lambda: random.Random(6))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self, path: str) -> str:
        """What becomes of a request; empty for nothing."""
        with self._lock:
            self.requests += 1
            if self.doomed in path:
                return "slow down"
            if self._random.random() >= self.share:
                return ""
            fault = self._random.choice(FAULTS)
            self.faults[fault] += 1
            return fault


@contextmanager
def proxying(upstream: str, share: float) -> Iterator[Proxy]:
    """A proxy while the block runs."""
    address = urlsplit(upstream).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _carry(self) -> None:
            fault = proxy.fault(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            if fault == "reset in request":
                self.rfile.read(length // 2)
                _reset(self)
                return
            body = self.rfile.read(length)
            if fault in ("slow down", "internal error"):
                code = "SlowDown" if fault == "slow down" else "InternalError"
                status = 503 if fault == "slow down" else 500
                _answer(self, status, {}, ERROR.format(code).encode())
                return
            upstream = http.client.HTTPConnection(address, timeout=30)
            upstream.request(self.command, self.path, body, dict(self.headers))
            found = upstream.getresponse()
            data = found.read()
            upstream.close()
            if fault == "slow":
                time.sleep(SLOW)
            if fault == "reset in answer":
                _reset(self)
                return
            _answer(self, found.status, dict(found.getheaders()), data, short=fault == "short")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def handle(self) -> None:
            """Take it that a client goes away."""
            try:
                super().handle()
            except OSError:
                return

    for verb in ("GET", "PUT", "POST", "DELETE", "HEAD"):
        setattr(Handler, f"do_{verb}", Handler._carry)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    proxy = Proxy(endpoint=f"http://127.0.0.1:{server.server_address[1]}", share=share)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(
    handler: BaseHTTPRequestHandler,
    status: int,
    headers: dict[str, str],
    data: bytes,
    *,
    short: bool = False,
) -> None:
    """Pass an answer on; a short one claims more bytes than come."""
    handler.send_response(status)
    for name, value in headers.items():
        if name.lower() not in ("content-length", "transfer-encoding", "connection"):
            handler.send_header(name, value)
    said = headers.get("Content-Length", "0") if handler.command == "HEAD" else len(data)
    handler.send_header("Content-Length", str(int(said) + (100 if short else 0)))
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(data)
    if short:
        handler.wfile.flush()
        handler.close_connection = True


def _reset(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.connection.close()
