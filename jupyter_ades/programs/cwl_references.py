"""What a job's staged files mean to cwltool: files beside them, and formats that are declared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from cwltool.stdfsaccess import StdFsAccess
from cwltool.utils import aslist
from schema_salad.ref_resolver import uri_file_path

from jupyter_ades.errors import AdesError
from jupyter_ades.fetch import fetch
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import JSON, STAGED, FetchPolicy
from jupyter_ades.references import is_web, user_path
from jupyter_ades.worker.folder_copy import FolderCopy


class References:
    """The files of a job that came from elsewhere."""

    def __init__(self, job: JobDir, policy: FetchPolicy) -> None:
        self._policy = policy
        #: Folder of a staged file to the file's own href.
        self._hrefs: dict[Path, str] = {}
        #: Staged files of which the request said no more than where they are.
        self.plain: set[Path] = set()
        for each in _staged(json.loads(job.staged.read_bytes()) if job.staged.exists() else {}):
            path = Path(each["path"])
            if isinstance(each.get("href"), str):
                self._hrefs.setdefault(path.parent, each["href"])
            if "class" not in each:
                self.plain.add(path)

    def bring(self, wanted: Path) -> bool:
        """Stage in a file that was not named, from beside the one that was; whether it is there.

        CWL finds secondary files so (v1.2, CommandInputParameter, secondaryFiles).
        """
        href = self._hrefs.get(wanted.parent)
        if href is None:
            return False
        try:
            self._fetch(beside(href, wanted.name), wanted)
        except (AdesError, OSError):
            return False
        return wanted.exists()

    def _fetch(self, href: str, target: Path) -> None:
        source = None if is_web(href) else user_path(href, self._policy)
        if source is not None and source.is_dir():
            FolderCopy(href=href, source=source, target=target, policy=self._policy)()
        elif source is None or source.is_file():
            fetch(href, target, self._policy)


def beside(href: str, name: str) -> str:
    """The href of a file of this name beside another: ``data/a.bam`` -> ``data/a.bam.bai``."""
    if not is_web(href):
        scheme = href.lower().startswith("file:")
        return f"{href.rpartition('/')[0] or '.'}/{quote(name) if scheme else name}"
    parts = urlsplit(href)
    return urlunsplit(parts._replace(path=f"{parts.path.rpartition('/')[0]}/{quote(name)}"))


def _staged(value: JSON) -> Iterator[dict[str, Any]]:
    """Every staged reference, a file before its secondary ones."""
    if isinstance(value, list):
        for each in value:
            yield from _staged(each)
    elif isinstance(value, dict):
        if STAGED in value:
            yield value
        yield from _staged(list(value.values()))


class BesideAccess(StdFsAccess):
    """cwltool's file access, for which files beside a staged one exist as well."""

    def __init__(self, basedir: str, references: References) -> None:
        super().__init__(basedir)
        self._references = references

    def exists(self, fn: str) -> bool:
        """Whether there is such a file, here or beside what a reference names."""
        if super().exists(fn):
            return True
        return fn.startswith("file://") and self._references.bring(Path(uri_file_path(fn)))


def declare_formats(inputs: Any, order: Mapping[str, Any], plain: set[Path]) -> None:
    """Give files that were named by an href alone the format that the package declares.

    cwltool refuses a file without a format where one is declared; an href has no way to say it.
    """
    for each in inputs:
        name = each["id" if "id" in each else "name"].rpartition("#")[2].rpartition("/")[2]
        if name in order:
            _declare(order[name], each["type"], each.get("format"), plain)


def _declare(value: Any, kind: Any, declared: Any, plain: set[Path]) -> None:
    if isinstance(value, list):
        for each in value:
            _declare(each, kind, declared, plain)
    elif isinstance(value, dict) and value.get("class") == "File":
        formats = [each for each in aslist(declared or []) if not each.startswith("$")]
        location = str(value.get("location"))
        if not location.startswith("file://") or Path(uri_file_path(location)) not in plain:
            return
        if formats and "format" not in value:
            value["format"] = formats[0]
    elif isinstance(value, dict):
        for record in _records(kind):
            declare_formats(record["fields"], value, plain)


def _records(kind: Any) -> Iterator[Any]:
    """The record types that a type is, or is an array or union of."""
    for each in aslist(kind):
        if isinstance(each, Mapping) and each.get("type") == "record":
            yield each
        elif isinstance(each, Mapping):
            yield from _records(each.get("items") or each.get("type"))
