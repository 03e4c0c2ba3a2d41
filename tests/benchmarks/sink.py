"""An S3 service that keeps sizes and throws bytes away, and gives zeros: as fast as a test needs.

``python -m tests.benchmarks.sink PORT SECONDS``: each answer takes at least so long, as that of a
store in one's own data centre does (10 ms). So what is measured is the client.
"""

from __future__ import annotations

import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

SIZES: dict[str, int] = {}
PARTS: dict[str, int] = {}
LOCK = threading.Lock()
BUFFER = 2**20
ZEROS = bytes(BUFFER)
ENTRY = (
    "<Contents><Key>{0}</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified>"
    '<ETag>"{1}"</ETag><Size>{1}</Size></Contents>'
)


class Sink(BaseHTTPRequestHandler):
    """The few operations that transfers use."""

    protocol_version = "HTTP/1.1"
    latency = float(sys.argv[2])
    disable_nagle_algorithm = True

    def setup(self) -> None:
        """Let small answers go at once."""
        super().setup()
        self.wbufsize = -1

    @property
    def _key(self) -> str:
        return unquote(urlsplit(self.path).path)

    @property
    def _query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.path).query, keep_blank_values=True)

    def do_PUT(self) -> None:
        """An object, or a part of one."""
        time.sleep(self.latency)
        left = size = int(self.headers.get("Content-Length") or 0)
        buffer = memoryview(bytearray(min(BUFFER, max(size, 1))))
        while left:
            left -= self.rfile.readinto(buffer[:left])  # type: ignore[attr-defined]
        size = int(self.headers.get("X-Amz-Decoded-Content-Length") or size)
        with LOCK:
            if "partNumber" in self._query:
                PARTS[self._key] = PARTS.get(self._key, 0) + size
            else:
                SIZES[self._key] = size
        self._say(200, b"")

    def do_POST(self) -> None:
        """Begin or end an upload in parts."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "uploads" in self._query:
            name = "InitiateMultipartUploadResult"
            body = f"<{name}><UploadId>1</UploadId></{name}>"
        else:
            SIZES[self._key] = PARTS.pop(self._key, 0)
            body = '<CompleteMultipartUploadResult><ETag>"1"</ETag></CompleteMultipartUploadResult>'
        self._say(200, body.encode())

    def do_GET(self) -> None:
        """A listing, or as many zeros as the path says: ``/zeros/<bytes>/<name>``."""
        time.sleep(self.latency)
        if "list-type" in self._query:
            self._list()
            return
        first, last = 0, int(self._key.split("/")[2]) - 1
        wanted = self.headers.get("Range", "").removeprefix("bytes=")
        if wanted:
            start, _, end = wanted.partition("-")
            first, last = int(start), int(end or last)
        self.send_response(206 if wanted else 200)
        self.send_header("ETag", '"zeros"')
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        left = last - first + 1
        while left:
            piece = min(left, BUFFER)
            self.wfile.write(ZEROS[:piece])
            left -= piece

    def _list(self) -> None:
        start = f"{self._key.rstrip('/')}/"
        prefix = start + self._query.get("prefix", [""])[0]
        entries = "".join(
            ENTRY.format(key.removeprefix(start), size)
            for key, size in sorted(SIZES.items())
            if key.startswith(prefix)
        )
        self._say(200, f"<ListBucketResult>{entries}</ListBucketResult>".encode())

    def _say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Sink)
    server.daemon_threads = True
    server.serve_forever()
