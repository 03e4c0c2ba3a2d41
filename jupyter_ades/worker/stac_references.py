"""The STAC items that a reference names: an item, a collection, a catalog, a search, or a value."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from jupyter_ades.errors import RefusedReference, UnreachableReference
from jupyter_ades.fetch import fetch_bytes
from jupyter_ades.model import FetchPolicy
from jupyter_ades.references import is_remote, resolve, scheme_of, shown

#: Documents read at the same time.
PARALLEL = 8
#: Documents of one catalog, items and catalogs together.
MOST_DOCUMENTS = 10_000


@dataclass(frozen=True, kw_only=True)
class Found:
    """An item, and where it was found: what its relative hrefs are relative to; may be empty."""

    item: dict[str, Any]
    base: str


def is_item(document: Any) -> bool:
    """Whether a JSON document is a STAC item, of any version."""
    return (
        isinstance(document, dict)
        and isinstance(document.get("id"), str)
        and isinstance(document.get("assets"), dict)
        and document.get("type", "Feature") == "Feature"
    )


@dataclass
class ItemFinder:
    """Reads documents, each once, until all items of a reference are there."""

    policy: FetchPolicy
    #: Items that one reference may name.
    most: int
    _read: dict[str, tuple[Any, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def prepare(self, hrefs: Sequence[str]) -> None:
        """Read several documents side by side; one that fails is told when it is asked for."""
        with ThreadPoolExecutor(PARALLEL, thread_name_prefix="stage-in") as threads:
            list(threads.map(self._try, dict.fromkeys(hrefs)))

    def document(self, href: str) -> tuple[Any, str]:
        """The JSON at an href, None for what is none, and where it was found in the end."""
        if href not in self._read:
            data, _, url = fetch_bytes(href, self.policy)
            try:
                found = json.loads(data)
            except (ValueError, RecursionError):
                found = None
            with self._lock:
                self._read[href] = (found, url)
        return self._read[href]

    def items(self, document: Any, base: str) -> list[Found]:
        """The items that a document is or names, in order; none when it is no STAC document.

        Raises RefusedReference when they are more than may be.
        """
        found = []
        for each in self._items(document, base):
            found.append(each)
            if len(found) > self.most:
                raise RefusedReference(
                    f"{shown(base) or 'The value'} names more than {self.most} items"
                    " (c.ADES.max_items); ask for fewer."
                )
        return found

    def _items(self, document: Any, base: str) -> Iterator[Found]:
        if is_item(document):
            yield Found(item=document, base=base)
        elif isinstance(document, dict) and isinstance(document.get("features"), list):
            yield from self._features(document, base)
        elif isinstance(document, dict) and isinstance(document.get("links"), list):
            yield from self._linked(document, base)

    def _features(self, document: Mapping[str, Any], base: str) -> Iterator[Found]:
        """The items of a collection of features, and of the pages that follow it."""
        more = is_remote(base) and any(_links(document, "next"))
        if not more:
            yield from _features_of(document, base)
            return
        from jupyter_ades.worker.stac_search import pages

        for page in pages(base, self.policy):
            yield from _features_of(page, base)

    def _linked(self, document: Mapping[str, Any], base: str) -> Iterator[Found]:
        """The items of a catalog or collection: a STAC API's, or those that it links to."""
        listings = [resolve(href, base) for href in _links(document, "items")]
        if is_remote(base) and listings:
            yield from self._items(*self.document(listings[0]))
            return
        waiting, seen = [*_below(document, base)], {base}
        while waiting:
            batch = [href for href in dict.fromkeys(waiting) if href not in seen]
            seen.update(batch)
            if len(seen) > MOST_DOCUMENTS:
                raise RefusedReference(
                    f"{shown(base)} links to more than {MOST_DOCUMENTS} documents; name fewer."
                )
            self.prepare(batch)
            waiting = []
            for href in batch:
                below, url = self.document(href)
                if is_item(below):
                    yield Found(item=below, base=url)
                elif isinstance(below, dict):
                    waiting += _below(below, url)
                else:
                    raise UnreachableReference(
                        f"{shown(base)} links to {shown(href)}, which is no STAC document."
                    )

    def _try(self, href: str) -> None:
        try:
            self.document(href)
        except (RefusedReference, UnreachableReference):
            return


def _features_of(document: Mapping[str, Any], base: str) -> Iterator[Found]:
    for feature in document["features"]:
        if not is_item(feature):
            raise UnreachableReference(
                f"{shown(base) or 'The value'} holds a feature that is no STAC item (no assets)."
            )
        yield Found(item=feature, base=base or own_place(feature))


def own_place(item: Mapping[str, Any]) -> str:
    """The URL that an item given by value says to be at; empty when it says none."""
    return next((href for href in _links(item, "self") if is_remote(href)), "")


def resolved(href: str, base: str) -> str:
    """An href of a document as an href of its own; ``base`` is the document's URL or empty."""
    if is_remote(base):
        return resolve(href, base)
    if scheme_of(href) or not base:
        return href
    return str(Path(unquote(urlsplit(base).path)).parent / href)


def _below(document: Mapping[str, Any], base: str) -> list[str]:
    hrefs = [*_links(document, "item"), *_links(document, "child")]
    found = [resolved(href, base) for href in hrefs]
    if is_remote(base) or not base:
        for href in found:
            if not is_remote(href):
                raise RefusedReference(
                    f"{shown(base) or 'The value'} links to {shown(href)}: a catalog from the web,"
                    " or one that is given by value, may not name files."
                )
    return found


def _links(document: Mapping[str, Any], rel: str) -> Iterator[str]:
    links = document.get("links")
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and link.get("rel") == rel and isinstance(link.get("href"), str):
            yield link["href"]
