"""Finds the files that a job left, to be fetched one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from jupyter_ades.client.errors import NotAService, NotFound, NotOffered
from jupyter_ades.client.records import JobRecord
from jupyter_ades.client.site import Site
from jupyter_ades.client.steps import Call, Operation

#: Folders in folders that are looked into.
DEPTH = 20


def list_files(site: Site, job: JobRecord) -> Operation[list[tuple[PurePosixPath, Call]]]:
    """Each file's path below the results folder, with the request that gives it."""
    link = job.link("collection")
    if link is None:
        raise NotOffered(f"This server lists no files of job {job.id}; job.outputs has its links.")
    try:
        return (yield from _below(site, link.href, PurePosixPath(), DEPTH))
    except NotFound:
        raise NotOffered(f"The files of job {job.id} cannot be listed.") from None


def _below(
    site: Site, href: str, folder: PurePosixPath, depth: int
) -> Operation[list[tuple[PurePosixPath, Call]]]:
    reply = yield from site.follow(href)
    document = reply.document
    found: list[tuple[PurePosixPath, Call]] = []
    for entry in _entries(document):
        path = folder / entry["name"]
        if entry.get("type") == "folder" and depth:
            found += yield from _below(site, entry["href"], path, depth - 1)
        else:
            url = yield from site.url(entry["href"])
            found.append((path, site.call(url)))
    return found


def _entries(document: Any) -> Iterator[Mapping[str, Any]]:
    """The entries of a listing; a name that is no plain name is refused."""
    if not isinstance(document, Mapping) or not isinstance(document.get("files"), list):
        raise NotAService("The answer is no listing of files.")
    for entry in document["files"]:
        name = str(entry["name"])
        if name in (".", "..") or Path(name).name != name or "\\" in name:
            raise NotAService(f"The listing has a file called {name!r}, which is no name.")
        yield entry
