"""A STAC item made local: its assets beside it, relative hrefs, a catalog above it.

The item's fields stay as they came, of whatever STAC version: readers such as pystac bring old ones
up to date, and a tool finds what its author saw. Only hrefs and links are ours.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from jupyter_ades.errors import RefusedReference, UnreachableReference
from jupyter_ades.references import is_remote, is_web, scheme_of, shown
from jupyter_ades.worker.bringing import Wanted
from jupyter_ades.worker.promises import promised
from jupyter_ades.worker.stac_references import Found, resolved

log = logging.getLogger(__name__)

#: Bytes that a file's name may have, less room for a prefix.
_LONGEST = 150
#: Assets that a message lists.
_NAMED = 30
_ODD = re.compile(r"[^\w.+=@~ -]")


def file_name(href: str, default: str = "file") -> str:
    """The name that an href gives its file, safe in a folder."""
    return safe_name(last_step(href)) or default


def last_step(href: str) -> str:
    """The last part of an href's path, decoded; empty for none."""
    encoded = is_web(href) or scheme_of(href) == "file"
    last = (urlsplit(href).path if encoded else href).rstrip("/").rpartition("/")[2]
    return unquote(last) if encoded else last


def safe_name(text: str) -> str:
    """A text as the name of a file or folder; may be empty."""
    return _ODD.sub("_", text).strip(". ")[:_LONGEST]


class LocalItem:
    """One item and where it and its assets are put."""

    def __init__(
        self, item: dict[str, Any], base: str, folder: Path, only: Sequence[str] = ()
    ) -> None:
        """``only`` are the assets wanted: keys, patterns of keys, or ``role:<role>``; none is all.

        Raises UnreachableReference for one that the item does not have.
        """
        #: The item as it came, and the URL that its relative hrefs are relative to; may be empty.
        self._item, self._base = item, base
        self.folder = folder
        self.path = folder / f"{folder.name}.json"
        self._assets = dict(_chosen(item, only))
        self._names = dict(_apart(self._assets, self.path.name))

    def wanted(self) -> Iterator[Wanted]:
        """Each asset: where it may be, and the file to put it into."""
        for key, asset in self._assets.items():
            yield Wanted(
                what=f"Asset {key} of item {self._item['id']}",
                hrefs=self._sources(key, asset),
                target=self.folder / self._names[key],
                promise=promised(asset),
            )

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
        if is_remote(self._base):
            links.append({"rel": "via", "href": self._base, "type": "application/geo+json"})
        return links

    def _sources(self, key: str, asset: dict[str, Any]) -> list[str]:
        """The asset's href and its alternates, as hrefs of their own; those that may be followed.

        RefusedReference when none may.
        """
        alternates = asset.get("alternate")
        others = alternates.values() if isinstance(alternates, dict) else ()
        hrefs = [asset["href"], *(each["href"] for each in others if _has_href(each))]
        found = [resolved(href, self._base) for href in dict.fromkeys(hrefs)]
        readable = [each for each in found if is_remote(each) or scheme_of(each) in ("", "file")]
        what = f"Asset {key} of item {self._item['id']} is at {shown(found[0])}"
        if not readable:
            raise RefusedReference(
                f"{what}: {scheme_of(found[0])} references cannot be staged in; give an item whose"
                " assets have http(s) or s3 hrefs."
            )
        kept = [each for each in readable if is_remote(each) or not self._only_remote]
        if kept:
            return kept
        if self._base:
            raise RefusedReference(f"{what}: an item from the web may not name files.")
        raise RefusedReference(
            f"{what}, and an item given by value has no place of its own; give full URLs."
        )

    @property
    def _only_remote(self) -> bool:
        return is_remote(self._base) or not self._base


def _chosen(item: dict[str, Any], only: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The assets that have an href and are wanted."""
    found = {
        key: asset
        for key, asset in item["assets"].items()
        if isinstance(asset, dict) and isinstance(asset.get("href"), str)
    }
    for each in only:
        if not any(_fits(key, asset, each) for key, asset in found.items()):
            raise UnreachableReference(
                f"Item {item['id']} has no asset '{each}' with an href; it has"
                f" {', '.join(list(found)[:_NAMED]) or 'none'}."
            )
    for key in item["assets"].keys() - found.keys():
        log.warning("asset %s of item %s has no href; it is left out", key, item["id"])
    for key, asset in found.items():
        if not only or any(_fits(key, asset, each) for each in only):
            yield key, asset


def _fits(key: str, asset: dict[str, Any], wanted: str) -> bool:
    role = wanted.removeprefix("role:")
    if role != wanted:
        roles = asset.get("roles")
        return isinstance(roles, list) and role in roles
    return fnmatchcase(key, wanted)


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


def folders_for(items: Iterable[Found], folder: Path) -> Iterator[Path]:
    """A folder of its own for each item, named by its id."""
    taken = {"catalog.json"}
    for each in items:
        yield folder / _free(safe_name(each.item["id"]) or "item", taken)


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
