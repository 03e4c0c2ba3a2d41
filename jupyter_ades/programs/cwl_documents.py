"""CWL documents, parsed, resolved, validated and updated: what a tool or workflow is made of.

That is most of what cwltool does for a small job, so a fork server does it once for each deployed
package and its forks find it done (:func:`keep`, :func:`load`). The package is read where it is
deployed, and each job has a copy of its own: all that the document says of where it is is then
rewritten (:func:`rebase`), lines and columns stay.
"""

from __future__ import annotations

import gc
import os
from collections import OrderedDict
from collections.abc import MutableMapping, MutableSequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import urldefrag, urlsplit

from cwltool.context import LoadingContext
from cwltool.load_tool import default_loader, fetch_document, resolve_and_validate_document
from schema_salad.exceptions import ValidationException
from schema_salad.fetcher import DefaultFetcher
from schema_salad.ref_resolver import uri_file_path

from jupyter_ades.programs.cwl_schemas import extend_schemas

#: Documents that are kept at the most; the one that was asked for longest ago goes first.
MOST = 64
#: Bytes of a document that is kept: to read a larger one would keep other jobs waiting.
LARGEST = 2**18


class LocalFetcher(DefaultFetcher):
    """Reads files; what a package names in the web is not fetched while a job runs."""

    def fetch_text(self, url: str, content_types: list[str] | None = None) -> str:
        """The text at a URL; raises ValidationException for one in the web."""
        if url not in self.cache and urlsplit(url).scheme not in ("file", ""):
            raise ValidationException(
                f"{url} is not fetched while a job runs: put its content into the package"
            )
        return super().fetch_text(url, content_types)

    def check_exists(self, url: str) -> bool:
        """Whether there is such a file; one in the web is believed to be until it is read."""
        if url in self.cache or urlsplit(url).scheme not in ("file", ""):
            return True
        return super().check_exists(url)


@dataclass(kw_only=True)
class Document:
    """A document as cwltool makes processes of it."""

    context: LoadingContext
    #: The process to be run.
    uri: str
    #: Where the process worked that read it: places are told from there.
    read_in: str = field(default_factory=os.getcwd)


class _Kept:
    """Documents by URL; None for one that could not be read, which its jobs will say."""

    documents: ClassVar[OrderedDict[str, Document | None]] = OrderedDict()
    #: In a fork: the URL of its job's document, where the package is deployed.
    chosen = ""


def choose(url: str) -> None:
    """In a fork: say which document, where it is deployed, is its job's."""
    _Kept.chosen = url


def deployed_at() -> str:
    """What was chosen; empty in a process that was started anew."""
    return _Kept.chosen


def load(url: str, deployed: str = "") -> Document:
    """The document at a URL; the one kept of where its package is ``deployed``, if there is one.

    Raises what cwltool does for a document that it cannot read.
    """
    kept = _Kept.documents.pop(deployed, None)
    if kept is None:
        return _read(url)
    rebase(kept, _folder(deployed, kept.uri), _folder(url, kept.uri))
    return kept


def keep(url: str) -> bool:
    """Read a document for all forks of this process to come; False if that is done already."""
    if url in _Kept.documents:
        _Kept.documents.move_to_end(url)
        return False
    try:
        small = os.path.getsize(uri_file_path(urldefrag(url)[0])) <= LARGEST
        _Kept.documents[url] = _read(url) if small else None
    except Exception:
        _Kept.documents[url] = None
    while len(_Kept.documents) > MOST:
        _Kept.documents.popitem(last=False)
    gc.collect()
    gc.freeze()
    return True


def _read(url: str) -> Document:
    extend_schemas()
    context = LoadingContext(
        {
            "fetcher_constructor": LocalFetcher,
            "relax_path_checks": True,
            # Those that lie beside the package: the fetcher reads nothing else.
            "skip_schemas": False,
            # A linter of expressions that Node runs: for who writes a package.
            "disable_js_validation": True,
            "doc_cache": False,
            "do_update": True,
        }
    )
    context.loader = default_loader(LocalFetcher, doc_cache=False)
    context, document, uri = fetch_document(url, context)
    context, uri = resolve_and_validate_document(context, document, uri)
    return Document(context=context, uri=uri)


def _folder(url: str, uri: str) -> str:
    return urldefrag(url)[0].rpartition("/")[0] + "/"


def rebase(document: Document, before: str, after: str) -> None:
    """Let a document that was read in one folder (a URL with a slash at its end) be in another."""
    context = document.context
    assert context.loader is not None
    move = _Move(before, after, document.read_in)
    document.uri, document.read_in = move.text(document.uri), os.getcwd()
    for held in (context.loader.idx, context.metadata):
        move.inside(held)


class _Move:
    """Rewrites URLs wherever they stand, in place; each list, mapping and place once."""

    def __init__(self, before: str, after: str, read_in: str) -> None:
        self._before, self._after, self._read_in = before, after, read_in
        self._seen: set[int] = set()
        #: Places in messages, to what they are now.
        self._places: dict[str, str] = {}

    def text(self, value: str) -> str:
        """A text, elsewhere if it is a URL from here."""
        if value.startswith(self._before):
            return self._after + value[len(self._before) :]
        return value

    def inside(self, value: Any) -> Any:
        """A value, with all that it holds; a text as a new one."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, (MutableMapping, MutableSequence)) and id(value) not in self._seen:
            self._seen.add(id(value))
            self._place(value)
            if isinstance(value, MutableMapping):
                self._mapping(value)
            else:
                self._sequence(value)
        return value

    def _place(self, value: Any) -> None:
        """Where it was read, for messages: a path from where the process worked, or a URL."""
        place: Any = getattr(value, "lc", None)
        told = getattr(place, "filename", None)
        # Copies of a list or mapping share it.
        if not isinstance(told, str) or id(place) in self._seen:
            return
        self._seen.add(id(place))
        if told not in self._places:
            self._places[told] = self._from_here(told)
        place.filename = self._places[told]

    def _from_here(self, told: str) -> str:
        if told.startswith("file:"):
            return self.text(told)
        there = f"file://{os.path.normpath(os.path.join(self._read_in, told))}"
        if not there.startswith(self._before):
            return told
        return os.path.relpath(self.text(there).removeprefix("file://"))

    def _mapping(self, value: MutableMapping[Any, Any]) -> None:
        for key in list(value):
            held = value[key]
            moved = self.inside(held)
            name = self.text(key) if isinstance(key, str) else key
            if name is not key:
                del value[key]
                value[name] = moved
            elif moved is not held:
                value[key] = moved

    def _sequence(self, value: MutableSequence[Any]) -> None:
        for place, held in enumerate(value):
            moved = self.inside(held)
            if moved is not held:
                value[place] = moved
