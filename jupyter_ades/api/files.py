"""Streams what a job left and what it says: files with Range, listings, the log."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from html import escape
from pathlib import Path, PurePath
from typing import Any, cast

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from jupyter_ades.api.base import AdesHandler, ErrorAnswers
from jupyter_ades.api.bucket_files import BucketFiles
from jupyter_ades.api.dialect import Dialect, Links
from jupyter_ades.api.operations import FOLLOW as FOLLOWED
from jupyter_ades.api.operations import TEXT_TYPE, Answer, operation
from jupyter_ades.api.site import ApiSite
from jupyter_ades.errors import NoSuchFile
from jupyter_ades.s3.address import S3Address

ANY = ("*/*",)
#: Bytes of a log that are sent at a time.
CHUNK = 64 * 1024
#: Seconds between two looks at a log that is followed.
FOLLOW = 0.25
MEDIA_TYPES = {
    ".tif": "image/tiff; application=geotiff; profile=cloud-optimized",
    ".tiff": "image/tiff; application=geotiff; profile=cloud-optimized",
    ".ipynb": "application/x-ipynb+json",
    ".geojson": "application/geo+json",
    ".nc": "application/netcdf",
    ".cwl": "application/cwl+yaml",
}


def media_type(path: PurePath) -> str:
    """What a file is, by its name."""
    known = MEDIA_TYPES.get(path.suffix.lower())
    return known or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


class JobFilesHandler(ErrorAnswers, JupyterHandler, web.StaticFileHandler):  # type: ignore[misc]
    """Files below ``wf-<job id>``, never anything else, each with Range, ETag and Last-Modified."""

    auth_resource = "ades"

    def initialize(  # type: ignore[override]
        self, site: ApiSite, dialect: Dialect, workspace: str
    ) -> None:
        """Bind the handler to one workspace in one dialect."""
        self.site = site
        self.dialect = dialect
        self.workspace = workspace
        self.service = site.services[workspace]
        super().initialize(path=str(self.service.workspace.results))

    def get_login_url(self) -> str:
        """Where a browser is sent to; programs are told 403."""
        if "text/html" not in self.request.headers.get("Accept", ""):
            raise web.HTTPError(403)
        return str(super().get_login_url())

    @property
    def content_security_policy(self) -> str:
        """An output must not script Jupyter, whatever a browser makes of it."""
        return "sandbox"

    def finish(self, *arguments: Any, set_content_type: str | None = None) -> Any:
        """Take the content type that :class:`ErrorAnswers` gives."""
        if set_content_type:
            self.set_header("Content-Type", set_content_type)
        return super().finish(*arguments)

    @web.authenticated
    @authorized
    @operation(
        "getFile",
        answers={
            200: Answer(description="A file, or a folder's listing.", schema={}, media_types=ANY),
            206: Answer(description="A part of a file.", schema={}, media_types=ANY),
            304: Answer(description="As the client has it."),
        },
        refuses=(404, 416),
    )
    async def get(  # type: ignore[override]
        self, job_id: str, path: str = "", include_body: bool = True
    ) -> None:
        """A file, or a folder's listing."""
        self.set_header("X-Content-Type-Options", "nosniff")
        found = await self.site.core.call(self.service.file, job_id, path or f"wf-{job_id}")
        if isinstance(found, S3Address):
            await self.send_object(job_id, path or f"wf-{job_id}", found, include_body)
        elif found.is_dir():
            address = self.address(job_id, found)
            self.answer_listing(await self.site.core.beside(list_folder, found, address))
        else:
            self.root = str(_above(job_id, found))
            await super().get(str(found.relative_to(self.root)), include_body)

    def answer_listing(self, listing: dict[str, Any]) -> None:
        """Send a listing, as a page where a browser asks."""
        if "text/html" in self.request.headers.get("Accept", ""):
            self.finish(as_page(listing), set_content_type="text/html; charset=utf-8")
        else:
            self.finish(json.dumps(listing), set_content_type="application/json")

    async def send_object(
        self, job_id: str, path: str, address: S3Address, include_body: bool
    ) -> None:
        """The same of results in a bucket."""
        files = BucketFiles(self, self.service.workspace.s3, media_type)
        links: Links = self.site.links(self.request, self.workspace, self.dialect.name)
        folder = path.rstrip("/")
        if "/" in path and not path.endswith("/"):
            if self.site.redirecting:
                return await files.redirect(address, body=include_body)
            with suppress(NoSuchFile):
                return await files.send(address, body=include_body)
        listing = await files.listing(
            address, lambda name: links.path("jobs", job_id, "files", f"{folder}/{name}")
        )
        return self.answer_listing(listing)

    @web.authenticated
    @authorized
    async def head(self, job_id: str, path: str = "") -> None:  # type: ignore[override]
        """The same without the body."""
        await cast("Awaitable[None]", self.get(job_id, path, include_body=False))

    def address(self, job_id: str, found: Path) -> Callable[[Path], str]:
        """What makes the path of a delivered file an address, as that of the one that was found."""
        links: Links = self.site.links(self.request, self.workspace, self.dialect.name)
        results = _above(job_id, found)
        return lambda path: links.path("jobs", job_id, "files", str(path.relative_to(results)))

    def compute_etag(self) -> str | None:
        """By time and size: hashing a scene would block the server. A listing has none."""
        if getattr(self, "absolute_path", None) is None:
            return None
        stat = self._stat()
        return f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'

    def get_content_type(self) -> str:
        """By the file's name."""
        return media_type(Path(self.absolute_path or ""))

    def get_cache_time(self, *_: Any) -> int:
        """Clients ask again each time, with the ETag."""
        return 0


