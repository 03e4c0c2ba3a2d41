"""One self-contained CWL document with its files beside it, for the runner to run offline."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from cwltool.pack import pack
from ruamel.yaml import YAML

from jupyter_ades.errors import InvalidPackage
from jupyter_ades.fetch import fetch
from jupyter_ades.model import JSON, FetchPolicy
from jupyter_ades.packages.cwl_loading import (
    Loaded,
    explained,
    load_process,
    loading_context,
    plain,
)
from jupyter_ades.packages.cwl_source import ENTRY, Origin, PackageFetcher, clean, missing
from jupyter_ades.references import is_web, user_path

#: Folder of the files that are defaults of inputs, beside the entry.
FILES = "files"


@dataclass(frozen=True, kw_only=True)
class Source:
    """A document that was read, and what it was read from."""

    text: str
    document: dict[str, JSON]
    origin: Origin
    fetcher: PackageFetcher


def write_entry(source: Source, loaded: Loaded, folder: Path, policy: FetchPolicy) -> str:
    """Write ``app.cwl`` and its files into a folder; gives the id of the process to run in it.

    A document that needs nothing else is kept as it was written, less its ``$schemas``: cwltool
    would look whether those web addresses answer, before every job.
    """
    if source.fetcher.others or any(_located(source.document)):
        return _write_packed(source, loaded, folder, policy)
    text = without_schemas(source.text) if "$schemas" in source.document else source.text
    (folder / ENTRY).write_text(text, encoding="utf-8")
    return loaded.uri.partition("#")[2]


def without_schemas(text: str) -> str:
    """A document without its ``$schemas``, every other line where it was."""
    root = YAML(typ="safe", pure=True).compose(text)
    for key, value in root.value:
        if key.value != "$schemas":
            continue
        if root.flow_style:
            return _as_json(text)
        start, end = key.start_mark.index, value.end_mark.index
        return text[:start] + "\n" * text.count("\n", start, end) + text[end:]
    return text


def _as_json(text: str) -> str:
    document = plain(YAML(typ="rt").load(text))
    del document["$schemas"]
    return json.dumps(document, ensure_ascii=False, indent=1)


def _write_packed(source: Source, loaded: Loaded, folder: Path, policy: FetchPolicy) -> str:
    with explained(source.fetcher, source.origin):
        packed = plain(pack(loading_context(source.fetcher), loaded.uri))
    packed.pop("$schemas", None)
    beside = {_localise(each, source.origin, folder, policy) for each in list(_located(packed))}
    text = json.dumps(packed, ensure_ascii=False, indent=1)
    (folder / ENTRY).write_text(text, encoding="utf-8")
    _check(text, frozenset(beside), policy)
    return "main"


def _check(text: str, beside: frozenset[str], policy: FetchPolicy) -> None:
    """Raise InvalidPackage when what was packed cannot be run."""
    origin = Origin(path=ENTRY)
    uris = frozenset(f"file:///{path}" for path in beside)
    load_process(PackageFetcher(text, origin, policy, beside=uris), origin, "main")


def _located(value: JSON) -> Iterator[dict[str, JSON]]:
    """Every File and Directory in a document that stands elsewhere."""
    if isinstance(value, list):
        for each in value:
            yield from _located(each)
    elif isinstance(value, dict):
        if value.get("class") in ("File", "Directory") and ("location" in value or "path" in value):
            yield value
        for each in value.values():
            yield from _located(each)


def _localise(file: dict[str, JSON], origin: Origin, folder: Path, policy: FetchPolicy) -> str:
    """Bring a file into the folder and let the document name it there; gives its relative URI."""
    uri = str(file.pop("location", None) or file.pop("path", ""))
    file.pop("path", None)
    href = origin.href(uri)
    if href is None:
        raise missing(uri)
    place = urlsplit(uri)
    target = Path(folder, FILES, place.netloc, unquote(place.path).lstrip("/"))
    if not target.resolve().is_relative_to(folder.resolve()):
        raise InvalidPackage(f"The default file {clean(uri)} has a path that leaves the package.")
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        _bring(file["class"], href, target, policy)
    file["location"] = quote(str(target.relative_to(folder)))
    return str(file["location"])


def _bring(kind: str, href: str, target: Path, policy: FetchPolicy) -> None:
    if is_web(href):
        if kind != "File":
            raise InvalidPackage(
                f"The default folder {href} is on the web: only files can be packed."
            )
        fetch(href, target, policy)
        return
    source = user_path(href, policy)
    if source.is_dir():
        shutil.copytree(source, target, ignore=_links, dirs_exist_ok=True)
    elif source.exists():
        shutil.copyfile(source, target)
    # A default that is not there does no harm in a job that is given a value.


def _links(folder: str, names: list[str]) -> list[str]:
    """Links may leave the user folder, so they are not followed."""
    return [name for name in names if Path(folder, name).is_symlink()]
