"""What a job's results were made from: the STAC objects among its inputs, and their times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from jupyter_ades.model import JSON, REFERENCE, STAGED
from jupyter_ades.worker.own_catalog import documents, item_times, read_document

_STAC = ("directory", "stac-item")


def source_hrefs(value: JSON) -> Iterator[str]:
    """URLs of the STAC objects among the inputs; one with a query may hold a secret, or expire."""
    if isinstance(value, list):
        for each in value:
            yield from source_hrefs(each)
    elif isinstance(value, dict):
        if value.get(REFERENCE) in _STAC:
            href = str(value.get("href"))
            parts = urlsplit(href)
            if parts.scheme in ("http", "https") and not parts.query and "@" not in parts.netloc:
                yield href
        else:
            yield from source_hrefs(list(value.values()))


def source_times(value: JSON) -> Iterator[datetime]:
    """When the STAC items among the inputs were acquired.

    ``value`` is the inputs as a request had them (with items written in it), or as ``staged.json``
    has them (with the paths of those that were staged in).
    """
    if isinstance(value, list):
        for each in value:
            yield from source_times(each)
    elif isinstance(value, dict):
        if REFERENCE in value:
            yield from item_times(value.get("value"))
        elif value.get(STAGED) in _STAC:
            yield from _staged_times(Path(value["path"]))
        else:
            yield from source_times(list(value.values()))


def _staged_times(path: Path) -> Iterator[datetime]:
    """Of a folder with a catalog, or of one item's file."""
    if path.is_dir():
        found = [document for document in documents(path) if document.is_item]
    else:
        item = read_document(path)
        found = [item] if item else []
    for document in found:
        yield from item_times(document.data)
