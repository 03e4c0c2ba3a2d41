"""STAC documents that are already there: a package's own catalog, and the items staged in for it.

Read by following relative ``child`` and ``item`` links, within one folder: nothing is fetched.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pystac

from jupyter_ades.model import JSON
from jupyter_ades.worker.delivery import is_within
from jupyter_ades.worker.provenance import utc

log = logging.getLogger(__name__)

CATALOG = "catalog.json"
_DOWN = ("child", "item")
_ELSEWHERE = re.compile(r"^(?!file:)[a-z][a-z0-9+.-]+:", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Document:
    """A STAC document and the file that it was read from."""

    path: Path
    data: dict[str, JSON]

    @property
    def is_item(self) -> bool:
        return self.data.get("type") == "Feature" and isinstance(self.data.get("assets"), dict)

    def file(self, href: str, root: Path) -> Path | None:
        """What an href of this document names in a folder; None when that is not there.

        Also an absolute path of a container, which exists here under its name only.
        """
        plain = unquote(urlsplit(href).path) if href.lower().startswith("file:") else href
        beside = self.path.parent
        for path in (beside / plain, beside / unquote(plain), beside / Path(plain).name):
            if path.exists() and path.resolve().is_relative_to(root):
                return path
        return None


def is_elsewhere(href: str) -> bool:
    """Whether an href names something on the web or in a bucket."""
    return bool(_ELSEWHERE.match(href))


def has_catalog(folder: Path) -> bool:
    """Whether a folder is a STAC catalog."""
    document = read_document(folder / CATALOG)
    return document is not None and isinstance(document.data.get("links"), list)


def documents(folder: Path) -> Iterator[Document]:
    """The folder's catalog and every document below it, each once."""
    root = folder.resolve()
    waiting, seen = [folder / CATALOG], set()
    while waiting:
        path = waiting.pop(0)
        if path.resolve() in seen or not is_within(path, root):
            continue
        seen.add(path.resolve())
        document = read_document(path)
        if document is not None:
            yield document
            waiting += _below(document, root)


def read_document(path: Path) -> Document | None:
    """A file's JSON object; None when it holds none."""
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return Document(path=path, data=data) if isinstance(data, dict) else None


def _below(document: Document, root: Path) -> list[Path]:
    links = document.data.get("links")
    found = []
    for link in links if isinstance(links, list) and not document.is_item else []:
        href = link.get("href") if isinstance(link, dict) and link.get("rel") in _DOWN else None
        if isinstance(href, str) and not is_elsewhere(href):
            path = document.file(href, root)
            found += [path] if path else []
    return found


def as_item(document: Document, fallback: datetime) -> pystac.Item | None:
    """The document as an item of today's STAC version without links to its old surroundings."""
    data: dict[str, Any] = json.loads(json.dumps(document.data))
    try:
        _date(data["properties"], fallback)
        data["links"] = [link for link in data.get("links") or [] if is_elsewhere(link["href"])]
        item = pystac.Item.from_dict(data, migrate=True)
    except (pystac.STACError, AttributeError, LookupError, TypeError, ValueError) as error:
        log.warning("%s is delivered as a plain file: %s", document.path.name, error)
        return None
    return _unbound(item)


def _date(properties: dict[str, JSON], fallback: datetime) -> None:
    if not properties.get("datetime") and not properties.get("start_datetime"):
        properties["datetime"] = utc(fallback)


def _unbound(item: pystac.Item) -> pystac.Item:
    """An item may name a collection only when it links to it."""
    for rel in ("self", "root", "parent"):
        item.remove_links(rel)
    if item.collection_id and not item.get_links("collection"):
        item.properties["ades:collection"] = item.collection_id
        item.collection_id = None
    return item


def item_times(data: JSON) -> Iterator[datetime]:
    """When an item (or the items of a feature collection) was acquired."""
    if not isinstance(data, dict):
        return
    for feature in data.get("features") or []:
        yield from item_times(feature)
    properties = data.get("properties")
    for key in ("datetime", "start_datetime", "end_datetime"):
        written = properties.get(key) if isinstance(properties, dict) else None
        if isinstance(written, str):
            try:
                yield pystac.utils.str_to_datetime(written)
            except ValueError:
                continue
            if key == "datetime":
                return
