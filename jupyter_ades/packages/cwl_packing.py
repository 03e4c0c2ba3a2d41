"""A CWL document with all that it names beside it, for the runner to run offline.

Documents are kept as they were written and lie to one another as they did where they came from:
relative references hold, and messages name the author's lines. (cwltool's own ``pack`` makes one
document of them, but not of every one: steps whose sources stand in lists lose them.)
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote, unquote, urldefrag, urljoin, urlsplit

from ruamel.yaml import YAML

from jupyter_ades.errors import AdesError, InvalidPackage, TooLarge
from jupyter_ades.fetch import fetch
from jupyter_ades.model import JSON, FetchPolicy
from jupyter_ades.packages.contents import Budget
from jupyter_ades.packages.cwl_loading import Loaded, plain
from jupyter_ades.packages.cwl_places import SCHEMAS, Named, named
from jupyter_ades.packages.cwl_source import ENTRY, Origin, PackageFetcher, clean, missing
from jupyter_ades.references import is_remote, user_path

#: Folders of what lay beside the document, and of what came from elsewhere on the web.
BESIDE, WEB = "tree", "web"


@dataclass(frozen=True, kw_only=True)
class Source:
    """A document that was read, and what it was read from."""

    text: str
    document: dict[str, JSON]
    origin: Origin
    fetcher: PackageFetcher


def write_entry(
    source: Source, loaded: Loaded, folder: Path, policy: FetchPolicy
) -> tuple[str, str]:
    """Write a document and what it names into a folder; its path there and the process's id."""
    workflow = loaded.uri.partition("#")[2]
    texts = {source.origin.uri: source.text, **source.fetcher.others}
    tree = _Tree(
        folder=folder,
        origin=source.origin,
        policy=policy,
        documents=frozenset(texts),
        budget=source.fetcher.budget,
    )
    written = {uri: tree.localise(uri, text) for uri, text in texts.items()}
    if len(texts) == 1 and not tree.brought:
        (folder / ENTRY).write_text(written[source.origin.uri], encoding="utf-8")
        return ENTRY, workflow
    for uri, text in written.items():
        target = tree.path(uri)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return str(tree.path(source.origin.uri).relative_to(folder)), workflow


def without_schemas(text: str) -> str:
    """A document without its ``$schemas``, every other line where it was."""
    root = YAML(typ="safe", pure=True).compose(text)
    for key, value in root.value:
        if key.value != SCHEMAS:
            continue
        if root.flow_style:
            return _as_json(text)
        start, end = key.start_mark.index, value.end_mark.index
        return text[:start] + "\n" * text.count("\n", start, end) + text[end:]
    return text


def _as_json(text: str) -> str:
    document = plain(YAML(typ="rt").load(text))
    del document[SCHEMAS]
    return json.dumps(document, ensure_ascii=False, indent=1)


@dataclass(kw_only=True)
class _Tree:
    """The folder of a package, as its documents come to lie in it."""

    folder: Path
    origin: Origin
    policy: FetchPolicy
    #: URIs of all documents of the package.
    documents: frozenset[str]
    #: What all of it may have; the documents are counted.
    budget: Budget
    #: Files and folders that lie beside the documents now.
    brought: set[Path] = field(default_factory=set)

    def path(self, uri: str) -> Path:
        """Where a document or file goes."""
        parts = urlsplit(uri)
        above = BESIDE if parts.scheme == "file" else f"{WEB}/{parts.netloc}"
        name = unquote(parts.path).lstrip("/")
        if parts.query:
            name += f".{hashlib.sha256(parts.query.encode()).hexdigest()[:8]}"
        target = Path(self.folder, above, name)
        if not target.resolve().is_relative_to(self.folder.resolve()):
            raise InvalidPackage(f"{clean(uri)} has a path that leaves the package.")
        return target

    def localise(self, uri: str, text: str) -> str:
        """A document's text with addresses on the web made relative; files are brought."""
        places = named(text)
        changes = [(each, self._reference(uri, each)) for each in places if each.kind != SCHEMAS]
        schemas = [self._schema(uri, each) for each in places if each.kind == SCHEMAS]
        for each, reference in reversed(changes):
            if reference is not None:
                text = text[: each.start] + json.dumps(reference) + text[each.end :]
        # cwltool would look whether these addresses on the web answer, before every job.
        return without_schemas(text) if schemas and not any(schemas) else text

    def _reference(self, document: str, each: Named) -> str | None:
        """What an address becomes; None when it is one no more than before, or none at all."""
        uri, fragment = urldefrag(urljoin(document, each.text) if each.kind else each.text)
        if each.kind:
            self._bring(uri, each.kind)
            for sibling in each.siblings():
                self._bring_if_there(urljoin(document, sibling))
            fragment = ""
        elif uri not in self.documents:
            return None
        if not is_remote(each.text):
            return None
        relative = quote(os.path.relpath(self.path(uri), self.path(document).parent))
        return f"{relative}#{fragment}" if fragment else relative

    def _schema(self, document: str, each: Named) -> bool:
        """Whether a schema lies beside the document; one on the web is never fetched."""
        uri = urljoin(document, each.text)
        href = self.origin.href(uri)
        return href is not None and not is_remote(href) and self._bring_if_there(uri)

    def _bring_if_there(self, uri: str) -> bool:
        try:
            self._bring(uri, "File")
        except TooLarge:
            raise
        except (AdesError, OSError):
            return False
        return self.path(uri).exists()

    def _bring(self, uri: str, kind: str) -> None:
        href, target = self.origin.href(uri), self.path(uri)
        if href is None:
            raise missing(uri)
        if is_remote(href) and kind != "File":
            raise InvalidPackage(
                f"The default folder {href} is on the web: only files can be packed."
            )
        if target in self.brought:
            return
        source = None if is_remote(href) else user_path(href, self.policy)
        if source is not None and self.folder.resolve().is_relative_to(source):
            raise InvalidPackage(
                f"The default folder '{clean(uri)}' holds the package itself, as this service keeps"
                " it; name a folder beside it."
            )
        self.brought.add(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        if source is None:
            self._fetch(href, target)
        elif source.is_dir():
            self._copy_folder(source, target)
        elif source.is_file():
            self._copy(source, target)
        # A default that is not there does no harm in a job that is given a value.

    def _fetch(self, href: str, target: Path) -> None:
        room = max(1, self.budget.max_bytes - self.budget.size)
        bound = min(room, self.policy.max_bytes or room)
        self.budget.add_file(target.name)
        fetched = fetch(href, target, replace(self.policy, max_bytes=bound))
        self.budget.add_bytes(target.name, fetched.size)

    def _copy_folder(self, source: Path, target: Path) -> None:
        target.mkdir(exist_ok=True)
        for path in _below(source):
            if path.is_dir():
                (target / path.relative_to(source)).mkdir(exist_ok=True)
            else:
                self._copy(path, target / path.relative_to(source))

    def _copy(self, source: Path, target: Path) -> None:
        self.budget.add_file(source.name)
        self.budget.add_bytes(source.name, source.stat().st_size)
        shutil.copyfile(source, target)


def _below(folder: Path) -> Iterator[Path]:
    """Files and folders in a folder, each after that it is in.

    Links may leave the user folder, so they are not followed; what is no file has no content.
    """
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not Path(here, name).is_symlink())
        yield from (Path(here, name) for name in folders)
        paths = (Path(here, name) for name in sorted(names))
        yield from (path for path in paths if path.is_file() and not path.is_symlink())