def _above(job_id: str, found: Path) -> Path:
    """The folder that a job's results were delivered to, by a file of them."""
    return next(
        each for each in found.parents if (each / f"wf-{job_id}") in (found, *found.parents)
    )


def list_folder(folder: Path, address: Callable[[Path], str]) -> dict[str, Any]:
    """What a folder holds, by name; links that lead out of it, or nowhere, are left out."""
    inside = [each for each in folder.iterdir() if _leads_into(folder, each)]
    entries = sorted(inside, key=lambda entry: (entry.is_file(), entry.name))
    return {"name": folder.name, "files": [_entry(entry, address) for entry in entries]}


def _leads_into(folder: Path, entry: Path) -> bool:
    try:
        return entry.resolve(strict=True).is_relative_to(folder)
    except (OSError, RuntimeError):
        # To nothing, or round and round.
        return False


def as_page(listing: dict[str, Any]) -> str:
    """A folder's listing for a browser."""
    name = escape(listing["name"])
    rows = "".join(
        f'<li><a href="{escape(entry["href"])}">{escape(entry["name"])}</a>'
        f" {entry.get('size', '')}</li>"
        for entry in listing["files"]
    )
    return f"<!doctype html><title>{name}</title><h1>{name}</h1><ul>{rows}</ul>"


def _entry(path: Path, address: Callable[[Path], str]) -> dict[str, Any]:
    stat = path.stat()
    modified = datetime.fromtimestamp(stat.st_mtime, UTC).isoformat().replace("+00:00", "Z")
    if path.is_dir():
        return {"name": path.name, "type": "folder", "href": address(path) + "/"}
    return {
        "name": path.name,
        "type": media_type(path),
        "size": stat.st_size,
        "modified": modified,
        "href": address(path),
    }


class QuicklookHandler(AdesHandler):
    """A look at a job's results."""

    @web.authenticated
    @authorized
    async def get(self, job_id: str) -> None:
        """A small PNG of the first output that can be shown, nodata transparent."""
        path = await self.ask(self.service.quicklook, job_id)
        picture = await self.site.core.beside(path.read_bytes)
        self.sandbox()
        self.finish(picture, set_content_type="image/png")


class LogHandler(AdesHandler):
    """A job's log."""

    @web.authenticated
    @authorized
    @operation(
        "getLog",
        query=(FOLLOWED,),
        answers={
            200: Answer(description="The log.", schema={"type": "string"}, media_types=(TEXT_TYPE,))
        },
        refuses=(404,),
    )
    async def get(self, job_id: str) -> None:
        """The log so far; with ``follow=true`` also what comes, until the job ends."""
        path = await self.ask(self.service.log, job_id)
        follow = self.read_flag("follow")
        self.sandbox()
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        place = await self._send(path, 0)
        while follow:
            ended = (await self.ask(self.service.job, job_id)).status.final
            place = await self._send(path, place)
            if ended:
                break
            await self.site.core.next_change(FOLLOW)
        self.finish(set_content_type="text/plain; charset=utf-8")

    async def _send(self, path: Path, place: int) -> int:
        """Send what stands behind a place of the file; the place behind that."""
        while chunk := await self.site.core.beside(_read, path, place):
            self.write(chunk)
            await self.flush()
            place += len(chunk)
        return place


def _read(path: Path, place: int) -> bytes:
    try:
        with open(path, "rb") as file:
            file.seek(place)
            return file.read(CHUNK)
    except FileNotFoundError:
        return b""
