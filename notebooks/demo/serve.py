"""Serve a folder over HTTP on a free loopback port, with Range, HEAD and ETag, as a store would.

python serve.py FOLDER [--port 0]
"""

from __future__ import annotations

import argparse
import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, StaticFileHandler

HOST = "127.0.0.1"
#: Content types that `mimetypes` does not know or names less exactly.
TYPES = {
    ".tif": "image/tiff; application=geotiff; profile=cloud-optimized",
    ".json": "application/json",
    ".geojson": "application/geo+json",
}


class FileHandler(StaticFileHandler):
    """A file of the folder; tornado does Range, HEAD and conditional requests."""

    absolute_path: str

    def get_content_type(self) -> str:
        """The type by the file's extension, with the profile of a COG."""
        return TYPES.get(Path(self.absolute_path).suffix, super().get_content_type())

    def compute_etag(self) -> str:
        """A tag made of time and size."""
        # tornado's own tag is a hash of the whole file, kept for ever: slow for a large COG and
        # wrong once a scene is made anew.
        about = Path(self.absolute_path).stat()
        return f'"{about.st_mtime_ns:x}-{about.st_size:x}"'

    def set_extra_headers(self, path: str) -> None:
        """Always ask again: the folder may change while it is served."""
        self.set_header("Cache-Control", "no-cache")


@contextmanager
def serving(
    folder: Path, *, port: int = 0, handler: type[FileHandler] = FileHandler
) -> Iterator[str]:
    """Serve `folder` from a thread while the context is open; gives the base URL, without a slash.

    Port 0 takes a free one. `handler` is for those who want to watch the requests.
    """
    sockets = bind_sockets(port, HOST)
    loop = asyncio.new_event_loop()
    server = HTTPServer(Application([(r"/(.*)", handler, {"path": str(folder.resolve())})]))
    loop.call_soon(server.add_sockets, sockets)
    thread = threading.Thread(target=loop.run_forever, name="serve", daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{sockets[0].getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(stop(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def stop(server: HTTPServer) -> None:
    """Take no more requests and close what is open."""
    server.stop()
    await server.close_all_connections()


def main() -> None:
    """The command: serve a folder and print its URL, until interrupted."""
    parser = argparse.ArgumentParser(description="Serve a folder over HTTP on loopback.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    given = parser.parse_args()
    with serving(given.folder, port=given.port) as url:
        print(url, flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
