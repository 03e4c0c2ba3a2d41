"""A STAC item made local: its assets beside it, relative hrefs, a catalog above it.

The item's fields stay as they came, of whatever STAC version: readers such as pystac bring old ones
up to date, and a tool finds what its author saw. Only hrefs and links are ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from jupyter_ades.errors import RefusedReference
from jupyter_ades.references import is_web, scheme_of, shown

#: Bytes that a file's name may have, less room for a prefix.
_LONGEST = 150
_ODD = re.compile(r"[^\w.+=@~ -]")


def file_name(href: str, default: str = "file") -> str:
    """The name that an href gives its file, safe in a folder."""
    return safe_name(last_step(href)) or default


def last_step(href: str) -> str:
    """The last part of an href's path, decoded; empty for none."""
    path = urlsplit(href).path if is_web(href) or scheme_of(href) == "file" else href
    last = path.rstrip("/").rpartition("/")[2]
    return unquote(last) if scheme_of(href) else last


def safe_name(text: str) -> str:
    """A text as the name of a file or folder; may be empty."""
    return _ODD.sub("_", text).strip(". ")[:_LONGEST]


def is_item(document: Any) -> bool:
    """Whether a JSON document is a STAC item, of any version."""
    return (
        isinstance(document, dict)
        and isinstance(document.get("id"), str)
        and isinstance(document.get("assets"), dict)
        and document.get("type", "Feature") == "Feature"
    )


def items_of(document: Any) -> list[dict[str, Any]]:
    """The STAC items that a document is, or is a feature collection of."""
    if is_item(document):
        return [document]
    features = document.get("features") if isinstance(document, dict) else None
    if isinstance(features, list) and features and all(is_item(each) for each in features):
        return features
    return []


class LocalItem:
    """One item and where it and its assets are put."""

    def __init__(self, item: dict[str, Any], base: str, folder: Path) -> None:
        #: The item as it came, and the URL that its relative hrefs are relative to; may be empty.
        self._item, self._base = item, base
        self.folder = folder
        self.path = folder / f"{folder.name}.json"
        self._assets = {
            key: asset
            for key, asset in item["assets"].items()
            if isinstance(asset, dict) and isinstance(asset.get("href"), str)
        }
        self._names = dict(_apart(self._assets, self.path.name))

    def wanted(self) -> Iterator[tuple[str, Path]]:
        """The href of each asset, and the file to put it into; RefusedReference for an odd one."""
        for key, asset in self._assets.items():
            yield self._source(key, asset), self.folder / self._names[key]

    def write(self) -> None:
        """Write the item's JSON, to be read once its assets are there."""
        assets = {
            key: {**_without(asset, "alternate"), "href": f"./{self._names[key]}"}
            for key, asset in self._assets.items()
        }
        document = {
            "type": "Feature",
            "stac_version": "1.0.0",
            "stac_extensions": [],
            "geometry": None,
            "properties": {},
            **self._item,
            "links": self._links(),
            "assets": assets,
        }
        _write(self.path, document)

    def _links(self) -> list[dict[str, str]]:
        up = {"href": "../catalog.json", "type": "application/json"}
        links = [{"rel": "root", **up}, {"rel": "parent", **up}]
        if is_web(self._base):
            links.append({"rel": "via", "href": self._base, "type": "application/geo+json"})
        return links

    def _source(self, key: str, asset: dict[str, Any]) -> str:
        """An href of the asset that can be fetched: its own, else one of its alternates."""
        alternates = asset.get("alternate")
        others = alternates.values() if isinstance(alternates, dict) else ()
        hrefs = [asset["href"], *(each["href"] for each in others if _has_href(each))]
        for href in hrefs:
            source = resolve(href, self._base)
            if is_web(source) or scheme_of(source) in ("", "file"):
                return self._checked(key, source)
        raise RefusedReference(
            f"Asset {key} of item {self._item['id']} is at {shown(hrefs[0])}:"
            f" {scheme_of(hrefs[0])} references cannot be staged in; give an item whose assets have"
            " http(s) hrefs."
        )

    def _checked(self, key: str, source: str) -> str:
        if is_web(source):
            return source
        what = f"Asset {key} of item {self._item['id']} is at {shown(source)}"
        if not self._base:
            raise RefusedReference(
                f"{what}, and an item given by value has no place of its own; give full URLs."
            )
        if is_web(self._base):
            raise RefusedReference(f"{what}: an item from the web may not name files.")
        return source


def resolve(href: str, base: str) -> str:
    """An href of a document as an href of its own; ``base`` is the document's URL or empty."""
    if is_web(base):
        return urljoin(base, href)
    if scheme_of(href) or not base:
        return href
    return str(Path(unquote(urlsplit(base).path)).parent / href)


def write_catalog(folder: Path, items: Sequence[LocalItem]) -> None:
    """Write ``catalog.json`` above the items, the last of a staged folder's files."""
    root = {"rel": "root", "href": "./catalog.json", "type": "application/json"}
    links = [
        {
            "rel": "item",
            "href": f"./{item.folder.name}/{item.path.name}",
            "type": "application/geo+json",
        }
        for item in items
    ]
    document = {
        "type": "Catalog",
        "stac_version": "1.0.0",
        "id": f"{folder.name}",
        "description": "Staged in with its assets.",
        "links": [root, *links],
    }
    _write(folder / "catalog.json", document)


def folders_for(items: Iterable[dict[str, Any]], folder: Path) -> Iterator[Path]:
    """A folder of its own for each item, named by its id."""
    taken = {"catalog.json"}
    for item in items:
        yield folder / _free(safe_name(item["id"]) or "item", taken)


def _apart(assets: dict[str, Any], reserved: str) -> Iterator[tuple[str, str]]:
    """A file name for each asset, also apart where capitals do not count."""
    taken = {reserved.casefold()}
    for key, asset in assets.items():
        name = file_name(asset["href"], default=safe_name(key) or "asset")
        if name.casefold() in taken:
            name = f"{safe_name(key)}-{name}"
        yield key, _free(name, taken)


def _free(name: str, taken: set[str]) -> str:
    """The name, numbered when it is taken; it is taken from now on."""
    number, free = 1, name
    while free.casefold() in taken:
        number += 1
        free = f"{number}-{name}"
    taken.add(free.casefold())
    return free


def _has_href(alternate: Any) -> bool:
    return isinstance(alternate, dict) and isinstance(alternate.get("href"), str)


def _without(mapping: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in mapping.items() if name != key}


def _write(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2), encoding="utf-8")
